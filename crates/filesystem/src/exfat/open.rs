//! Opens an exFAT volume: boot region, table, bitmap, up-case table, directories.

use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, length, read_vec};
use case_model::{NameEncoding, readable_name};
use words::term;

use crate::fat::{
    Entry, Format, FreeRuns, Heap, LostChains, Table, TableReader, data_stream, limit_problem,
    push_extent, runs,
};
use crate::{Confidence, FileSystem, FileSystemKind, Layout, OpenOptions, Place, Stream, Summary};

use super::allocation_bitmap::read_free;
use super::boot_sector::{BootSector, STRUCTURE, revision_problem};
use super::primary;
use super::probe::{self, BootSectorFound};
use super::tree::{MOST_STALE_STEPS, Tree, Walk, root_directory};
use super::up_case_table::{MOST_BYTES, UpCaseTable};
use super::visit::{Seen, visit_directory};
use super::volume::ExFatVolume;

/// The volume's own structures that its root directory names: byte offset and bytes of their
/// entries.
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
    let clusters = Clusters { heap, table: &table };
    let structures = clusters.structures(&boot, scratch);
    let (up_case, problem) = clusters.up_case_table(&structures, scratch);
    problems.extend(problem);
    let free = clusters.free_runs(&structures, scratch);
    problems.extend(free.problems.iter().cloned());
    let tree =
        Walk::new(heap, &free, &up_case, TableReader::new(&table)).walk(boot.root_cluster, scratch);
    let lost = clusters.lost_chains(&tree, &free, scratch);
    problems.extend(tree_problems(&tree, boot.fat_at));
    let summary = summarise(&boot, &structures, problems);
    Ok(Box::new(ExFatVolume { volume, boot, table, heap, up_case, free, tree, lost, summary }))
}

fn open_table(volume: &Arc<dyn Source>, boot: &BootSector, problems: &mut Vec<Problem>) -> Table {
    let active_at =
        boot.fat_at.saturating_add(boot.fat_bytes.saturating_mul(u64::from(boot.active())));
    let clusters = u64::from(boot.clusters);
    let table =
        Table::new(Arc::clone(volume), vec![active_at], Format::ExFat, boot.fat_bytes, clusters);
    if u64::from(table.limit) < clusters.saturating_add(2) {
        let wanted_end = clusters.saturating_add(2).saturating_mul(4);
        let kind = ProblemKind::OutOfBounds { wanted_end, available: table.used_bytes() };
        problems.push(Problem::damage("file allocation table", active_at, kind));
    }
    problems.extend(boot_problems(boot, volume.len()));
    table
}

/// What the boot sector says that the volume does not fit, or that an examiner should know.
fn boot_problems(boot: &BootSector, volume_bytes: u64) -> Vec<Problem> {
    let mut problems = Vec::new();
    if volume_bytes < boot.volume_bytes {
        let kind =
            ProblemKind::OutOfBounds { wanted_end: boot.volume_bytes, available: volume_bytes };
        problems.push(Problem::damage(STRUCTURE, 0, kind));
    }
    let note = |how| Problem::note(STRUCTURE, 0, ProblemKind::Inconsistent(how));
    problems.extend(revision_problem(boot.revision));
    problems.extend(boot.is_dirty().then(|| note(term!("exfat.volume-use-when-taken-away"))));
    problems.extend((boot.fats == 2).then(|| note(term!("exfat.two-fats-texfat-volume-whose"))));
    problems
}

/// What was not walked of the directories, and not followed of chains.
fn tree_problems(tree: &Tree, fat_at: u64) -> Vec<Problem> {
    let mut problems: Vec<Problem> = tree.directories.problems().to_vec();
    problems.extend(limit_problem(tree.unowned_steps, fat_at));
    problems.extend(stale_limit_problem(tree, fat_at));
    problems
}

/// The problem of more stale chains of deleted files than are followed.
fn stale_limit_problem(tree: &Tree, fat_at: u64) -> Option<Problem> {
    let what = term!("exfat.clusters-deleted-files-chains");
    let kind = ProblemKind::LimitReached { what, limit: MOST_STALE_STEPS };
    (tree.stale_steps > MOST_STALE_STEPS)
        .then(|| Problem::note("file allocation table", fat_at, kind))
}

/// The clusters of a volume while it is opened: crossings of chains are not known yet.
struct Clusters<'t> {
    heap: Heap,
    table: &'t Table,
}

