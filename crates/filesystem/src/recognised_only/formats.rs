//! The formats that are recognised and not read: one constant each.

use super::{Probe, RecognisedOnly, Says, checks, shadow_copies, zfs};
use crate::FileSystemKind as Kind;
use words::term;

/// A format by bytes in a fixed place, whose files are not read.
const fn signed(
    kind: Kind,
    reason: &'static str,
    signatures: &'static [(u64, &'static [u8])],
) -> RecognisedOnly {
    RecognisedOnly { kind, reason, probe: Probe::Signatures(signatures), says: Says::NotRead }
}

/// A format by more than a signature, whose files are not read.
const fn checked(
    kind: Kind,
    reason: &'static str,
    check: fn(&dyn byte_source::Source, &mut byte_source::Scratch) -> bool,
) -> RecognisedOnly {
    RecognisedOnly { kind, reason, probe: Probe::Check(check), says: Says::NotRead }
}

/// XFS Filesystem Structure, section "Superblocks": `sb_magicnum`.
pub(crate) const XFS: RecognisedOnly = signed(Kind::Xfs, "XFSB at byte 0", &[(0, b"XFSB")]);
/// btrfs on-disk format: magic of the superblock at 64 KiB.
pub(crate) const BTRFS: RecognisedOnly =
    signed(Kind::Btrfs, "_BHRfS_M at byte 65600", &[(65_600, b"_BHRfS_M")]);
/// ECMA-119, section 8.1: standard identifier of the first volume descriptor, sector 16.
pub(crate) const ISO_9660: RecognisedOnly =
    signed(Kind::Iso9660, "CD001 at byte 32769", &[(32_769, b"CD001")]);
/// ECMA-167, section 3/9: NSR02 or NSR03 among the descriptors from sector 16 on.
pub(crate) const UDF: RecognisedOnly = signed(
    Kind::Udf,
    "NSR descriptor in the volume recognition sequence",
    &[
        (34_817, b"NSR0"),
        (36_865, b"NSR0"),
        (38_913, b"NSR0"),
        (40_961, b"NSR0"),
        (43_009, b"NSR0"),
    ],
);
/// Apple TN1150: signature and version of the volume header, HFS Plus and HFSX; or the HFS volume that wraps one.
pub(crate) const HFS_PLUS: RecognisedOnly = checked(
    Kind::HfsPlus,
    "HFS+ or HFSX volume header at byte 1024, or its wrapper",
    checks::hfs_plus,
);
/// Inside Macintosh: Files, chapter 2, "Master Directory Blocks".
pub(crate) const HFS: RecognisedOnly =
    checked(Kind::Hfs, "HFS master directory block at byte 1024", checks::hfs);
/// Apple File System Reference: `nx_magic` of the container superblock.
pub(crate) const APFS: RecognisedOnly = signed(Kind::Apfs, "NXSB at byte 32", &[(32, b"NXSB")]);
/// SquashFS 4.0 binary format: magic of the superblock, little-endian.
pub(crate) const SQUASHFS: RecognisedOnly =
    signed(Kind::SquashFs, "hsqs at byte 0", &[(0, b"hsqs")]);
/// Linux documentation of F2FS: `F2FS_SUPER_MAGIC`, little-endian.
pub(crate) const F2FS: RecognisedOnly =
    signed(Kind::F2fs, "F2FS magic at byte 1024", &[(1024, b"\x10\x20\xf5\xf2")]);
/// `sys/ufs/ffs/fs.h`: `FS_UFS1_MAGIC` and `FS_UFS2_MAGIC` at byte 1372 of the superblock, either byte order.
pub(crate) const UFS: RecognisedOnly = signed(
    Kind::Ufs,
    "UFS magic in the superblock",
    &[
        (9564, b"\x54\x19\x01\x00"),
        (9564, b"\x00\x01\x19\x54"),
        (66_908, b"\x19\x01\x54\x19"),
        (66_908, b"\x19\x54\x01\x19"),
    ],
);
/// The file system name of the boot sector.
pub(crate) const REFS: RecognisedOnly =
    signed(Kind::ReFs, "ReFS at byte 3", &[(3, b"ReFS\0\0\0\0")]);
/// JFS layout: superblock at 32 KiB, its magic and its two block sizes.
pub(crate) const JFS: RecognisedOnly =
    checked(Kind::Jfs, "JFS superblock at byte 32768", checks::jfs);
/// Linux documentation of Minix: the superblock in the second kilobyte, versions 1 to 3.
pub(crate) const MINIX: RecognisedOnly =
    checked(Kind::Minix, "Minix superblock at byte 1024", checks::minix);
