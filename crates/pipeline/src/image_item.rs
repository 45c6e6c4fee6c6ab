//! An image: from the container to the verdict.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use byte_source::{Problem, ProblemKind, Scratch, Severity, read_available};
use case_model::{Algorithm, Digests};
use case_store::{CaseFile, FileSystemRow, ImageRow, ImageWriter, ProblemRow, RowsAbove, VolumeRow};
use evidence::{EvidenceImage, FileSystemState, OnMedium, OpenVolume};
use filesystem::FileSystem;
use hash_engine::Selection;
use hash_set::Library;
use rayon::ThreadPool;

use crate::gather::{Gathered, gather};
use crate::part_rows::PartRows;
use crate::parts::FinishedPart;
use crate::rows::{deleted_name_row, problem_row};
use crate::sweep::{Sweep, SweepPlan, SweepResult, SweepVolume, WindowedMedium, sweep_into};
use crate::verdict::Verdict;
use crate::{Event, Observer, ScanConfig, ScanError, Stage};

/// Bytes at the start of a volume that tell an empty one from one that is not understood.
const BLANK_BYTES: usize = 1 << 20;

/// What a scan of an image needs.
pub(crate) struct ImageScan<'s> {
    pub(crate) pool: &'s ThreadPool,
    pub(crate) config: &'s ScanConfig,
    pub(crate) library: &'s Library,
    pub(crate) observer: &'s dyn Observer,
}

/// What a scan of an image gave.
pub(crate) struct ImageScanned {
    pub(crate) verdict: Verdict,
    pub(crate) medium_complete: Option<bool>,
    pub(crate) digests: Digests,
    pub(crate) unreadable: Vec<(u64, u64, String)>,
    /// What the row numbers of its rows are above.
    pub(crate) above: RowsAbove,
}

/// A file system that is being indexed.
pub(crate) struct Indexed<'i> {
    pub(crate) row: i64,
    pub(crate) file_system: &'i dyn FileSystem,
    pub(crate) volume: &'i OpenVolume,
    pub(crate) gathered: Gathered,
    pub(crate) directories: Vec<i64>,
}

impl<'i> Indexed<'i> {
    /// Where its bytes are on the medium.
    pub(crate) fn on_medium(&self) -> OnMedium<'i> {
        OnMedium { extents: &self.volume.volume.extents }
    }

    fn sweep_volume(&self) -> SweepVolume<'i> {
        SweepVolume { source: self.file_system.volume().as_ref(), medium: self.on_medium() }
    }
}

/// The row of an image that was opened.
pub(crate) fn image_row(path: &Path, opened: &EvidenceImage) -> ImageRow {
    let image = &opened.image;
    ImageRow {
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        path: path.to_string_lossy().into_owned(),
        container: image.container.key(),
        reason: image.reason.to_owned(),
        bytes: Some(image.medium.len()),
        sector_bytes: Some(image.sector_bytes),
        segments: image.segments.iter().map(|segment| (segment.name.clone(), segment.bytes)).collect(),
        claims: image.claims.iter().map(|claim| (claim.field.to_owned(), claim.value.clone())).collect(),
        stored_digests: image
            .stored_digests
            .iter()
            .map(|stored| (stored.algorithm.key(), stored.digest.clone(), stored.place))
            .collect(),
    }
}