impl Clusters<'_> {
    fn structures(&self, boot: &BootSector, scratch: &mut Scratch) -> Structures {
        let mut found = Structures::default();
        let mut reader = TableReader::new(self.table);
        let root = root_directory(boot.root_cluster, self.heap, &mut reader, scratch);
        let up_case = UpCaseTable::default();
        visit_directory(&*self.table.volume, &root, &up_case, scratch, &mut |seen, _| {
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

    /// The content of a structure that the root directory names, by its chain.
    fn content(&self, entry: &[u8; 32], scratch: &mut Scratch) -> Option<Stream> {
        let space = primary::space(entry)?;
        let mut reader = TableReader::new(self.table);
        let mut extents: Vec<std::ops::Range<u64>> = Vec::new();
        let mut cluster = space.first_cluster;
        // Ends: no more clusters are taken than the length needs, nor than there are.
        for _ in 0..self.heap.clusters_for(space.length).min(u64::from(self.table.limit)) {
            if !self.table.holds(cluster) {
                break;
            }
            push_extent(&mut extents, self.heap.range(cluster));
            let Ok(Entry::Next(next)) = reader.entry(cluster, scratch) else { break };
            cluster = next;
        }
        let layout = Layout::Runs(runs(&extents));
        Some(data_stream(space.length, layout, Confidence::Recorded))
    }

    fn up_case_table(
        &self,
        structures: &Structures,
        scratch: &mut Scratch,
    ) -> (UpCaseTable, Option<Problem>) {
        const NAME: &str = "up-case table";
        let without = |at, how| {
            let problem = Problem::note(NAME, at, ProblemKind::Inconsistent(how));
            (UpCaseTable::default(), Some(problem))
        };
        let Some((at, entry)) = &structures.up_case else {
            let at = self.table.copies.first().copied().unwrap_or(0);
            return without(at, term!("exfat.root-directory-names-none-hashes"));
        };
        let Some(bytes) = self.up_case_bytes(entry, scratch) else {
            return without(*at, term!("exfat.cannot-read-hashes-names-not"));
        };
        match UpCaseTable::checksum_problem(*at, entry, &bytes) {
            None => (UpCaseTable::parse(&bytes), None),
            problem => (UpCaseTable::default(), problem),
        }
    }

    /// The whole content of the up-case table; `None` when it is too long or cannot be read.
    fn up_case_bytes(&self, entry: &[u8; 32], scratch: &mut Scratch) -> Option<Vec<u8>> {
        let stream = self.content(entry, scratch).filter(|stream| stream.size <= MOST_BYTES)?;
        let Layout::Runs(runs) = &stream.layout else { return None };
        let mut bytes = Vec::new();
        for run in runs {
            let Place::At(place) = run.place else { return None };
            let left = stream.size.saturating_sub(length(bytes.len()));
            bytes.extend(read_vec(&*self.table.volume, place, run.length.min(left), scratch).ok()?);
        }
        (length(bytes.len()) == stream.size).then_some(bytes)
    }

    fn free_runs(&self, structures: &Structures, scratch: &mut Scratch) -> FreeRuns {
        let stream =
            structures.bitmap.and_then(|(at, entry)| Some((at, self.content(&entry, scratch)?)));
        if let Some((at, stream)) = stream {
            return read_free(&*self.table.volume, &stream, at, self.table.limit, scratch);
        }
        let kind = ProblemKind::Inconsistent(term!("exfat.root-directory-names-none-clusters"));
        let mut free = FreeRuns::default();
        free.problems.push(Problem::damage("allocation bitmap", self.heap.data_at, kind));
        free
    }

    fn lost_chains(&self, tree: &Tree, free: &FreeRuns, scratch: &mut Scratch) -> LostChains {
        if free.problems.is_empty() {
            let mut reader = TableReader::new(self.table);
            LostChains::find(&tree.reached, free, self.heap, &mut reader, scratch)
        } else {
            // Which clusters are in use is not known: none can be called lost.
            LostChains::default()
        }
    }
}

fn summarise(boot: &BootSector, structures: &Structures, problems: Vec<Problem>) -> Summary {
    let label =
        structures.label.map(|entry| readable_name(&primary::label(&entry), NameEncoding::Utf16Le));
    Summary {
        kind: FileSystemKind::ExFat,
        label: label.unwrap_or_default(),
        serial: format!("{:04X}-{:04X}", boot.serial >> 16, boot.serial & 0xffff),
        block_bytes: boot.cluster_bytes,
        blocks: u64::from(boot.clusters),
        problems,
    }
}
