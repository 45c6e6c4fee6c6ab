//! The file system as a whole.

use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, index, length, read_vec};
use case_model::{NameEncoding, readable_name};
use words::term;

use crate::fat::{
    Directory, Format, FreeRuns, Heap, LostChains, Table, TableReader, limit_problem, lost_chain_record,
};
use crate::{
    AllocationUnits, Census, FileSystem, FileSystemKind, Found, Layout, OpenOptions, Place, Record, RecordId,
    RecordRef, RecordSpace, Stream, Summary,
};

use super::allocation_bitmap::read_free;
use super::boot_sector::{BootSector, STRUCTURE};
use super::probe;
use super::record::revision_problem;
use super::tree::{MOST_STALE_STEPS, Tree, Walk, root_directory};
use super::up_case_table::{MOST_BYTES, UpCaseTable};
use super::visit::{Seen, visit_directory};
use super::{primary, probe::BootSectorFound};

/// Directories that one part of a scan holds.
const PART_DIRECTORIES: u64 = 32;
/// Bytes of the longest entry set: a primary entry and 255 secondary ones, and one more to see that it ends.
const MOST_SET_BYTES: u64 = 257 * 32;

/// An exFAT file system.
pub(super) struct ExFatVolume {
    pub(super) volume: Arc<dyn Source>,
    pub(super) boot: BootSector,
    pub(super) table: Table,
    pub(super) heap: Heap,
    pub(super) up_case: UpCaseTable,
    pub(super) free: FreeRuns,
    pub(super) tree: Tree,
    pub(super) lost: LostChains,
    summary: Summary,
}

/// The volume's own structures that its root directory names: byte offset and bytes of their entries.
#[derive(Default)]
struct Structures {
    bitmap: Option<(u64, [u8; 32])>,
    up_case: Option<(u64, [u8; 32])>,
    label: Option<[u8; 32]>,
}

/// Opens an exFAT volume: reads boot region, bitmap and up-case table, and walks the directories.
pub(crate) fn open(
    volume: Arc<dyn Source>,
    _: &OpenOptions,
    scratch: &mut Scratch,
) -> Result<Box<dyn FileSystem>, Problem> {
    let BootSectorFound { boot, mut problems, .. } = probe::find(&*volume, scratch)?;
    let heap = Heap { data_at: boot.heap_at, cluster_bytes: boot.cluster_bytes };
    let table = open_table(&volume, &boot, &mut problems);
    let structures = find_structures(&boot, heap, &table, scratch);
    let (up_case, problem) = read_up_case_table(&structures, heap, &table, scratch);
    problems.extend(problem);
    let free = read_bitmap(&structures, heap, &table, scratch);
    problems.extend(free.problems.iter().cloned());
    let tree = Walk::new(heap, &free, &up_case, TableReader::new(&table)).walk(boot.root_cluster, scratch);
    let lost = if free.problems.is_empty() {
        LostChains::find(&tree.reached, &free, heap, &mut TableReader::new(&table), scratch)
    } else {
        // Which clusters are in use is not known: none can be called lost.
        LostChains::default()
    };
    problems.extend(tree.directories.problems().iter().cloned());
    problems.extend(limit_problem(tree.unowned_steps, boot.fat_at));
    problems.extend((tree.stale_steps > MOST_STALE_STEPS).then(|| {
        let kind = ProblemKind::LimitReached {
            what: term!("exfat.clusters-deleted-files-chains"),
            limit: MOST_STALE_STEPS,
        };
        Problem::note("file allocation table", boot.fat_at, kind)
    }));
    let summary = summarise(&boot, &structures, problems);
    Ok(Box::new(ExFatVolume { volume, boot, table, heap, up_case, free, tree, lost, summary }))
}

fn open_table(volume: &Arc<dyn Source>, boot: &BootSector, problems: &mut Vec<Problem>) -> Table {
    let active_at = boot.fat_at.saturating_add(boot.fat_bytes.saturating_mul(u64::from(boot.active())));
    let clusters = u64::from(boot.clusters);
    let table = Table::new(Arc::clone(volume), vec![active_at], Format::ExFat, boot.fat_bytes, clusters);
    if u64::from(table.limit) < clusters.saturating_add(2) {
        let wanted_end = clusters.saturating_add(2).saturating_mul(4);
        let kind = ProblemKind::OutOfBounds { wanted_end, available: table.used_bytes() };
        problems.push(Problem::damage("file allocation table", active_at, kind));
    }
    if volume.len() < boot.volume_bytes {
        let kind = ProblemKind::OutOfBounds { wanted_end: boot.volume_bytes, available: volume.len() };
        problems.push(Problem::damage(STRUCTURE, 0, kind));
    }
    let note = |how| Problem::note(STRUCTURE, 0, ProblemKind::Inconsistent(how));
    problems.extend(revision_problem(boot.revision));
    problems.extend(boot.is_dirty().then(|| note(term!("exfat.volume-use-when-taken-away"))));
    problems.extend((boot.fats == 2).then(|| note(term!("exfat.two-fats-texfat-volume-whose"))));
    table
}

fn find_structures(boot: &BootSector, heap: Heap, table: &Table, scratch: &mut Scratch) -> Structures {
    let mut found = Structures::default();
    let root = root_directory(boot.root_cluster, heap, &mut TableReader::new(table), scratch);
    let up_case = UpCaseTable::default();
    visit_directory(&*table.volume, &root, &up_case, scratch, &mut |seen, _| {
        let Seen::Primary(at, bytes) = seen else { return };
        match bytes[0] {
            primary::ALLOCATION_BITMAP if primary::bitmap_number(&bytes) == boot.active() => {
                found.bitmap = found.bitmap.or(Some((at, bytes)));
            }
            primary::UP_CASE_TABLE => found.up_case = found.up_case.or(Some((at, bytes))),
            primary::VOLUME_LABEL => found.label = found.label.or(Some(bytes)),
            _ => {}
        }
    });
    found
}

