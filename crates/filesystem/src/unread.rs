//! File systems that are recognised and named but not read yet: their volumes are never taken for empty, their bytes are hashed with the
//! medium, and the scan says that their files are not in the index.

use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, read_exact};

use crate::{FileSystem, FileSystemKind, OpenOptions, Recognised};

/// A format by its signatures; one that fits is enough.
struct Unread {
    kind: FileSystemKind,
    reason: &'static str,
    /// Byte offset in the volume, bytes as on disk.
    signatures: &'static [(u64, &'static [u8])],
}

/// Longest signature in bytes.
const LONGEST: usize = 16;

/// The formats, in the order of the registry's lines.
const FORMATS: [Unread; 11] = [
    // XFS Filesystem Structure, section "Superblocks": sb_magicnum.
    Unread { kind: FileSystemKind::Xfs, reason: "XFSB at byte 0", signatures: &[(0, b"XFSB")] },
    // btrfs on-disk format: magic of the superblock at 64 KiB.
    Unread {
        kind: FileSystemKind::Btrfs,
        reason: "_BHRfS_M at byte 65600",
        signatures: &[(65_600, b"_BHRfS_M")],
    },
    // ECMA-119, section 8.1: standard identifier of the first volume descriptor, sector 16.
    Unread {
        kind: FileSystemKind::Iso9660,
        reason: "CD001 at byte 32769",
        signatures: &[(32_769, b"CD001")],
    },
    // ECMA-167, section 3/9: NSR02 or NSR03 among the descriptors from sector 16 on.
    Unread {
        kind: FileSystemKind::Udf,
        reason: "NSR descriptor in the volume recognition sequence",
        signatures: &[
            (34_817, b"NSR0"),
            (36_865, b"NSR0"),
            (38_913, b"NSR0"),
            (40_961, b"NSR0"),
            (43_009, b"NSR0"),
        ],
    },
    // Apple TN1150: signature and version of the volume header, HFS Plus and HFSX.
    Unread {
        kind: FileSystemKind::HfsPlus,
        reason: "HFS+ or HFSX volume header at byte 1024",
        signatures: &[(1024, b"H+\0\x04"), (1024, b"HX\0\x05")],
    },
    // Apple File System Reference: nx_magic of the container superblock.
    Unread { kind: FileSystemKind::Apfs, reason: "NXSB at byte 32", signatures: &[(32, b"NXSB")] },
    // SquashFS 4.0 binary format: magic of the superblock, little-endian.
    Unread { kind: FileSystemKind::SquashFs, reason: "hsqs at byte 0", signatures: &[(0, b"hsqs")] },
    // Linux include/linux/f2fs_fs.h: F2FS_SUPER_MAGIC, little-endian.
    Unread {
        kind: FileSystemKind::F2fs,
        reason: "F2FS magic at byte 1024",
        signatures: &[(1024, b"\x10\x20\xf5\xf2")],
    },
    // sys/ufs/ffs/fs.h: FS_UFS1_MAGIC and FS_UFS2_MAGIC at byte 1372 of the superblock, either byte order.
    Unread {
        kind: FileSystemKind::Ufs,
        reason: "UFS magic in the superblock",
        signatures: &[
            (9564, b"\x54\x19\x01\x00"),
            (9564, b"\x00\x01\x19\x54"),
            (66_908, b"\x19\x01\x54\x19"),
            (66_908, b"\x19\x54\x01\x19"),
        ],
    },
    Unread { kind: FileSystemKind::ReFs, reason: "ReFS at byte 3", signatures: &[(3, b"ReFS\0\0\0\0")] },
    // mkswap(8), util-linux: the last bytes of the first page, 4 KiB pages.
    Unread {
        kind: FileSystemKind::LinuxSwap,
        reason: "swap signature at byte 4086",
        signatures: &[(4086, b"SWAPSPACE2"), (4086, b"SWAP-SPACE")],
    },
];

/// Probes for the format of that line.
pub(crate) fn probe<const LINE: usize>(volume: &dyn Source, scratch: &mut Scratch) -> Option<Recognised> {
    let format = FORMATS.get(LINE)?;
    let fits = |(at, bytes): &(u64, &[u8])| {
        let mut found = [0; LONGEST];
        let found = found.get_mut(..bytes.len()).unwrap_or_default();
        read_exact(volume, *at, found, scratch).is_ok() && found == *bytes
    };
    format.signatures.iter().any(fits).then_some(Recognised { kind: format.kind, reason: format.reason })
}

/// Says that the format of that line is not read. Swap space holds no files: nothing is lost there.
pub(crate) fn open<const LINE: usize>(
    _: Arc<dyn Source>,
    _: &OpenOptions,
    _: &mut Scratch,
) -> Result<Box<dyn FileSystem>, Problem> {
    let kind = FORMATS.get(LINE).map(|format| format.kind);
    Err(match kind {
        Some(FileSystemKind::LinuxSwap) => {
            Problem::note("Linux swap space", 0, ProblemKind::Inconsistent("holds pages of memory, no files"))
        }
        kind => {
            let feature = kind.map_or("file system", FileSystemKind::name);
            Problem::damage("volume", 0, ProblemKind::NotRead(feature))
        }
    })
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;

    fn recognised(at: usize, bytes: &[u8]) -> Vec<FileSystemKind> {
        let mut volume = vec![0; 128 << 10];
        volume[at..at + bytes.len()].copy_from_slice(bytes);
        let found = crate::recognise(&MemorySource::new(volume), &mut Scratch::new());
        found.into_iter().map(|(recognised, _)| recognised.kind).collect()
    }

    #[test]
    fn each_format_is_named_by_its_signature_and_nothing_else() {
        assert_eq!(recognised(0, b"XFSB"), [FileSystemKind::Xfs]);
        assert_eq!(recognised(65_600, b"_BHRfS_M"), [FileSystemKind::Btrfs]);
        assert_eq!(recognised(32_769, b"CD001"), [FileSystemKind::Iso9660]);
        assert_eq!(recognised(36_865, b"NSR03"), [FileSystemKind::Udf]);
        assert_eq!(recognised(1024, b"HX\0\x05"), [FileSystemKind::HfsPlus]);
        assert_eq!(recognised(32, b"NXSB"), [FileSystemKind::Apfs]);
        assert_eq!(recognised(66_908, b"\x19\x01\x54\x19"), [FileSystemKind::Ufs]);
        assert_eq!(recognised(4086, b"SWAPSPACE2"), [FileSystemKind::LinuxSwap]);
        assert_eq!(recognised(500, b"XFSB"), []);
    }

    #[test]
    fn the_message_names_the_format() {
        let error =
            open::<1>(Arc::new(MemorySource::new(Vec::new())), &OpenOptions::default(), &mut Scratch::new());
        assert!(error.is_err_and(|problem| problem.to_string().contains("Btrfs")));
    }
}