impl ImageScan<'_> {
    /// Indexes an image that was registered as row `image`.
    ///
    /// # Errors
    /// What the case file says; the rows of the last batch are not there then.
    pub(crate) fn run(
        &self,
        case: &CaseFile,
        image: i64,
        opened: &EvidenceImage,
        windows: Option<&WindowedMedium>,
    ) -> Result<ImageScanned, ScanError> {
        let mut writer = ImageWriter::new(case, image)?;
        let mut verdict = Verdict::default();
        match self.index(&mut writer, opened, windows, &mut verdict) {
            Ok(medium) => {
                let above = writer.finish()?;
                Ok(judge(opened, medium, verdict, above))
            }
            Err(error) => {
                writer.abandon();
                Err(error)
            }
        }
    }

    fn index(
        &self,
        writer: &mut ImageWriter<'_>,
        opened: &EvidenceImage,
        windows: Option<&WindowedMedium>,
        verdict: &mut Verdict,
    ) -> Result<SweepResult, ScanError> {
        self.observer.event(&Event::Reading(&how_it_is_read(opened, self.pool.current_num_threads())));
        for problem in opened.image.problems.iter().chain(&opened.division.problems) {
            write_problem(writer, None, &problem_row(problem, None, |at| at), verdict)?;
        }
        self.observer.event(&Event::Stage(Stage::Gather));
        let volumes = write_volumes(writer, opened)?;
        let mut indexed = Vec::new();
        for volume in &opened.volumes {
            let row = volumes.get(volume.ordinal).copied().unwrap_or(0);
            self.open_file_systems(writer, volume, row, &mut indexed, verdict)?;
        }
        self.hash(writer, opened, windows, &mut indexed, verdict)
    }

    fn open_file_systems<'i>(
        &self,
        writer: &mut ImageWriter<'_>,
        volume: &'i OpenVolume,
        row: i64,
        indexed: &mut Vec<Indexed<'i>>,
        verdict: &mut Verdict,
    ) -> Result<(), ScanError> {
        let medium = OnMedium { extents: &volume.volume.extents };
        if let Some(problem) = unopened(volume) {
            write_problem(writer, None, &problem_row(&problem, None, |at| medium.at(at)), verdict)?;
        }
        for found in &volume.file_systems {
            let kind = found.recognised.kind.name();
            let mut file_system_row = FileSystemRow {
                kind,
                reason: found.recognised.reason.to_owned(),
                state: found.state_key(),
                label: String::new(),
                serial: String::new(),
                block_bytes: 0,
                blocks: 0,
            };
            match &found.state {
                FileSystemState::Closed(problem) => {
                    let id = writer.file_system(row, &file_system_row)?;
                    write_problem(
                        writer,
                        Some(id),
                        &problem_row(problem, None, |at| medium.at(at)),
                        verdict,
                    )?;
                }
                FileSystemState::Open(file_system) => {
                    let summary = file_system.summary();
                    file_system_row.kind = summary.kind.name();
                    file_system_row.label.clone_from(&summary.label);
                    file_system_row.serial.clone_from(&summary.serial);
                    file_system_row.block_bytes = summary.block_bytes;
                    file_system_row.blocks = summary.blocks;
                    let id = writer.file_system(row, &file_system_row)?;
                    let file_system = file_system.as_ref();
                    let gathered =
                        self.pool.install(|| gather(file_system, &medium, self.config.max_hole_bytes));
                    indexed.push(write_gathered(writer, id, file_system, volume, gathered, verdict)?);
                }
            }
        }
        Ok(())
    }

    /// The sweep: digests of the medium and of all streams, and the rows.
    fn hash(
        &self,
        writer: &mut ImageWriter<'_>,
        opened: &EvidenceImage,
        windows: Option<&WindowedMedium>,
        indexed: &mut [Indexed<'_>],
        verdict: &mut Verdict,
    ) -> Result<SweepResult, ScanError> {
        let drafts = indexed
            .iter_mut()
            .enumerate()
            .flat_map(|(volume, item)| {
                std::mem::take(&mut item.gathered.drafts).into_iter().map(move |drafts| (volume, drafts))
            })
            .collect();
        let indexed = &*indexed;
        let work = indexed
            .iter()
            .map(|item| item.gathered.stream_bytes)
            .fold(opened.image.medium.len(), u64::saturating_add);
        self.observer.event(&Event::Stage(Stage::Hash(work)));
        let parts: Vec<(&Indexed<'_>, Range<u64>)> = indexed
            .iter()
            .flat_map(|item| item.gathered.parts.iter().map(move |part| (item, part.clone())))
            .collect();
        let plan = SweepPlan {
            volumes: indexed.iter().map(Indexed::sweep_volume).collect(),
            drafts,
            medium_digests: medium_selection(opened),
            stream_digests: self.config.digests,
            memory_bytes: self.config.memory_bytes,
        };
        let unreported = AtomicU64::new(0);
        let advanced = |bytes: u64| self.advance(&unreported, bytes);
        let sweep = Sweep::new(opened.image.medium.as_ref(), windows, &opened.files, plan, &advanced);
        let rows = PartRows { config: self.config, library: self.library, advanced: &advanced };
        sweep_into(
            &sweep,
            self.pool,
            &|part, results, tools| match parts.get(part) {
                Some((item, range)) => rows.of_part(item, range.clone(), results, tools),
                None => Ok(FinishedPart::default()),
            },
            |part, finished| {
                let Some((item, _)) = parts.get(part) else { return Ok(()) };
                write_part(writer, item, &finished, verdict)
            },
        )?;
        let result = sweep.finish();
        if result.read_again > 0 {
            let of = match windows {
                Some(_) => "decoded again",
                None => "perhaps read again from the device",
            };
            self.observer.event(&Event::Reading(&format!(
                "the pass, but {} bytes of fragments that lay far apart were {of}",
                result.read_again
            )));
        }
        Ok(result)
    }

    /// Tells progress in steps of some megabytes: workers call this for every piece.
    fn advance(&self, unreported: &AtomicU64, bytes: u64) {
        const STEP_BYTES: u64 = 4 << 20;
        let sum = unreported.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if sum >= STEP_BYTES {
            self.observer.event(&Event::Advanced(unreported.swap(0, Ordering::Relaxed)));
        }
    }
}

fn write_volumes(writer: &mut ImageWriter<'_>, opened: &EvidenceImage) -> Result<Vec<i64>, ScanError> {
    let mut rows = Vec::new();
    for (ordinal, volume) in opened.division.volumes.iter().enumerate() {
        let extents = (volume.extents.len() > 1).then(|| {
            let list: Vec<_> = volume.extents.iter().map(|extent| [extent.start, extent.length]).collect();
            serde_json::json!(list).to_string()
        });
        rows.push(writer.volume(&VolumeRow {
            ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
            scheme: volume.scheme.key(),
            number: volume.number,
            role: volume.role.key(),
            start: volume.start(),
            length: volume.length(),
            extents,
            type_code: volume.type_code.clone(),
            name: volume.name.clone(),
            encryption: volume.encryption,
        })?);
    }
    Ok(rows)
}

fn write_gathered<'i>(
    writer: &mut ImageWriter<'_>,
    row: i64,
    file_system: &'i dyn FileSystem,
    volume: &'i OpenVolume,
    gathered: Gathered,
    verdict: &mut Verdict,
) -> Result<Indexed<'i>, ScanError> {
    let medium = OnMedium { extents: &volume.volume.extents };
    for problem in &gathered.problems {
        write_problem(writer, Some(row), &problem_row(problem, None, |at| medium.at(at)), verdict)?;
    }
    for tally in &gathered.census.tallies {
        writer.tally(row, tally.what, tally.expected, gathered.counted)?;
        verdict.unreconciled += u64::from(tally.expected != gathered.counted);
    }
    writer.unallocated(row, gathered.unallocated_bytes)?;
    let directories = gathered
        .tree
        .paths()
        .iter()
        .map(|path| writer.directory(row, path))
        .collect::<Result<Vec<_>, _>>()?;
    for name in gathered.tree.deleted_names() {
        writer.entry(row, &deleted_name_row(&name, &directories, &medium))?;
    }
    Ok(Indexed { row, file_system, volume, gathered, directories })
}

