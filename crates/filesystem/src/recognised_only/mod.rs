//! File systems that are recognised and named but not read yet: their volumes are never taken for empty, their bytes are hashed with the
//! medium, and the scan says that their files are not in the index.

mod checks;
mod formats;
mod shadow_copies;
mod zfs;

use byte_source::{Problem, ProblemKind, Scratch, Source, read_exact};
use words::Term;

use crate::{FileSystemKind, Recognised};

pub(crate) use formats::{
    APFS, BCACHEFS, BTRFS, CRAMFS, EROFS, EXT_JOURNAL, F2FS, GFS2, HFS, HFS_PLUS, ISO_9660, JFS,
    LINUX_SWAP, MINIX, NILFS2, OCFS2, REFS, REISERFS, ROMFS, SHADOW_COPIES, SQUASHFS, UDF, UFS,
    VMFS, XFS, ZFS, ZFS_BY_ITS_END,
};

/// A format that is recognised and not read.
pub(crate) struct RecognisedOnly {
    pub(crate) kind: FileSystemKind,
    /// By what it is recognised, for people.
    reason: &'static str,
    probe: Probe,
    /// What its closed state says.
    says: Says,
}

/// How a format is recognised.
enum Probe {
    /// By bytes in a fixed place; one of the signatures is enough.
    Signatures(&'static [Signature]),
    /// By more than that.
    Check(fn(&dyn Source, &mut Scratch) -> bool),
}

/// Byte offset in the volume, bytes as on disk.
type Signature = (u64, &'static [u8]);

/// What is said of a volume of the format.
enum Says {
    /// Its files are not read: this costs evidence.
    NotRead,
    /// It holds no files: a note, with the structure's name and the reason.
    NoFiles(&'static str, Term),
    /// What the volume itself tells.
    Of(fn(&dyn Source, &mut Scratch) -> Problem),
}

/// Longest signature in bytes.
const LONGEST: usize = 16;

impl RecognisedOnly {
    /// Recognises the format on `volume`.
    pub(crate) fn probe(&self, volume: &dyn Source, scratch: &mut Scratch) -> Option<Recognised> {
        let fits = match self.probe {
            Probe::Signatures(signatures) => {
                signatures.iter().any(|signature| has(volume, *signature, scratch))
            }
            Probe::Check(check) => check(volume, scratch),
        };
        fits.then_some(Recognised { kind: self.kind, reason: self.reason })
    }

    /// Says why the format is not opened. Space that holds no files costs nothing.
    pub(crate) fn closed(&self, volume: &dyn Source, scratch: &mut Scratch) -> Problem {
        match self.says {
            Says::NotRead => Problem::damage("volume", 0, ProblemKind::NotRead(self.kind.name())),
            Says::NoFiles(structure, why) => {
                Problem::note(structure, 0, ProblemKind::Inconsistent(why))
            }
            Says::Of(says) => says(volume, scratch),
        }
    }
}

fn has(volume: &dyn Source, (at, bytes): Signature, scratch: &mut Scratch) -> bool {
    let mut found = [0; LONGEST];
    let found = found.get_mut(..bytes.len()).unwrap_or_default();
    read_exact(volume, at, found, scratch).is_ok() && found == bytes
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;

    fn recognised(pieces: &[(usize, &[u8])]) -> Vec<FileSystemKind> {
        let mut volume = vec![0; 1 << 20];
        pieces.iter().for_each(|(at, bytes)| volume[*at..at + bytes.len()].copy_from_slice(bytes));
        let found = crate::recognise(&MemorySource::new(volume), &mut Scratch::new());
        found.into_iter().map(|(recognised, _)| recognised.kind).collect()
    }

    #[test]
    fn each_format_is_named_by_its_signature_and_nothing_else() {
        assert_eq!(recognised(&[(0, b"XFSB")]), [FileSystemKind::Xfs]);
        assert_eq!(recognised(&[(65_600, b"_BHRfS_M")]), [FileSystemKind::Btrfs]);
        assert_eq!(recognised(&[(32_769, b"CD001")]), [FileSystemKind::Iso9660]);
        assert_eq!(recognised(&[(36_865, b"NSR03")]), [FileSystemKind::Udf]);
        assert_eq!(recognised(&[(1024, b"HX\0\x05")]), [FileSystemKind::HfsPlus]);
        assert_eq!(recognised(&[(32, b"NXSB")]), [FileSystemKind::Apfs]);
        assert_eq!(recognised(&[(66_908, b"\x19\x01\x54\x19")]), [FileSystemKind::Ufs]);
        assert_eq!(recognised(&[(4086, b"SWAPSPACE2")]), [FileSystemKind::LinuxSwap]);
        assert_eq!(recognised(&[(65_526, b"SWAPSPACE2")]), [FileSystemKind::LinuxSwap]);
        assert_eq!(recognised(&[(4086, b"S1SUSPEND\0")]), [FileSystemKind::LinuxSwap]);
        assert_eq!(recognised(&[(500, b"XFSB")]), []);
    }

    #[test]
    fn two_bytes_alone_name_nothing() {
        // The magic numbers of Minix and of an ext superblock; the block is not a possible one.
        assert_eq!(recognised(&[(1040, b"\x8f\x13")]), []);
        assert_eq!(recognised(&[(1048, b"\x5a\x4d")]), []);
        assert_eq!(recognised(&[(1080, b"\x53\xef")]), []);
        assert_eq!(recognised(&[(1024, b"BD")]), []);
        assert_eq!(recognised(&[(32_768, b"JFS1")]), []);
    }

    #[test]
    fn hfs_is_named_and_its_wrapper_is_named_after_what_it_wraps() {
        let hfs: [(usize, &[u8]); 2] = [(1024, b"BD"), (1044, &4096_u32.to_be_bytes())];
        assert_eq!(recognised(&hfs), [FileSystemKind::Hfs]);
        let wrapper = [hfs.as_slice(), &[(1148, b"H+")]].concat();
        assert_eq!(recognised(&wrapper), [FileSystemKind::HfsPlus]);
    }

    #[test]
    fn zfs_is_named_by_the_labels_at_the_end_when_the_volume_begins_with_nothing() {
        let magic = 0x00ba_b10c_u64.to_le_bytes();
        let ring = |label: usize| (0..4).map(move |slot| label + (128 << 10) + slot * 1024);
        let label = |at: usize| ring(at).map(|at| (at, magic.as_slice())).collect::<Vec<_>>();
        assert_eq!(recognised(&label(0)), [FileSystemKind::Zfs]);
        assert_eq!(recognised(&label(512 << 10)), [FileSystemKind::Zfs]);
        let remains = [label(512 << 10), vec![(0, b"XFSB".as_slice())]].concat();
        assert_eq!(recognised(&remains), [FileSystemKind::Xfs], "remains at the end");
        assert_eq!(recognised(&label(0)[..3]), [], "three are chance");
    }

    #[test]
    fn the_message_names_the_format() {
        let problem = BTRFS.closed(&MemorySource::new(Vec::new()), &mut Scratch::new());
        assert!(problem.to_string().contains("Btrfs"), "{problem}");
    }
}
