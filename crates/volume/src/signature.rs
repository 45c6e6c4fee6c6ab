//! What stands at the beginning of a volume, by signature alone: tells a boot sector from a
//! partition table.

use byte_source::{OutOfBounds, Scratch, Source, Structure, read_available};

/// A signature: what it says, where it stands in bytes from the beginning of the volume, its bytes.
struct Signature(&'static str, u64, &'static [u8]);

/// Signatures with a fixed place. Byte order as on disk.
const SIGNATURES: &[Signature] = &[
    Signature("NTFS", 3, b"NTFS    "),
    Signature("exFAT", 3, b"EXFAT   "),
    Signature("ReFS", 3, b"ReFS\0\0\0\0"),
    Signature("BitLocker", 3, b"-FVE-FS-"),
    Signature("LUKS", 0, b"LUKS\xba\xbe"),
    Signature("XFS", 0, b"XFSB"),
    Signature("SquashFS", 0, b"hsqs"),
    Signature("cramfs", 16, b"Compressed ROMFS"),
    Signature("romfs", 0, b"-rom1fs-"),
    Signature("CoreStorage", 88, b"CS\x01\0"),
    Signature("APFS", 32, b"NXSB"),
    Signature("LVM2", 512, b"LABELONE"),
    Signature("HFS+", 1024, b"H+\0\x04"),
    Signature("HFSX", 1024, b"HX\0\x05"),
    Signature("F2FS", 1024, b"\x10\x20\xf5\xf2"),
    Signature("EROFS", 1024, b"\xe2\xe1\xf5\xe0"),
    Signature("OCFS2", 1024, b"OCFSV2"),
    Signature("OCFS2", 2048, b"OCFSV2"),
    Signature("OCFS2", 4096, b"OCFSV2"),
    Signature("OCFS2", 8192, b"OCFSV2"),
    Signature("NILFS2", 1024, b"\x02\0\0\0\0\0\x34\x34"),
    Signature("Linux swap", 4086, b"SWAPSPACE2"),
    Signature("MD RAID", 4096, b"\xfc\x4e\x2b\xa9"),
    Signature("bcache", 4120, b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"),
    Signature(
        "bcachefs",
        4120,
        b"\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef",
    ),
    Signature("UFS1", 9564, b"\x54\x19\x01\x00"),
    Signature("UFS1", 9564, b"\x00\x01\x19\x54"),
    Signature("JFS", 32_768, b"JFS1"),
    Signature("ISO 9660", 32_769, b"CD001"),
    Signature("UDF", 32_769, b"BEA01"),
    Signature("Btrfs", 65_600, b"_BHRfS_M"),
    Signature("ReiserFS", 65_588, b"ReIsEr"),
    Signature("GFS2", 65_536, b"\x01\x16\x19\x70\0\0\0\x01"),
    Signature("UFS2", 66_908, b"\x19\x01\x54\x19"),
    Signature("UFS2", 66_908, b"\x19\x54\x01\x19"),
];

/// What the signature at byte `start` of `medium` says; `None` when no signature is known.
pub(crate) fn at(medium: &dyn Source, start: u64, scratch: &mut Scratch) -> Option<&'static str> {
    let found = SIGNATURES.iter().find(|Signature(_, at, bytes)| {
        let mut found = [0; 16];
        let found = found.get_mut(..bytes.len()).unwrap_or_default();
        byte_source::read_exact(medium, start.saturating_add(*at), found, scratch).is_ok()
            && found == *bytes
    });
    match found {
        Some(Signature(name, ..)) => Some(name),
        None => by_fields(medium, start, scratch),
    }
}

/// What the fields of a structure with a short signature say.
fn by_fields(medium: &dyn Source, start: u64, scratch: &mut Scratch) -> Option<&'static str> {
    let mut head = [0; 2048];
    let _ = read_available(medium, start, &mut head, scratch);
    let head = Structure::new("volume", start, &head);
    let checks: [(_, Check); 3] = [("FAT", is_fat), ("ext", is_ext), ("HFS", is_hfs)];
    checks.into_iter().find(|(_, check)| check(&head).unwrap_or(false)).map(|(name, _)| name)
}

/// Looks at more than a signature, where that has two bytes only.
type Check = fn(&Structure<'_>) -> Result<bool, OutOfBounds>;

/// An ext2, ext3 or ext4 superblock: magic, block size up to 64 KiB, revision 0 or 1, inodes and
/// blocks.
fn is_ext(head: &Structure<'_>) -> Result<bool, OutOfBounds> {
    let superblock = head.part("ext superblock", 1024, 1024)?;
    Ok(superblock.u16_le(56)? == 0xef53
        && superblock.u32_le(24)? <= 6
        && superblock.u32_le(76)? <= 1
        && superblock.u32_le(0)? > 0
        && superblock.u32_le(4)? > 0)
}

/// An HFS master directory block: signature `BD`, allocation blocks of whole sectors.
fn is_hfs(head: &Structure<'_>) -> Result<bool, OutOfBounds> {
    let block = head.part("HFS master directory block", 1024, 512)?;
    let block_bytes = block.u32_be(20)?;
    Ok(block.bytes(0, 2)? == b"BD" && block_bytes > 0 && block_bytes.is_multiple_of(512))
}

/// True for a FAT boot sector: its BIOS parameter block (Microsoft FAT specification 1.03, section
/// 3) is consistent in itself.
fn is_fat(boot: &Structure<'_>) -> Result<bool, OutOfBounds> {
    let jump = boot.u8(0)?;
    let bytes_per_sector = boot.u16_le(11)?;
    let sectors_per_cluster = boot.u8(13)?;
    let media = boot.u8(21)?;
    let root_or_fat32 = boot.u16_le(17)? > 0 || boot.u32_le(36)? > 0;
    let sectors = boot.u16_le(19)? > 0 || boot.u32_le(32)? > 0;
    Ok(matches!(jump, 0xeb | 0xe9)
        && matches!(bytes_per_sector, 512 | 1024 | 2048 | 4096)
        && sectors_per_cluster.is_power_of_two()
        && boot.u16_le(14)? > 0
        && (1..=4).contains(&boot.u8(16)?)
        && (media == 0xf0 || media >= 0xf8)
        && root_or_fat32
        && sectors)
}
