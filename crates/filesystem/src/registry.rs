//! Which file systems there are: one line each.

use std::sync::Arc;

use byte_source::{Problem, Scratch, Source};

use crate::recognised_only::{self, RecognisedOnly};
use crate::{FileSystem, OpenOptions, Recognised, exfat, ext, fat, ntfs};

/// A format that volumes are probed for.
#[derive(Clone, Copy)]
pub struct Format {
    /// The family's name.
    pub name: &'static str,
    kind: FormatKind,
}

#[derive(Clone, Copy)]
enum FormatKind {
    /// Its files are read.
    Read { probe: Prober, open: Opener },
    /// It is named, its files are not read.
    NamedOnly(&'static RecognisedOnly),
}

/// Cheap and certain: does the volume hold this format? `None` when nothing points to it.
type Prober = fn(&dyn Source, &mut Scratch) -> Option<Recognised>;

/// Opens the file system on a volume, or says what keeps it closed.
pub type Opener =
    fn(Arc<dyn Source>, &OpenOptions, &mut Scratch) -> Result<Box<dyn FileSystem>, Problem>;

impl Format {
    const fn read(name: &'static str, probe: Prober, open: Opener) -> Self {
        Self { name, kind: FormatKind::Read { probe, open } }
    }

    const fn named_only(unread: &'static RecognisedOnly) -> Self {
        Self { name: unread.kind.name(), kind: FormatKind::NamedOnly(unread) }
    }

    fn probe(&self, volume: &dyn Source, scratch: &mut Scratch) -> Option<Recognised> {
        match self.kind {
            FormatKind::Read { probe, .. } => probe(volume, scratch),
            FormatKind::NamedOnly(unread) => unread.probe(volume, scratch),
        }
    }

    /// Opens the file system on `volume`.
    ///
    /// # Errors
    /// What keeps it closed: damage, or that this version does not read the format.
    pub fn open(
        &self,
        volume: Arc<dyn Source>,
        options: &OpenOptions,
        scratch: &mut Scratch,
    ) -> Result<Box<dyn FileSystem>, Problem> {
        match self.kind {
            FormatKind::Read { open, .. } => open(volume, options, scratch),
            FormatKind::NamedOnly(unread) => Err(unread.closed(volume.as_ref(), scratch)),
        }
    }
}

const FORMATS: &[Format] = &[
    Format::read("NTFS", ntfs::probe, ntfs::open),
    Format::read("ext", ext::probe, ext::open),
    Format::read("exFAT", exfat::probe, exfat::open),
    Format::read("FAT", fat::probe, fat::open),
    Format::named_only(&recognised_only::XFS),
    Format::named_only(&recognised_only::BTRFS),
    Format::named_only(&recognised_only::ISO_9660),
    Format::named_only(&recognised_only::UDF),
    Format::named_only(&recognised_only::HFS_PLUS),
    Format::named_only(&recognised_only::HFS),
    Format::named_only(&recognised_only::APFS),
    Format::named_only(&recognised_only::SQUASHFS),
    Format::named_only(&recognised_only::F2FS),
    Format::named_only(&recognised_only::UFS),
    Format::named_only(&recognised_only::REFS),
    Format::named_only(&recognised_only::JFS),
    Format::named_only(&recognised_only::MINIX),
    Format::named_only(&recognised_only::OCFS2),
    Format::named_only(&recognised_only::REISERFS),
    Format::named_only(&recognised_only::CRAMFS),
    Format::named_only(&recognised_only::ROMFS),
    Format::named_only(&recognised_only::EROFS),
    Format::named_only(&recognised_only::NILFS2),
    Format::named_only(&recognised_only::GFS2),
    Format::named_only(&recognised_only::BCACHEFS),
    Format::named_only(&recognised_only::VMFS),
    Format::named_only(&recognised_only::ZFS),
    Format::named_only(&recognised_only::LINUX_SWAP),
    Format::named_only(&recognised_only::EXT_JOURNAL),
    Format::named_only(&recognised_only::SHADOW_COPIES),
];

/// Formats that are probed for where nothing else is recognised: what points to them is often a remainder.
const LAST_RESORT: &[Format] = &[Format::named_only(&recognised_only::ZFS_BY_ITS_END)];

/// All formats that the volume may hold, in the order of the registry. More than one is possible: remains of an older format.
pub fn recognise(volume: &dyn Source, scratch: &mut Scratch) -> Vec<(Recognised, &'static Format)> {
    let found = probe_for(FORMATS, volume, scratch);
    if found.is_empty() { probe_for(LAST_RESORT, volume, scratch) } else { found }
}

fn probe_for(
    formats: &'static [Format],
    volume: &dyn Source,
    scratch: &mut Scratch,
) -> Vec<(Recognised, &'static Format)> {
    formats
        .iter()
        .filter_map(|format| format.probe(volume, scratch).map(|recognised| (recognised, format)))
        .collect()
}
