//! Block group descriptors (32 or 64 bytes, little-endian), from the primary table or its copies.

use byte_source::{Expected, Problem, ProblemKind, Scratch, Structure, index};

use super::crc::{crc16, crc32c};
use super::feature as f;
use super::problems::Problems;
use super::superblock::Superblock;
use super::volume::Volume;

/// `bg_flags`: the inode table and inode bitmap were never written.
const INODE_UNINIT: u16 = 1;
/// `bg_flags`: the block bitmap was never written.
const BLOCK_UNINIT: u16 = 2;

/// Copies of the descriptor table that are tried for a damaged descriptor.
const COPIES_TRIED: usize = 4;

/// A block group descriptor.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    pub(super) bg_block_bitmap: u64,
    pub(super) bg_inode_bitmap: u64,
    pub(super) bg_inode_table: u64,
    pub(super) bg_free_inodes_count: u32,
    pub(super) bg_block_bitmap_csum: u32,
    pub(super) bg_inode_bitmap_csum: u32,
    /// Inodes at the end of the table that were never used; 0 where that is not known.
    pub(super) bg_itable_unused: u32,
    pub(super) inode_uninit: bool,
    pub(super) block_uninit: bool,
    /// False for a copy of the descriptor, whose counts and checksums are those of the day it was made.
    pub(super) current: bool,
    /// False when no descriptor was readable: nothing else is known then.
    pub(super) known: bool,
}

/// Reads the descriptors of all groups.
///
/// # Errors
/// When there are more groups than the volume can hold descriptors for.
pub(super) fn read_groups(
    volume: &Volume,
    scratch: &mut Scratch,
) -> Result<(Vec<Group>, Vec<Problem>), Problem> {
    let count = volume.superblock.group_count();
    let size = u64::from(volume.superblock.s_desc_size);
    let needs = count.saturating_mul(size);
    if needs > volume.source.len() {
        let available = volume.source.len();
        let kind = ProblemKind::OutOfBounds { wanted_end: needs, available };
        return Err(Problem::damage("group descriptors", 0, kind));
    }
    let per_block = volume.block_bytes.checked_div(size).unwrap_or(1).max(1);
    let mut groups = Vec::with_capacity(index(count));
    let mut problems = Problems::default();
    for table_block in 0..count.div_ceil(per_block) {
        let first = table_block.saturating_mul(per_block);
        let places = table_places(&volume.superblock, table_block, per_block);
        let table = volume.block("group descriptors", places.first().copied().unwrap_or(0), scratch);
        for number in first..first.saturating_add(per_block).min(count) {
            let within = index(number.saturating_sub(first).saturating_mul(size));
            let read = |block: u64, table: &[u8]| {
                let table = Structure::new("group descriptors", volume.offset(block), table);
                let descriptor = table.part("group descriptor", within, index(size))?;
                Group::parse(&descriptor, &volume.superblock, number)
            };
            let at = |copy: usize| places.get(copy).copied().unwrap_or(0);
            let primary = table.as_ref().map_err(Clone::clone).and_then(|table| read(at(0), table));
            groups.push(choose(primary, &mut problems, places.len(), |copy| {
                let table = volume.block("group descriptors", at(copy), scratch)?;
                read(at(copy), &table)
            }));
        }
    }
    Ok((groups, problems.into_vec()))
}

/// A descriptor, and what is wrong with it but bearable.
type Parsed = Result<(Group, Option<Problem>), Problem>;

/// The primary descriptor, or the first of `copies` that is whole when it is not.
fn choose(
    primary: Parsed,
    problems: &mut Problems,
    copies: usize,
    mut read: impl FnMut(usize) -> Parsed,
) -> Group {
    let (group, wrong) = match primary {
        Ok((group, None)) => return group,
        Ok((group, Some(wrong))) => (Some(group), wrong),
        Err(wrong) => (None, wrong),
    };
    problems.push(wrong);
    for copy in 1..copies {
        // A copy is only as old as the last resize: its flags and counts say nothing of today, its places do.
        if let Ok((found, None)) = read(copy) {
            return Group {
                bg_itable_unused: 0,
                inode_uninit: false,
                block_uninit: false,
                current: false,
                ..found
            };
        }
    }
    // Flags that a wrong checksum covers are not believed: everything is read.
    let doubtful = |group| Group { bg_itable_unused: 0, inode_uninit: false, block_uninit: false, ..group };
    group.map(doubtful).unwrap_or_default()
}

