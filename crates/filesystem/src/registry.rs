//! Which file systems there are: one line each.

use std::sync::Arc;

use byte_source::{Problem, Scratch, Source};

use crate::{FileSystem, FileSystemKind, OpenOptions, exfat, ext, fat, ntfs, unread};

/// Opens the file system on a volume, or says what keeps it closed.
pub type Opener = fn(Arc<dyn Source>, &OpenOptions, &mut Scratch) -> Result<Box<dyn FileSystem>, Problem>;

/// A format that volumes are probed for.
#[derive(Clone, Copy)]
pub struct Format {
    /// The family's name.
    pub name: &'static str,
    /// Cheap and certain: does the volume hold this format? `None` when nothing points to it.
    pub probe: fn(&dyn Source, &mut Scratch) -> Option<Recognised>,
    /// Opens it.
    pub open: Opener,
}

/// A file system that a volume was recognised to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Which one.
    pub kind: FileSystemKind,
    /// By what, as in "signature \"NTFS    \" at byte 3".
    pub reason: &'static str,
}

const FORMATS: &[Format] = &[
    Format { name: "NTFS", probe: ntfs::probe, open: ntfs::open },
    Format { name: "ext", probe: ext::probe, open: ext::open },
    Format { name: "exFAT", probe: exfat::probe, open: exfat::open },
    Format { name: "FAT", probe: fat::probe, open: fat::open },
    Format { name: "XFS", probe: unread::probe::<0>, open: unread::open::<0> },
    Format { name: "Btrfs", probe: unread::probe::<1>, open: unread::open::<1> },
    Format { name: "ISO 9660", probe: unread::probe::<2>, open: unread::open::<2> },
    Format { name: "UDF", probe: unread::probe::<3>, open: unread::open::<3> },
    Format { name: "HFS+", probe: unread::probe::<4>, open: unread::open::<4> },
    Format { name: "APFS", probe: unread::probe::<5>, open: unread::open::<5> },
    Format { name: "SquashFS", probe: unread::probe::<6>, open: unread::open::<6> },
    Format { name: "F2FS", probe: unread::probe::<7>, open: unread::open::<7> },
    Format { name: "UFS", probe: unread::probe::<8>, open: unread::open::<8> },
    Format { name: "ReFS", probe: unread::probe::<9>, open: unread::open::<9> },
    Format { name: "Linux swap", probe: unread::probe::<10>, open: unread::open::<10> },
];

/// All formats that the volume may hold, in the order of the registry. More than one is possible: remains of an older format.
pub fn recognise(volume: &dyn Source, scratch: &mut Scratch) -> Vec<(Recognised, &'static Format)> {
    FORMATS
        .iter()
        .filter_map(|format| (format.probe)(volume, scratch).map(|recognised| (recognised, format)))
        .collect()
}
