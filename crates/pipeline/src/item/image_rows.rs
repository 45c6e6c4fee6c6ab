//! What is written of an image: what was found before the streams, and the parts.

use std::path::Path;

use analysis::Analysers;
use case_model::path_text;
use case_store::{
    CaseFile, DirectoryId, FileSystemId, ImageId, ImageRow, ImageWriter, PartResults, RowsAbove,
};
use crossbeam_channel::Receiver;
use evidence::{EvidenceImage, FileSystemState, OpenFileSystem, OpenVolume, ReadableFileSystem};

use crate::ScanError;
use crate::item::first_look::FirstLook;
use crate::item::found_rows::{write_found, write_problem};
use crate::item::indexed_file_system::IndexedFileSystem;
use crate::item::part_rows::Parts;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::resume::saved_item::{Covers, SavedItem};
use crate::sweep::{Snapshot, Sweep, write_in_order};
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
        segments: image
            .segments
            .iter()
            .map(|segment| (segment.name.clone(), segment.bytes))
            .collect(),
        claims: image
            .claims
            .iter()
            .map(|claim| (claim.field.to_owned(), claim.value.clone()))
            .collect(),
        stored_digests: image
            .stored_digests
            .iter()
            .map(|stored| (stored.algorithm.key(), stored.digest.clone(), stored.place))
            .collect(),
    }
}

/// Receives what the workers made of parts, with their numbers.
pub(crate) type FinishedParts = Receiver<(usize, Result<FinishedPart, ScanError>)>;

/// The rows of an image that are written.
pub(crate) struct WrittenRows {
    pub(crate) verdict: Verdict,
    /// Row ids that existed before this image: its own rows have larger ids.
    pub(crate) above: RowsAbove,
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
        Ok(Self {
            writer,
            image,
            verdict: kept.map_or_else(Verdict::default, |kept| kept.item.verdict),
        })
    }

    /// Writes all that was found before the streams: problems, volumes, file systems, counts, directories, deleted names.
    pub(crate) fn write_found<'i>(
        &mut self,
        opened: &'i EvidenceImage,
        looks: Vec<(ReadableFileSystem<'i>, FirstLook)>,
    ) -> Result<Vec<IndexedFileSystem<'i>>, ScanError> {
        write_found(&mut self.writer, opened, looks, &mut self.verdict)
    }

    /// The rows that [`Self::write_found`] wrote before the scan was broken off.
    pub(crate) fn found_before<'i>(
        &self,
        case: &CaseFile,
        kept: &InterruptedScan,
        opened: &'i EvidenceImage,
        looks: Vec<(ReadableFileSystem<'i>, FirstLook)>,
    ) -> Result<Vec<IndexedFileSystem<'i>>, ScanError> {
        let unfit = || ScanError::Checkpoint { path: path_text(&kept.checkpoint.path) };
        let rows = case.file_systems_read(self.image)?;
        let volumes = volumes_read(opened);
        if rows.len() != looks.len() || volumes.len() != looks.len() {
            return Err(unfit());
        }
        let mut indexed = Vec::new();
        for ((row, volume), (readable, first_look)) in rows.into_iter().zip(volumes).zip(looks) {
            let directories = stored_directories(case, row, &first_look)?.ok_or_else(unfit)?;
            let file_system = readable.file_system;
            indexed.push(IndexedFileSystem { row, file_system, volume, first_look, directories });
        }
        Ok(indexed)
    }

    /// Writes what the workers make of the parts, with checkpoints.
    pub(crate) fn write_parts(
        &mut self,
        sweep: &Sweep<'_>,
        made: FinishedParts,
        indexed: &[IndexedFileSystem<'_>],
        parts: &Parts,
        checkpoints: &mut Checkpoints<'_>,
    ) -> Result<(), ScanError> {
        let first = sweep.parts_written();
        let mut rows = PartsOfImage {
            rows: self,
            sweep,
            indexed,
            parts,
            checkpoints,
            written: part_count(first),
        };
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
    pub(crate) fn end(self, written: Result<(), ScanError>) -> Result<WrittenRows, ScanError> {
        match written {
            Ok(()) => Ok(WrittenRows { verdict: self.verdict, above: self.writer.above() }),
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
        let covers = Covers {
            image: Some(self.rows.image),
            parts: self.written,
            above: self.rows.writer.above(),
        };
        let sweep = self.sweep;
        let verdict = self.rows.verdict;
        self.checkpoints
            .with_rows(&mut self.rows.writer, covers, now, || saved_image(sweep, verdict))
    }
}

impl PartWriter<FinishedPart, ScanError> for PartsOfImage<'_, '_, '_> {
    fn write(&mut self, part: usize, made: FinishedPart) -> Result<(), ScanError> {
        self.written = part_count(part.saturating_add(1));
        let item = self.parts.get(part).and_then(|(item, _)| self.indexed.get(*item));
        let ImageRows { writer, verdict, .. } = &mut *self.rows;
        item.map_or(Ok(()), |item| write_part(writer, item, &made, verdict))
    }

    fn between_parts(&mut self) -> Result<(), ScanError> {
        self.checkpoint(false)
    }
}

/// Returns the volume of each file system that can be read, in the order of [`EvidenceImage::readable`].
fn volumes_read(opened: &EvidenceImage) -> Vec<&OpenVolume> {
    let of_volume = |volume: &&OpenVolume| {
        let is_open = |found: &&OpenFileSystem| matches!(found.state, FileSystemState::Open(_));
        volume.file_systems.iter().filter(is_open).count()
    };
    let repeated = |volume| std::iter::repeat_n(volume, of_volume(&volume));
    opened.volumes.iter().flat_map(repeated).collect()
}

/// Returns the rows of the directories that the case has; `None` when their paths are not those of today.
fn stored_directories(
    case: &CaseFile,
    row: FileSystemId,
    first_look: &FirstLook,
) -> Result<Option<Vec<DirectoryId>>, ScanError> {
    let stored = case.directories(row)?;
    let paths = first_look.tree.paths();
    let same = stored.len() == paths.len()
        && stored.iter().zip(paths).all(|((_, stored), path)| stored == path);
    Ok(same.then(|| stored.into_iter().map(|(row, _)| row).collect()))
}

/// Writes the rows of a part, and counts them in the verdict.
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

/// Returns a number of parts as checkpoints count them.
fn part_count(parts: usize) -> u64 {
    u64::try_from(parts).unwrap_or(u64::MAX)
}

/// Returns what a checkpoint of an image keeps.
fn saved_image(sweep: &Sweep<'_>, verdict: Verdict) -> (SavedItem, Vec<PartResults>) {
    let Snapshot { sweep, results } = sweep.snapshot();
    (SavedItem { verdict, sweep }, results)
}
