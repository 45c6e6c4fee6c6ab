//! The file system as a whole.

use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, index, length, read_exact};
use words::term;

use crate::{
    Allocation, AllocationUnits, Census, FileSystem, Found, OpenOptions, Record, RecordId,
    RecordRef, RecordSpace, Summary,
};

use super::boot_sector::BootSector;
use super::directory_entry::{DirectoryEntry, SlotKind};
use super::free_runs::FreeRuns;
use super::lost_chains::LostChains;
use super::tree::{Tree, Walk};
use super::{
    Format, Heap, Table, TableReader, geometry, limit_problem, probe, reserved_area, short_name,
};

/// Directories that one part of a scan holds.
const PART_DIRECTORIES: u64 = 32;
/// Bytes of a directory entry; a record's number counts them from the start of the volume.
const ENTRY_BYTES: u64 = 32;
/// What formatters write in the boot sector for "no label".
const NO_LABEL: [u8; 11] = *b"NO NAME    ";

/// A FAT file system.
pub(super) struct FatVolume {
    pub(super) volume: Arc<dyn Source>,
    pub(super) boot: BootSector,
    pub(super) table: Table,
    pub(super) heap: Heap,
    pub(super) tree: Tree,
    pub(super) free: FreeRuns,
    pub(super) lost: LostChains,
    pub(super) code_page: u16,
    summary: Summary,
}

/// Opens a FAT volume: reads the boot sector and walks the directories.
pub(crate) fn open(
    volume: Arc<dyn Source>,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> Result<Box<dyn FileSystem>, Problem> {
    let found = probe::find(&*volume, scratch)?;
    let boot = found.boot;
    // Damage, though the backup has it all: whoever destroyed the sector may have destroyed more.
    let mut problems: Vec<Problem> = found.instead_of.into_iter().collect();
    problems.extend(probe::table_problem(&*volume, &boot, scratch));
    let table = open_table(&volume, &boot, &mut problems);
    let heap = Heap { data_at: boot.data_at, cluster_bytes: boot.cluster_bytes };
    problems.extend(reserved_area::check(&*volume, &boot, scratch));
    let tree =
        Walk::new(&boot, heap, TableReader::new(&table), scratch).live(scratch).deleted(scratch);
    let mut reader = TableReader::new(&table);
    let free = FreeRuns::read(&mut reader, scratch);
    let lost = LostChains::find(&tree.reached, &free, heap, &mut reader, scratch);
    problems.extend(tree_problems(&*volume, &boot, &tree, scratch));
    let summary = summarise(&boot, &tree, options.code_page, problems);
    let code_page = options.code_page;
    Ok(Box::new(FatVolume { volume, boot, table, heap, tree, free, lost, code_page, summary }))
}

fn open_table(volume: &Arc<dyn Source>, boot: &BootSector, problems: &mut Vec<Problem>) -> Table {
    let (active, mirrored) = boot.active_copy();
    let active = if active < boot.fats { active } else { 0 };
    let others = (0..boot.fats).filter(|copy| mirrored && *copy != active);
    let copies = std::iter::once(active).chain(others).map(|copy| boot.copy_at(copy)).collect();
    let table = Table::new(Arc::clone(volume), copies, boot.format, boot.fat_bytes, boot.clusters);
    problems.extend(length_problems(&table, boot, volume.len()));
    table
}

/// What of the table and of the volume is not there.
fn length_problems(table: &Table, boot: &BootSector, volume_bytes: u64) -> Vec<Problem> {
    let mut problems = Vec::new();
    let held = u64::from(table.limit).saturating_sub(2);
    if held < boot.clusters {
        let wanted_end =
            boot.clusters.saturating_add(2).saturating_mul(boot.format.bits()).div_ceil(8);
        let kind = ProblemKind::OutOfBounds { wanted_end, available: table.used_bytes() };
        let at = table.copies.first().copied().unwrap_or(0);
        problems.push(Problem::damage("file allocation table", at, kind));
    }
    if volume_bytes < boot.total_bytes {
        let kind =
            ProblemKind::OutOfBounds { wanted_end: boot.total_bytes, available: volume_bytes };
        problems.push(Problem::damage("FAT boot sector", 0, kind));
    }
    problems
}

/// What the directories say against the boot sector, and what was not walked of them.
fn tree_problems(
    volume: &dyn Source,
    boot: &BootSector,
    tree: &Tree,
    scratch: &mut Scratch,
) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        geometry::check(volume, boot, tree, scratch).into_iter().collect();
    problems.extend(tree.directories.problems().iter().cloned());
    problems.extend(limit_problem(tree.unowned_steps, boot.fat_at));
    problems.extend(compare_labels(boot, tree));
    problems
}

