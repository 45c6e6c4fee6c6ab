//! Block group descriptors (32 or 64 bytes, little-endian), from the primary table or its copies.

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Scratch, Structure, index};

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
        let block = TableBlock { volume, places, first };
        block.read(first.saturating_add(per_block).min(count), &mut groups, &mut problems, scratch);
    }
    Ok((groups, problems.into_vec()))
}

/// One block of the descriptor table, with its copies.
struct TableBlock<'v> {
    volume: &'v Volume,
    /// Where it lies: the primary place, then copies.
    places: Vec<u64>,
    /// The first group that it describes.
    first: u64,
}

impl TableBlock<'_> {
    /// Adds the groups up to `end`.
    fn read(
        &self,
        end: u64,
        groups: &mut Vec<Group>,
        problems: &mut Problems,
        scratch: &mut Scratch,
    ) {
        let table = self.volume.block("group descriptors", self.place(0), scratch);
        for number in self.first..end {
            let primary = match &table {
                Ok(table) => self.descriptor(0, table, number),
                Err(problem) => Err(problem.clone()),
            };
            groups.push(choose(primary, problems, self.places.len(), |copy| {
                let table = self.volume.block("group descriptors", self.place(copy), scratch)?;
                self.descriptor(copy, &table, number)
            }));
        }
    }

    fn place(&self, copy: usize) -> u64 {
        self.places.get(copy).copied().unwrap_or(0)
    }

    /// Reads the descriptor of a group in the bytes of a copy of the block.
    fn descriptor(&self, copy: usize, table: &[u8], number: u64) -> Parsed {
        let size = self.volume.superblock.s_desc_size;
        let within = index(number.saturating_sub(self.first).saturating_mul(size.into()));
        let table =
            Structure::new("group descriptors", self.volume.offset(self.place(copy)), table);
        let descriptor = table.part("group descriptor", within, size.into())?;
        Group::parse(&descriptor, &self.volume.superblock, number)
    }
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
    let doubtful =
        |group| Group { bg_itable_unused: 0, inode_uninit: false, block_uninit: false, ..group };
    group.map(doubtful).unwrap_or_default()
}

/// Blocks where block `table_block` of the descriptor table lies: the primary place, then copies.
fn table_places(superblock: &Superblock, table_block: u64, per_block: u64) -> Vec<u64> {
    if superblock.incompat(f::INCOMPAT_META_BG) && table_block >= superblock.s_first_meta_bg.into()
    {
        return meta_group_places(superblock, table_block.saturating_mul(per_block), per_block);
    }
    // The superblock's own block: 1 where blocks are 1 KiB, else 0.
    let own = u64::from(superblock.block_bytes == 1024);
    let primary = own.saturating_add(1).saturating_add(table_block);
    let behind =
        |group| superblock.group_start(group).saturating_add(1).saturating_add(table_block);
    let groups = superblock.group_count().min(512);
    let copies = (1..groups).filter(|group| superblock.has_superblock(*group)).map(behind);
    std::iter::once(primary).chain(copies.take(COPIES_TRIED)).collect()
}

/// Blocks of the descriptors of a meta group, which begins with group `first`: in its first, second and last group.
fn meta_group_places(superblock: &Superblock, first: u64, per_block: u64) -> Vec<u64> {
    let place = |group: u64| {
        let start =
            superblock.group_start(group).saturating_add(superblock.has_superblock(group).into());
        // 1 KiB blocks counted from 0 (bigalloc): block 0 is the boot block, block 1 the superblock.
        let boot =
            group == 0 && superblock.block_bytes == 1024 && superblock.s_first_data_block == 0;
        start.saturating_add(boot.into())
    };
    let last = first.saturating_add(per_block).saturating_sub(1);
    let groups = [first, first.saturating_add(1), last];
    groups.into_iter().filter(|group| *group < superblock.group_count()).map(place).collect()
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
        let fields = Fields { bytes, wide: superblock.incompat(f::INCOMPAT_64BIT) };
        let checked = superblock.has_group_checksums();
        let bg_flags = if checked { bytes.u16_le(0x12)? } else { 0 };
        let unused = fields.count(0x1c, 0x32)?;
        let group = Self {
            bg_block_bitmap: fields.block(0, 0x20)?,
            bg_inode_bitmap: fields.block(4, 0x24)?,
            bg_inode_table: fields.block(8, 0x28)?,
            bg_free_inodes_count: fields.count(0xe, 0x2e)?,
            bg_block_bitmap_csum: fields.count(0x18, 0x38)?,
            bg_inode_bitmap_csum: fields.count(0x1a, 0x3a)?,
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

/// The fields of a descriptor: each has a low half, and a high one where descriptors are `wide`.
struct Fields<'b> {
    bytes: &'b Structure<'b>,
    wide: bool,
}

impl Fields<'_> {
    fn block(&self, low: usize, high: usize) -> Result<u64, OutOfBounds> {
        let high = if self.wide { self.bytes.u32_le(high)? } else { 0 };
        Ok(u64::from(high) << 32 | u64::from(self.bytes.u32_le(low)?))
    }

    fn count(&self, low: usize, high: usize) -> Result<u32, OutOfBounds> {
        let high = if self.wide { self.bytes.u16_le(high)? } else { 0 };
        Ok(u32::from(high) << 16 | u32::from(self.bytes.u16_le(low)?))
    }
}

/// Compares `bg_checksum`.
fn checksum_problem(
    bytes: &Structure<'_>,
    superblock: &Superblock,
    number: u64,
) -> Result<Option<Problem>, Problem> {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let before = bytes.bytes(0, 0x1e)?;
    let after = bytes.from(0x20)?;
    let computed = if let Some(seed) = superblock.checksum_seed() {
        let register = crc32c(crc32c(crc32c(seed, &number), before), &[0, 0]);
        u64::from(crc32c(register, after) & 0xffff)
    } else if superblock.ro_compat(f::RO_COMPAT_GDT_CSUM) {
        let register = crc16(crc16(crc16(!0, &superblock.s_uuid), &number), before);
        u64::from(crc16(register, after))
    } else {
        return Ok(None);
    };
    Ok(bytes.wrong_checksum("bg_checksum", bytes.u16_le(0x1e)?, computed))
}