/// The content of a structure that the root directory names, following its chain without knowing of crossings yet.
fn content(entry: &[u8; 32], heap: Heap, table: &Table, scratch: &mut Scratch) -> Option<Stream> {
    let space = primary::space(entry)?;
    let mut reader = TableReader::new(table);
    let mut extents: Vec<Range<u64>> = Vec::new();
    let mut cluster = space.first_cluster;
    // Ends: no more clusters are taken than the length needs, nor than there are.
    for _ in 0..heap.clusters_for(space.length).min(u64::from(table.limit)) {
        if !table.holds(cluster) {
            break;
        }
        let range = heap.range(cluster);
        match extents.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => extents.push(range),
        }
        let Ok(crate::fat::Entry::Next(next)) = reader.entry(cluster, scratch) else { break };
        cluster = next;
    }
    let layout = Layout::Runs(crate::fat::runs(&extents));
    Some(crate::fat::data_stream(space.length, layout, crate::Confidence::Recorded))
}

fn read_up_case_table(
    structures: &Structures,
    heap: Heap,
    table: &Table,
    scratch: &mut Scratch,
) -> (UpCaseTable, Option<Problem>) {
    const NAME: &str = "up-case table";
    let Some((at, entry)) = &structures.up_case else {
        let kind = ProblemKind::Inconsistent(term!("exfat.root-directory-names-none-hashes"));
        return (
            UpCaseTable::default(),
            Some(Problem::note(NAME, table.copies.first().copied().unwrap_or(0), kind)),
        );
    };
    let stream = content(entry, heap, table, scratch);
    let bytes = stream.filter(|stream| stream.size <= MOST_BYTES).and_then(|stream| {
        let Layout::Runs(runs) = &stream.layout else { return None };
        let mut bytes = Vec::new();
        for run in runs {
            let Place::At(place) = run.place else { return None };
            let left = stream.size.saturating_sub(length(bytes.len()));
            bytes.extend(read_vec(&*table.volume, place, run.length.min(left), scratch).ok()?);
        }
        (length(bytes.len()) == stream.size).then_some(bytes)
    });
    match bytes {
        Some(bytes) => {
            let problem = ExFatVolume::check_up_case_table(*at, entry, &bytes);
            let table = if problem.is_none() { UpCaseTable::parse(&bytes) } else { UpCaseTable::default() };
            (table, problem)
        }
        None => {
            let kind = ProblemKind::Inconsistent(term!("exfat.cannot-read-hashes-names-not"));
            (UpCaseTable::default(), Some(Problem::note(NAME, *at, kind)))
        }
    }
}

fn read_bitmap(structures: &Structures, heap: Heap, table: &Table, scratch: &mut Scratch) -> FreeRuns {
    let stream = structures.bitmap.and_then(|(at, entry)| Some((at, content(&entry, heap, table, scratch)?)));
    match stream {
        Some((at, stream)) => read_free(&*table.volume, &stream, at, table.limit, scratch),
        None => {
            let how = term!("exfat.root-directory-names-none-clusters");
            let mut free = FreeRuns::default();
            free.problems.push(Problem::damage(
                "allocation bitmap",
                heap.data_at,
                ProblemKind::Inconsistent(how),
            ));
            free
        }
    }
}

fn summarise(boot: &BootSector, structures: &Structures, problems: Vec<Problem>) -> Summary {
    let label = structures.label.map(|entry| readable_name(&primary::label(&entry), NameEncoding::Utf16Le));
    Summary {
        kind: FileSystemKind::ExFat,
        label: label.unwrap_or_default(),
        serial: format!("{:04X}-{:04X}", boot.serial >> 16, boot.serial & 0xffff),
        block_bytes: boot.cluster_bytes,
        blocks: u64::from(boot.clusters),
        problems,
    }
}

impl FileSystem for ExFatVolume {
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
        AllocationUnits { first_at: self.heap.data_at, bytes: self.heap.cluster_bytes, shared: false }
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
        if let Some(record) = lost_chain_record(id.number, &self.lost, &self.table, self.heap, scratch) {
            return Ok(record);
        }
        let at = id.number.saturating_mul(32);
        let mut found = None;
        if let Some(directory) = self.tree.directories.holding(at) {
            let (extents, allocation) = (directory.tail(at, MOST_SET_BYTES), directory.allocation_at(at));
            let part = Directory { extents, allocation, ..directory.clone() };
            visit_directory(&*self.volume, &part, &self.up_case, scratch, &mut |seen, scratch| match seen {
                Seen::Set(placed) if placed.set.at == at => {
                    found = Some(self.set_record(&placed.set, placed.allocation, &mut reader, scratch));
                }
                Seen::Primary(place, bytes) if place == at => {
                    found = Some(self.primary_record(at, &bytes, &mut reader, scratch));
                }
                _ => {}
            });
        }
        found.ok_or_else(|| {
            let kind = ProblemKind::Inconsistent(term!("fs.no-directory-entry-place"));
            Problem::damage("exFAT directory entry", at, kind)
        })
    }

    fn census(&self, scratch: &mut Scratch) -> Census {
        self.count(scratch)
    }

    fn unallocated(&self, _: &mut Scratch, each: &mut dyn FnMut(Range<u64>)) -> Vec<Problem> {
        self.free.runs.iter().for_each(|run| each(self.heap.extent(run)));
        self.free.problems.clone()
    }
}