/// OCFS2 on-disk format: the superblock is block 2, blocks of 512 to 4096 bytes.
pub(crate) const OCFS2: RecognisedOnly = signed(
    Kind::Ocfs2,
    "OCFSV2 in block 2",
    &[(1024, b"OCFSV2"), (2048, b"OCFSV2"), (4096, b"OCFSV2"), (8192, b"OCFSV2")],
);
/// ReiserFS 3: magic at byte 52 of the superblock at 64 KiB, or at 8 KiB for the oldest; Reiser4 at 64 KiB.
pub(crate) const REISERFS: RecognisedOnly = signed(
    Kind::ReiserFs,
    "ReiserFS magic in the superblock",
    &[
        (65_588, b"ReIsErFs"),
        (65_588, b"ReIsEr2Fs"),
        (65_588, b"ReIsEr3Fs"),
        (8244, b"ReIsErFs"),
        (65_536, b"ReIsEr4"),
    ],
);
/// Linux documentation of cramfs: the signature behind the magic; the superblock may stand in the second sector.
pub(crate) const CRAMFS: RecognisedOnly = signed(
    Kind::Cramfs,
    "\"Compressed ROMFS\" in the superblock",
    &[(16, b"Compressed ROMFS"), (528, b"Compressed ROMFS")],
);
/// Linux documentation of romfs: the first eight bytes.
pub(crate) const ROMFS: RecognisedOnly =
    signed(Kind::RomFs, "-rom1fs- at byte 0", &[(0, b"-rom1fs-")]);
/// Linux documentation of EROFS: `EROFS_SUPER_MAGIC_V1`, little-endian.
pub(crate) const EROFS: RecognisedOnly =
    signed(Kind::Erofs, "EROFS magic at byte 1024", &[(1024, b"\xe2\xe1\xf5\xe0")]);
/// Linux documentation of NILFS2: revision 2.0 and the magic.
pub(crate) const NILFS2: RecognisedOnly =
    signed(Kind::Nilfs2, "NILFS2 superblock at byte 1024", &[(1024, b"\x02\0\0\0\0\0\x34\x34")]);
/// GFS2 on-disk structures: the header of the superblock at 64 KiB, type 1.
pub(crate) const GFS2: RecognisedOnly =
    signed(Kind::Gfs2, "GFS2 superblock at byte 65536", &[(65_536, b"\x01\x16\x19\x70\0\0\0\x01")]);
/// bcachefs: the UUID that is its magic, at byte 24 of the superblock at 4 KiB.
pub(crate) const BCACHEFS: RecognisedOnly = signed(
    Kind::Bcachefs,
    "bcachefs magic at byte 4120",
    &[(4120, b"\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef")],
);
/// VMFS: the header of the volume at 1 MiB.
pub(crate) const VMFS: RecognisedOnly =
    signed(Kind::Vmfs, "VMFS volume header at byte 1048576", &[(1 << 20, b"\x0d\xd0\x01\xc0")]);
/// ZFS On-Disk Specification, chapter 1: the uberblocks of the first two labels.
pub(crate) const ZFS: RecognisedOnly = checked(
    Kind::Zfs,
    "ZFS uberblocks in a label at the beginning",
    zfs::has_labels_at_the_beginning,
);
/// The same in the last two labels: they are often remains, so they count only where nothing else is recognised.
pub(crate) const ZFS_BY_ITS_END: RecognisedOnly =
    checked(Kind::Zfs, "ZFS uberblocks in a label at the end", zfs::has_labels_at_the_end);

/// mkswap(8), util-linux: the last ten bytes of the first page, pages of 4 to 64 KiB; or what a hibernated system wrote there.
pub(crate) const LINUX_SWAP: RecognisedOnly = RecognisedOnly {
    kind: Kind::LinuxSwap,
    reason: "swap signature at the end of the first page",
    probe: Probe::Check(checks::linux_swap),
    says: Says::NoFiles("Linux swap space", term!("fs.holds-pages-memory-no-files")),
};
/// ext4 Data Structures, "External Journal": a superblock whose only incompatible feature is `JOURNAL_DEV`.
pub(crate) const EXT_JOURNAL: RecognisedOnly = RecognisedOnly {
    kind: Kind::ExtJournal,
    reason: "ext superblock with the feature JOURNAL_DEV",
    probe: Probe::Check(checks::ext_journal),
    says: Says::NoFiles(
        "external journal of an ext file system",
        term!("fs.holds-journal-file-system-elsewhere"),
    ),
};
/// libvshadow, "Volume Shadow Snapshot (VSS) format": the volume header at 0x1e00 of NTFS and ReFS.
pub(crate) const SHADOW_COPIES: RecognisedOnly = RecognisedOnly {
    kind: Kind::ShadowCopies,
    reason: "VSS volume header at byte 7680 with a catalog",
    probe: Probe::Check(shadow_copies::are_there),
    says: Says::Of(shadow_copies::not_read),
};