/// Blocks where block `table_block` of the descriptor table lies: the primary place, then copies.
fn table_places(superblock: &Superblock, table_block: u64, per_block: u64) -> Vec<u64> {
    // The superblock's own block: 1 where blocks are 1 KiB, else 0.
    let own = u64::from(superblock.block_bytes == 1024);
    let meta = superblock.incompat(f::INCOMPAT_META_BG) && table_block >= superblock.s_first_meta_bg.into();
    if !meta {
        let primary = own.saturating_add(1).saturating_add(table_block);
        let behind = |group| superblock.group_start(group).saturating_add(1).saturating_add(table_block);
        let groups = superblock.group_count().min(512);
        let copies = (1..groups).filter(|group| superblock.has_superblock(*group)).map(behind);
        return std::iter::once(primary).chain(copies.take(COPIES_TRIED)).collect();
    }
    let first = table_block.saturating_mul(per_block);
    let place = |group: u64| {
        let start = superblock.group_start(group).saturating_add(superblock.has_superblock(group).into());
        // 1 KiB blocks counted from 0 (bigalloc): block 0 is the boot block, block 1 the superblock.
        let boot = group == 0 && superblock.block_bytes == 1024 && superblock.s_first_data_block == 0;
        start.saturating_add(boot.into())
    };
    let last = first.saturating_add(per_block).saturating_sub(1);
    [first, first.saturating_add(1), last]
        .into_iter()
        .filter(|group| *group < superblock.group_count())
        .map(place)
        .collect()
}

impl Group {
    /// Slots at the start of the inode table that were ever used, by the descriptor's own count.
    pub(super) fn counted_slots(&self, superblock: &Superblock) -> u64 {
        superblock.s_inodes_per_group.saturating_sub(self.bg_itable_unused).into()
    }

    /// Reads a descriptor; with it comes what is wrong but bearable: a checksum.
    ///
    /// # Errors
    /// A place outside the file system.
    fn parse(bytes: &Structure<'_>, superblock: &Superblock, number: u64) -> Parsed {
        let wide = superblock.incompat(f::INCOMPAT_64BIT);
        let high32 = |at| if wide { bytes.u32_le(at) } else { Ok(0) };
        let high16 = |at| if wide { bytes.u16_le(at).map(u32::from) } else { Ok(0) };
        let block = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        let checked = superblock.has_group_checksums();
        let bg_flags = if checked { bytes.u16_le(0x12)? } else { 0 };
        let unused = u32::from(bytes.u16_le(0x1c)?) | high16(0x32)? << 16;
        let group = Self {
            bg_block_bitmap: block(high32(0x20)?, bytes.u32_le(0)?),
            bg_inode_bitmap: block(high32(0x24)?, bytes.u32_le(4)?),
            bg_inode_table: block(high32(0x28)?, bytes.u32_le(8)?),
            bg_free_inodes_count: u32::from(bytes.u16_le(0xe)?) | high16(0x2e)? << 16,
            bg_block_bitmap_csum: u32::from(bytes.u16_le(0x18)?) | high16(0x38)? << 16,
            bg_inode_bitmap_csum: u32::from(bytes.u16_le(0x1a)?) | high16(0x3a)? << 16,
            bg_itable_unused: if checked { unused } else { 0 },
            inode_uninit: bg_flags & INODE_UNINIT != 0,
            block_uninit: bg_flags & BLOCK_UNINIT != 0,
            current: true,
            known: true,
        };
        group.check_places(bytes, superblock)?;
        Ok((group, checksum_problem(bytes, superblock, number)?))
    }

    fn check_places(&self, bytes: &Structure<'_>, superblock: &Superblock) -> Result<(), Problem> {
        let last = superblock.s_blocks_count.saturating_sub(1);
        let table_last = superblock.s_blocks_count.saturating_sub(superblock.inode_table_blocks());
        let places = [
            ("bg_block_bitmap", self.bg_block_bitmap, last),
            ("bg_inode_bitmap", self.bg_inode_bitmap, last),
            ("bg_inode_table", self.bg_inode_table, table_last),
        ];
        for (field, found, last) in places {
            if !superblock.holds_block(found) || found > last {
                let expected = Expected::Within(superblock.s_first_data_block.into(), last);
                return Err(bytes.damage(ProblemKind::Value { field, expected, found }));
            }
        }
        Ok(())
    }
}

/// Compares `bg_checksum`.
fn checksum_problem(
    bytes: &Structure<'_>,
    superblock: &Superblock,
    number: u64,
) -> Result<Option<Problem>, Problem> {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let (before, after) = (bytes.bytes(0, 0x1e)?, bytes.from(0x20)?);
    let computed = if let Some(seed) = superblock.checksum_seed() {
        let register = crc32c(crc32c(crc32c(seed, &number), before), &[0, 0]);
        u64::from(crc32c(register, after) & 0xffff)
    } else if superblock.ro_compat(f::RO_COMPAT_GDT_CSUM) {
        let register = crc16(crc16(crc16(!0, &superblock.s_uuid), &number), before);
        u64::from(crc16(register, after))
    } else {
        return Ok(None);
    };
    let stored = u64::from(bytes.u16_le(0x1e)?);
    let kind = ProblemKind::Checksum { field: "bg_checksum", stored, computed };
    Ok((stored != computed).then(|| bytes.damage(kind)))
}