fn write_part(
    writer: &mut ImageWriter<'_>,
    item: &Indexed<'_>,
    finished: &FinishedPart,
    verdict: &mut Verdict,
) -> Result<(), ScanError> {
    for problem in &finished.problems {
        write_problem(writer, Some(item.row), problem, verdict)?;
    }
    for entry in &finished.entries {
        verdict.take_entry(entry);
        writer.entry(item.row, entry)?;
    }
    for link in &finished.links {
        writer.link(item.row, link)?;
    }
    Ok(())
}

fn write_problem(
    writer: &mut ImageWriter<'_>,
    file_system: Option<i64>,
    problem: &ProblemRow,
    verdict: &mut Verdict,
) -> Result<(), ScanError> {
    verdict.damages += u64::from(problem.damage);
    Ok(writer.problem(file_system, problem)?)
}

/// How the evidence is read, and why.
fn how_it_is_read(opened: &EvidenceImage, workers: usize) -> String {
    let pass = match opened.image.medium.grain() {
        0 | 1 => "one pass from the first byte to the last, streams right behind it on the pages that it brought into memory".to_owned(),
        grain => format!("one pass; units of {grain} bytes are decoded once by {workers} workers, into windows that all digests share"),
    };
    format!("{}; {pass}", opened.reading)
}

/// What there is to say of a volume that gives no files.
fn unopened(volume: &OpenVolume) -> Option<Problem> {
    if volume.volume.encryption.is_some() {
        let kind = ProblemKind::Inconsistent(
            "the volume is encrypted; its files are not indexed, its bytes are hashed with the medium",
        );
        return Some(Problem::damage("encrypted volume", 0, kind));
    }
    if !volume.file_systems.is_empty() {
        return None;
    }
    let mut head = vec![0; BLANK_BYTES];
    let count = usize::try_from(volume.source.len()).unwrap_or(usize::MAX).min(BLANK_BYTES);
    head.truncate(count);
    let (_, fault) = read_available(volume.source.as_ref(), 0, &mut head, &mut Scratch::new());
    let blank = fault.is_none() && head.iter().all(|byte| *byte == 0);
    let (severity, sentence) = match blank {
        true => (Severity::Note, "no file system; its first megabyte is blank"),
        false => (
            Severity::Damage,
            "no known file system: its files, if any, are not indexed; its bytes are hashed with the medium",
        ),
    };
    Some(Problem { severity, structure: "volume", at: 0, kind: ProblemKind::Inconsistent(sentence) })
}

/// SHA-256 and BLAKE3, and what the container stores.
fn medium_selection(opened: &EvidenceImage) -> Selection {
    let stores = |algorithm| opened.image.stored_digests.iter().any(|stored| stored.algorithm == algorithm);
    Selection { md5: stores(Algorithm::Md5), sha1: stores(Algorithm::Sha1), ..Selection::MEDIUM }
}

fn judge(
    opened: &EvidenceImage,
    medium: SweepResult,
    mut verdict: Verdict,
    above: RowsAbove,
) -> ImageScanned {
    verdict.unreadable_bytes =
        medium.unreadable.iter().fold(0, |sum, (_, length, _)| sum.saturating_add(*length));
    verdict.wrong_digests = opened
        .image
        .stored_digests
        .iter()
        .filter(|stored| medium.digests.get(stored.algorithm).is_some_and(|digest| digest != stored.digest))
        .count() as u64;
    ImageScanned {
        verdict,
        medium_complete: Some(medium.unreadable.is_empty()),
        digests: medium.digests,
        unreadable: medium.unreadable,
        above,
    }
}