fn summarise(boot: &BootSector, tree: &Tree, code_page: u16, problems: Vec<Problem>) -> Summary {
    let by_boot_sector = boot.label.filter(|label| *label != NO_LABEL);
    let label = tree.label.or(by_boot_sector).map(|label| short_name::label(label, code_page));
    Summary {
        kind: boot.format.kind(),
        label: label.unwrap_or_default(),
        serial: boot
            .serial
            .map(|id| format!("{:04X}-{:04X}", id >> 16, id & 0xffff))
            .unwrap_or_default(),
        block_bytes: boot.cluster_bytes,
        blocks: boot.clusters,
        problems,
    }
}

/// Windows keeps the label in the root directory and often leaves `NO NAME` in the boot sector; two
/// names are worth knowing.
fn compare_labels(boot: &BootSector, tree: &Tree) -> Option<Problem> {
    let in_boot_sector = boot.label?;
    let in_root = tree.label?;
    let kind = ProblemKind::Inconsistent(term!("fat.volume-label-not-root-directory"));
    let differ = in_boot_sector != in_root && in_boot_sector != NO_LABEL;
    differ.then(|| Problem::note("FAT boot sector", 0, kind))
}

impl FatVolume {
    pub(super) fn format(&self) -> Format {
        self.boot.format
    }

    /// The entry that a record was made from, and whether it is in use.
    fn entry(
        &self,
        number: u64,
        scratch: &mut Scratch,
    ) -> Result<(DirectoryEntry, Allocation), Problem> {
        const STRUCTURE: &str = "directory entry";
        let at = number.saturating_mul(ENTRY_BYTES);
        let missing = || {
            Problem::damage(
                STRUCTURE,
                at,
                ProblemKind::Inconsistent(term!("fs.no-directory-entry-place")),
            )
        };
        let directory = self.tree.directories.holding(at).ok_or_else(missing)?;
        let mut bytes = [0; 32];
        read_exact(&*self.volume, at, &mut bytes, scratch)
            .map_err(|why| Problem::damage(STRUCTURE, at, ProblemKind::Unreadable(why)))?;
        let slot = Structure::new(STRUCTURE, at, &bytes);
        if SlotKind::of(&slot)? != SlotKind::Short {
            return Err(missing());
        }
        let entry = DirectoryEntry::read(&slot)?;
        let allocation =
            if entry.is_deleted() { Allocation::Deleted } else { directory.allocation_at(at) };
        Ok((entry, allocation))
    }
}

impl FileSystem for FatVolume {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn volume(&self) -> &Arc<dyn Source> {
        &self.volume
    }

    fn root(&self) -> RecordRef {
        RecordRef { number: 0, generation: None }
    }

    fn allocation_units(&self) -> AllocationUnits {
        AllocationUnits {
            first_at: self.heap.data_at,
            bytes: self.heap.cluster_bytes,
            shared: false,
        }
    }

    fn record_space(&self) -> RecordSpace {
        RecordSpace { slots: length(self.tree.directories.len()), part: PART_DIRECTORIES }
    }

    fn scan(&self, part: Range<u64>, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        let mut reader = TableReader::new(&self.table);
        let end = part.end.min(length(self.tree.directories.len()));
        for number in part.start..end {
            self.scan_directory(index(number), &mut reader, scratch, each);
        }
    }

    fn record(&self, id: RecordId, scratch: &mut Scratch) -> Result<Record, Problem> {
        let mut reader = TableReader::new(&self.table);
        if id.number == 0 {
            return Ok(self.root_record(&mut reader, scratch));
        }
        if let Some(record) = self.virtual_record(id.number, scratch) {
            return Ok(record);
        }
        let (entry, allocation) = self.entry(id.number, scratch)?;
        Ok(self.entry_record(&entry, allocation, &mut reader, scratch))
    }

    fn census(&self, scratch: &mut Scratch) -> Census {
        self.count(scratch)
    }

    fn unallocated(&self, _: &mut Scratch, each: &mut dyn FnMut(Range<u64>)) -> Vec<Problem> {
        self.free.runs.iter().for_each(|run| each(self.heap.extent(run)));
        self.free.problems.clone()
    }
}
