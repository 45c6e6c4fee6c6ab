//! Finding the superblock: the primary one, or a copy when it is damaged.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_exact};
use words::term;

use super::feature::{INCOMPAT_64BIT, INCOMPAT_JOURNAL_DEV};
use super::superblock::{SUPERBLOCK_BYTES, Superblock};

/// Byte offset of the primary superblock.
const PRIMARY_AT: u64 = 1024;

/// The file type of a directory in bits 12 to 15 of `i_mode`.
const DIRECTORY: u16 = 4;

/// Groups that hold a copy when the file system was made with the usual options.
const BACKUP_GROUPS: [u64; 12] = [1, 3, 5, 7, 9, 25, 27, 49, 81, 125, 243, 343];

/// A superblock and where it was found.
pub(super) struct Located {
    pub(super) superblock: Superblock,
    /// Byte offset in the volume.
    pub(super) at: u64,
    /// The block group whose copy it is; `None` for the primary one.
    pub(super) backup_of_group: Option<u64>,
    pub(super) problems: Vec<Problem>,
}

/// Finds a superblock.
///
/// # Errors
/// What is wrong with the primary one, when no copy can stand in.
pub(super) fn locate(volume: &dyn Source, scratch: &mut Scratch) -> Result<Located, Problem> {
    let wrong = match read_at(volume, PRIMARY_AT, scratch) {
        Ok((superblock, problems)) => {
            return Ok(Located { superblock, at: PRIMARY_AT, backup_of_group: None, problems });
        }
        Err(wrong) => wrong,
    };
    if other_format(volume, scratch) {
        return Err(wrong);
    }
    let Some(mut found) = locate_backup(volume, scratch) else { return Err(wrong) };
    let how = ProblemKind::Inconsistent(term!("ext.read-copy-primary-superblock-damaged"));
    found.problems.insert(0, Problem::damage("superblock", found.at, how));
    found.problems.insert(0, wrong);
    Ok(found)
}

/// Reads the superblock at a known place again.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read_at(
    volume: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
) -> Result<(Superblock, Vec<Problem>), Problem> {
    let mut bytes = [0_u8; 1024];
    read_exact(volume, at, &mut bytes, scratch)
        .map_err(|why| Problem::damage("superblock", at, ProblemKind::Unreadable(why)))?;
    let (superblock, problems) = Superblock::parse(&Structure::new("superblock", at, &bytes))?;
    if superblock.incompat(INCOMPAT_JOURNAL_DEV) {
        let kind = ProblemKind::Unsupported {
            feature: term!("ext.external-journal-device"),
            value: superblock.s_feature_incompat.into(),
        };
        return Err(Problem::damage("superblock", at, kind));
    }
    Ok((superblock, problems))
}

/// The first copy that says it lies where it lies. Group sizes other than the usual (as many blocks as a bitmap has bits) are
/// not searched.
fn locate_backup(volume: &dyn Source, scratch: &mut Scratch) -> Option<Located> {
    for log in 0..=6_u32 {
        let block_bytes = 1024_u64 << log;
        let group_bytes = block_bytes.saturating_mul(block_bytes).saturating_mul(8);
        let first = if log == 0 { block_bytes } else { 0 };
        for group in BACKUP_GROUPS {
            let at = group.saturating_mul(group_bytes).saturating_add(first);
            if at.saturating_add(SUPERBLOCK_BYTES) > volume.len() {
                break;
            }
            let Ok((superblock, problems)) = read_at(volume, at, scratch) else { continue };
            let here = superblock.group_start(group).checked_mul(superblock.block_bytes.into());
            if here == Some(at) && names_its_group(volume, &superblock, at, group, scratch) {
                return Some(Located { superblock, at, backup_of_group: Some(group), problems });
            }
        }
    }
    None
}

/// Does the copy at byte `at` belong to this group? In revision 0 it does not say so, nor in copies that kernels before 6.2 wrote when they
/// resized a mounted file system; then the root directory must be where its group descriptors say.
fn names_its_group(
    volume: &dyn Source,
    superblock: &Superblock,
    at: u64,
    group: u64,
    scratch: &mut Scratch,
) -> bool {
    match superblock.s_block_group_nr.into() {
        0 => has_root(volume, superblock, at, scratch).is_some_and(|is_there| is_there),
        named => named == group,
    }
}

/// Is inode 2 a directory, by the group descriptors in the block behind the superblock at byte `at`? `None` when they cannot be read.
fn has_root(
    volume: &dyn Source,
    superblock: &Superblock,
    at: u64,
    scratch: &mut Scratch,
) -> Option<bool> {
    let block_bytes = u64::from(superblock.block_bytes);
    let own_block = at.checked_div(block_bytes)?;
    let descriptor = own_block.checked_add(1)?.checked_mul(block_bytes)?;
    let bg_inode_table = inode_table_of(volume, superblock, descriptor, scratch)?;
    if !superblock.holds_block(bg_inode_table) {
        return Some(false);
    }
    let root =
        bg_inode_table.checked_mul(block_bytes)?.checked_add(superblock.s_inode_size.into())?;
    let mut i_mode = [0_u8; 2];
    read_exact(volume, root, &mut i_mode, scratch).ok()?;
    Some(u16::from_le_bytes(i_mode) >> 12 == DIRECTORY)
}

/// `bg_inode_table` of the group descriptor at byte `at`.
fn inode_table_of(
    volume: &dyn Source,
    superblock: &Superblock,
    at: u64,
    scratch: &mut Scratch,
) -> Option<u64> {
    let wide = superblock.incompat(INCOMPAT_64BIT);
    let mut bytes = [0_u8; 64];
    let bytes = bytes.get_mut(..if wide { 64 } else { 32 })?;
    read_exact(volume, at, bytes, scratch).ok()?;
    let fields = Structure::new("group descriptor", at, bytes);
    let high = if wide { fields.u32_le(0x28).ok()? } else { 0 };
    Some(u64::from(high) << 32 | u64::from(fields.u32_le(8).ok()?))
}

/// Does the volume begin as another file system does? Copies of ext superblocks behind it are remains then.
fn other_format(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    const SIGNATURES: [(u64, &[u8]); 9] = [
        (3, b"NTFS    "),
        (3, b"EXFAT   "),
        (54, b"FAT1"),
        (82, b"FAT32"),
        (0, b"XFSB"),
        (32, b"NXSB"),
        (1024, b"H+\0\x04"),
        (1024, b"HX\0\x05"),
        (0x10040, b"_BHRfS_M"),
    ];
    SIGNATURES.iter().any(|(at, signature)| {
        let mut found = [0_u8; 8];
        let found = found.get_mut(..signature.len()).unwrap_or_default();
        read_exact(volume, *at, found, scratch).is_ok() && found == *signature
    })
}
