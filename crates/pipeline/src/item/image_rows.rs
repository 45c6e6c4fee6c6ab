//! What is written of an image: what was found before the streams, and the parts.

use std::path::Path;

use analysis::Analysers;
use byte_source::Scratch;
use case_model::path_text;
use case_store::{
    CaseFile, FileSystemId, FileSystemRow, ImageId, ImageRow, ImageWriter, ProblemRow, RowsAbove, VolumeId,
    VolumeRow,
};
use evidence::{EvidenceImage, FileSystemState, OnMedium, OpenFileSystem, OpenVolume, ReadableFileSystem};
use filesystem::FileSystem;

use crate::ScanError;
use crate::item::gather::FirstLook;
use crate::item::image_item::{IndexedFileSystem, Made, Parts};
use crate::item::lone_names::{InUseAlone, name_alone_row};
use crate::item::rows::problem_row;
use crate::resume::checkpoints::{Checkpoints, Covers, saved_image};
use crate::resume::interrupted_scan::InterruptedScan;
use crate::sweep::{Sweep, write_in_order};
use crate::verdict::Verdict;
use crate::workers::parts::{FinishedPart, PartWriter};

/// The row of an image that was opened.
pub(crate) fn image_row(path: &Path, opened: &EvidenceImage) -> ImageRow {
    let image = &opened.image;
    ImageRow {
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        path: path.to_owned(),
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

/// Writes the rows of one image.
pub(crate) struct ImageRows<'w> {
    writer: ImageWriter<'w>,
    image: ImageId,
    verdict: Verdict,
}

impl<'w> ImageRows<'w> {
    /// Begins with the first row, or where a checkpoint left them.
    pub(crate) fn begin(
        case: &'w CaseFile,
        image: ImageId,
        kept: Option<&InterruptedScan>,
        analysers: &Analysers,
    ) -> Result<Self, ScanError> {
        let mut writer = match kept {
            Some(kept) => ImageWriter::resume(case, image, kept.checkpoint.above)?,
            None => ImageWriter::new(case, image)?,
        };
        writer.analysers(analysers.identities())?;
        Ok(Self { writer, image, verdict: kept.map_or_else(Verdict::default, |kept| kept.item.verdict) })
    }

    /// Writes all that was found before the streams: problems, volumes, file systems, counts, directories, deleted names.
    pub(crate) fn write_found<'i>(
        &mut self,
        opened: &'i EvidenceImage,
        gathered: Vec<(ReadableFileSystem<'i>, FirstLook)>,
    ) -> Result<Vec<IndexedFileSystem<'i>>, ScanError> {
        write_found(&mut self.writer, opened, gathered, &mut self.verdict)
    }

    /// The rows that [`Self::write_found`] wrote before the scan was broken off.
    pub(crate) fn found_before<'i>(
        &self,
        case: &CaseFile,
        kept: &InterruptedScan,
        opened: &'i EvidenceImage,
        gathered: Vec<(ReadableFileSystem<'i>, FirstLook)>,
    ) -> Result<Vec<IndexedFileSystem<'i>>, ScanError> {
        let unfit = || ScanError::Checkpoint { path: path_text(&kept.checkpoint.path) };
        let rows = case.file_systems_read(self.image)?;
        let volumes = opened.volumes.iter().flat_map(|volume| {
            volume
                .file_systems
                .iter()
                .filter(|found| matches!(found.state, FileSystemState::Open(_)))
                .map(move |_| volume)
        });
        let volumes: Vec<&OpenVolume> = volumes.collect();
        if rows.len() != gathered.len() || volumes.len() != gathered.len() {
            return Err(unfit());
        }
        let mut indexed = Vec::new();
        for ((row, volume), (readable, gathered)) in rows.into_iter().zip(volumes).zip(gathered) {
            let stored = case.directories(row)?;
            let paths = gathered.tree.paths();
            if stored.len() != paths.len()
                || !stored.iter().zip(paths).all(|((_, stored), path)| stored == path)
            {
                return Err(unfit());
            }
            let directories = stored.into_iter().map(|(row, _)| row).collect();
            let file_system = readable.file_system;
            indexed.push(IndexedFileSystem { row, file_system, volume, gathered, directories });
        }
        Ok(indexed)
    }

    /// Writes what the workers make of the parts, with checkpoints.
    pub(crate) fn write_parts(
        &mut self,
        sweep: &Sweep<'_>,
        made: Made,
        indexed: &[IndexedFileSystem<'_>],
        parts: &Parts,
        checkpoints: &mut Checkpoints<'_>,
    ) -> Result<(), ScanError> {
        let first = sweep.parts_written();
        let mut rows = PartsOfImage { rows: self, sweep, indexed, parts, checkpoints, written: first as u64 };
        rows.checkpoint(true)?;
        let written = write_in_order(sweep, made, first, &mut rows)?;
        if written < parts.len() && sweep.is_stopped() {
            rows.checkpoint(true)?;
            return Err(ScanError::Stopped);
        }
        if written < parts.len() {
            let path = path_text(&rows.checkpoints.path);
            return Err(ScanError::EndedEarly { path, written, parts: parts.len() });
        }
        // The last rows, too, commit with the checkpoint that covers them: the verdict has a transaction of its own.
        rows.checkpoint(true)
    }

    /// Ends the writing, or gives up what was not committed.
    pub(crate) fn end(self, written: Result<(), ScanError>) -> Result<(Verdict, RowsAbove), ScanError> {
        match written {
            Ok(()) => Ok((self.verdict, self.writer.above())),
            Err(error) => {
                self.writer.abandon();
                Err(error)
            }
        }
    }
}

/// The parts of an image on their way into the case.
struct PartsOfImage<'p, 'w, 'c> {
    rows: &'p mut ImageRows<'w>,
    sweep: &'p Sweep<'p>,
    indexed: &'p [IndexedFileSystem<'p>],
    parts: &'p Parts,
    checkpoints: &'p mut Checkpoints<'c>,
    written: u64,
}

impl PartsOfImage<'_, '_, '_> {
    fn checkpoint(&mut self, now: bool) -> Result<(), ScanError> {
        let covers =
            Covers { image: Some(self.rows.image), parts: self.written, above: self.rows.writer.above() };
        let (sweep, verdict) = (self.sweep, self.rows.verdict);
        self.checkpoints.with_rows(&mut self.rows.writer, covers, now, || saved_image(sweep, verdict))
    }
}

impl PartWriter<FinishedPart, ScanError> for PartsOfImage<'_, '_, '_> {
    fn write(&mut self, part: usize, made: FinishedPart) -> Result<(), ScanError> {
        self.written = part as u64 + 1;
        let item = self.parts.get(part).and_then(|(item, _)| self.indexed.get(*item));
        let ImageRows { writer, verdict, .. } = &mut *self.rows;
        item.map_or(Ok(()), |item| write_part(writer, item, &made, verdict))
    }

    fn between_parts(&mut self) -> Result<(), ScanError> {
        self.checkpoint(false)
    }
}

/// Writes all that was found before the streams: problems, volumes, file systems, counts, directories, deleted names.
fn write_found<'i>(
    writer: &mut ImageWriter<'_>,
    opened: &'i EvidenceImage,
    gathered: Vec<(ReadableFileSystem<'i>, FirstLook)>,
    verdict: &mut Verdict,
) -> Result<Vec<IndexedFileSystem<'i>>, ScanError> {
    for problem in opened.image.problems.iter().chain(&opened.division.problems) {
        write_problem(writer, None, &problem_row(problem, None, |at| at), verdict)?;
    }
    let volumes = write_volumes(writer, opened)?;
    let mut gathered = gathered.into_iter();
    let mut indexed = Vec::new();
    for volume in &opened.volumes {
        let row = volumes.get(volume.ordinal).copied().unwrap_or(VolumeId::NONE);
        let medium = OnMedium { extents: &volume.volume.extents };
        if let Some(problem) = volume.without_files(&mut Scratch::new()) {
            write_problem(writer, None, &problem_row(&problem, None, |at| medium.at(at)), verdict)?;
        }
        for found in &volume.file_systems {
            let id = writer.file_system(row, &file_system_row(found))?;
            match &found.state {
                FileSystemState::Closed(problem) => {
                    let problem = problem_row(problem, None, |at| medium.at(at));
                    write_problem(writer, Some(id), &problem, verdict)?;
                }
                // In the order that `readable` gives them.
                FileSystemState::Open(_) => {
                    if let Some((readable, gathered)) = gathered.next() {
                        indexed.push(write_gathered(
                            writer,
                            id,
                            readable.file_system,
                            volume,
                            gathered,
                            verdict,
                        )?);
                    }
                }
            }
        }
    }
    Ok(indexed)
}

fn file_system_row(found: &OpenFileSystem) -> FileSystemRow {
    let mut row = FileSystemRow {
        kind: found.recognised.kind.name(),
        reason: found.recognised.reason.to_owned(),
        state: found.state_key(),
        label: String::new(),
        serial: String::new(),
        block_bytes: 0,
        blocks: 0,
    };
    if let FileSystemState::Open(file_system) = &found.state {
        let summary = file_system.summary();
        row.kind = summary.kind.name();
        row.label.clone_from(&summary.label);
        row.serial.clone_from(&summary.serial);
        row.block_bytes = summary.block_bytes;
        row.blocks = summary.blocks;
    }
    row
}

fn write_volumes(writer: &mut ImageWriter<'_>, opened: &EvidenceImage) -> Result<Vec<VolumeId>, ScanError> {
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
    row: FileSystemId,
    file_system: &'i dyn FileSystem,
    volume: &'i OpenVolume,
    gathered: FirstLook,
    verdict: &mut Verdict,
) -> Result<IndexedFileSystem<'i>, ScanError> {
    let medium = OnMedium { extents: &volume.volume.extents };
    for problem in &gathered.problems {
        write_problem(writer, Some(row), &problem_row(problem, None, |at| medium.at(at)), verdict)?;
    }
    for problem in &gathered.claims.of_volume {
        write_problem(writer, Some(row), problem, verdict)?;
    }
    for tally in &gathered.census.tallies {
        writer.tally(row, tally.what, tally.expected, gathered.counted)?;
        verdict.unreconciled += u64::from(tally.expected != gathered.counted);
    }
    for owner in &gathered.census.owners {
        writer.security_owner(row, owner.security_id, &owner.sid)?;
    }
    writer.unallocated(row, gathered.unallocated_bytes)?;
    let directories = gathered
        .tree
        .paths()
        .iter()
        .map(|path| writer.directory(row, path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut in_use_alone = InUseAlone::default();
    for name in gathered.tree.deleted_names() {
        writer.entry(row, &name_alone_row(&name, &directories, &medium))?;
        if let Some(problem) = in_use_alone.problem(&name) {
            write_problem(writer, Some(row), &problem_row(&problem, None, |at| medium.at(at)), verdict)?;
        }
    }
    Ok(IndexedFileSystem { row, file_system, volume, gathered, directories })
}

fn write_part(
    writer: &mut ImageWriter<'_>,
    item: &IndexedFileSystem<'_>,
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
    file_system: Option<FileSystemId>,
    problem: &ProblemRow,
    verdict: &mut Verdict,
) -> Result<(), ScanError> {
    verdict.damages += u64::from(problem.damage);
    Ok(writer.problem(file_system, problem)?)
}
