//! Images in files of an item, found by content when the item is indexed.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch};
use case_model::StopToken;
use case_store::{
    CandidateRule, CaseFile, EntryId, ImageCandidate, ImageId, NestedRow, ProblemRow, RowsAbove,
};
use disk_image::OpenedImage;
use evidence::node::limits::MOST_CANDIDATES;
use evidence::{
    EvidenceImage, Locator, NestedEvidence, Spill, StreamChoice, find_nested, image_types,
    is_plausible, look_inside, open_container, walk_folder_unless_stopped,
};
use filesystem::{OpenOptions, RecordId};
use words::term;

use crate::ScanError;
use crate::error::unless_stopped;
use crate::item::rows::problem_row;
use crate::workers::isolation::guarded;
use crate::workers::watch;

/// The images in files of an item.
#[derive(Debug, Default)]
pub(crate) struct FoundNested {
    pub(crate) rows: Vec<NestedRow>,
    /// That some files were not looked at.
    pub(crate) problems: Vec<ProblemRow>,
}

/// Finds the images in files of an image whose rows are written.
///
/// # Errors
/// What the case file says; [`ScanError::Stopped`] after a stop.
pub(crate) fn nested_of_image(
    case: &CaseFile,
    row: ImageId,
    above: RowsAbove,
    opened: &EvidenceImage,
    options: &OpenOptions,
    stop: &StopToken,
) -> Result<FoundNested, ScanError> {
    let (candidates, problems) = candidates(case, row, above)?;
    let mut scratch = Scratch::new();
    let mut entries: HashMap<Locator, EntryId> = HashMap::new();
    let mut locators = Vec::new();
    for candidate in &candidates {
        watch::progressed();
        let Some(locator) = locator_of(opened, candidate, &mut scratch) else { continue };
        entries.insert(locator.clone(), candidate.entry);
        locators.push(locator);
    }
    let go_on = || {
        watch::progressed();
        !stop.is_requested()
    };
    let found = find_nested(opened, &locators, options, &mut scratch, &go_on);
    unless_stopped(stop)?;
    let rows = found
        .into_iter()
        .filter_map(|found| Some(nested_row(*entries.get(&found.locator)?, found)));
    Ok(FoundNested { rows: rows.collect(), problems })
}

/// Finds the images among the files of a folder whose rows are written.
///
/// # Errors
/// What the case file says; [`ScanError::Stopped`] after a stop.
pub(crate) fn nested_of_folder(
    case: &CaseFile,
    row: ImageId,
    above: RowsAbove,
    (root, own_lab): (&Path, Option<&Path>),
    options: &OpenOptions,
    stop: &StopToken,
) -> Result<FoundNested, ScanError> {
    let (candidates, problems) = candidates(case, row, above)?;
    if candidates.is_empty() {
        return Ok(FoundNested { rows: Vec::new(), problems });
    }
    let paths = paths_of((root, own_lab), &candidates, stop)?;
    let mut rows = Vec::new();
    let mut parts = BTreeSet::new();
    for candidate in &candidates {
        watch::progressed();
        unless_stopped(stop)?;
        let Some(path) = paths.get(&candidate.number) else { continue };
        if let Some((row, further)) = file_of_folder(candidate, path, options) {
            rows.push((path, row));
            parts.extend(further);
        }
    }
    let rows = rows.into_iter().filter(|(path, _)| !parts.contains(*path)).map(|(_, row)| row);
    Ok(FoundNested { rows: rows.collect(), problems })
}

fn candidates(
    case: &CaseFile,
    row: ImageId,
    above: RowsAbove,
) -> Result<(Vec<ImageCandidate>, Vec<ProblemRow>), ScanError> {
    let rule = CandidateRule {
        content_types: &image_types(),
        name_endings: &evidence::node::SIGNED_AT_THE_END,
        least_bytes: evidence::node::LEAST_BYTES,
        most: MOST_CANDIDATES,
    };
    let (candidates, more) = case.image_candidates(row, above, &rule)?;
    let limit = || {
        let what = term!("scan.files-may-be-images");
        let limit = u64::try_from(MOST_CANDIDATES).unwrap_or(u64::MAX);
        let problem = Problem::damage("files", 0, ProblemKind::LimitReached { what, limit });
        problem_row(&problem, None, |at| at)
    };
    Ok((candidates, if more > 0 { vec![limit()] } else { Vec::new() }))
}

/// The place of a stream, as people write it.
fn locator_of(
    opened: &EvidenceImage,
    candidate: &ImageCandidate,
    scratch: &mut Scratch,
) -> Option<Locator> {
    let readable = opened.readable().find(|readable| {
        readable.volume.volume.start() == candidate.volume_offset
            && readable.file_system.summary().kind.name() == candidate.file_system
    })?;
    let id = RecordId { number: candidate.number, generation: candidate.generation };
    let record = guarded(|| readable.file_system.record(id, scratch)).ok()?.ok()?;
    let ordinal = usize::try_from(candidate.stream).ok()?;
    let stream = StreamChoice::of(&record, ordinal, readable.stream_encoding());
    Some(Locator { stream, ..readable.locator(id) })
}

fn nested_row(entry: EntryId, found: NestedEvidence) -> NestedRow {
    let stored_bytes = found.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
    let files =
        found.files.into_iter().map(|file| (file.name, Some(file.locator.to_string()), file.bytes));
    NestedRow {
        entry,
        name: found.name,
        locator: Some(found.locator.to_string()),
        container: found.container.map(|container| container.key().to_owned()),
        reason: found.reason,
        readable: found.is_readable,
        bytes: found.bytes,
        stored_bytes,
        files: files.collect(),
    }
}

/// The paths of candidates on the host, by their ordinals in the list of the folder: names need not be readable.
fn paths_of(
    (root, own_lab): (&Path, Option<&Path>),
    candidates: &[ImageCandidate],
    stop: &StopToken,
) -> Result<HashMap<u64, PathBuf>, ScanError> {
    let wanted: BTreeSet<u64> = candidates.iter().map(|candidate| candidate.number).collect();
    let items = walk_folder_unless_stopped(root, Arc::new(Spill::in_memory()), own_lab, stop);
    let items = items.ok_or(ScanError::Stopped)?;
    let numbered = (0_u64..).zip(items.items()).filter(|(number, _)| wanted.contains(number));
    Ok(numbered.map(|(number, item)| (number, item.path)).collect())
}

/// Looks at a file of a folder; the paths of its further files, unless they are parents of a differencing image.
fn file_of_folder(
    candidate: &ImageCandidate,
    path: &Path,
    options: &OpenOptions,
) -> Option<(NestedRow, Vec<PathBuf>)> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut scratch = Scratch::new();
    let closed =
        |reason: String| Some((closed_row(candidate.entry, name.clone(), reason), Vec::new()));
    let opened = match guarded(|| open_container(path, &mut scratch)) {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) => return closed(error.to_string()),
        Err(problem) => return closed(problem.to_string()),
    };
    let container = opened.image.container;
    let row = opened_row(candidate.entry, name.clone(), &opened.image);
    let further = further_files(&opened.image, path.parent().unwrap_or(Path::new("")));
    if evidence::node::is_raw(container) {
        let inside = guarded(|| look_inside(opened, options, &mut scratch)).ok()?;
        if !is_plausible(&inside) {
            return None;
        }
    }
    Some((row, further))
}

/// Returns the row of a file that is an image by its start, and could not be opened.
fn closed_row(entry: EntryId, name: String, reason: String) -> NestedRow {
    NestedRow {
        entry,
        name,
        locator: None,
        container: None,
        reason,
        readable: false,
        bytes: None,
        stored_bytes: 0,
        files: Vec::new(),
    }
}

/// Returns the row of an image that was opened.
fn opened_row(entry: EntryId, name: String, image: &OpenedImage) -> NestedRow {
    let files = image.segments.iter().map(|file| (file.name.clone(), None, file.bytes));
    NestedRow {
        entry,
        name,
        locator: None,
        container: Some(image.container.key().to_owned()),
        reason: image.reason.to_owned(),
        readable: true,
        bytes: Some(image.medium.len()),
        stored_bytes: image.segments.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes)),
        files: files.collect(),
    }
}

/// Returns the paths of the further files that are parts of an image in `folder`. A parent of a differencing image is none.
fn further_files(image: &OpenedImage, folder: &Path) -> Vec<PathBuf> {
    let names = image.segments.iter().skip(1).map(|file| file.name.as_str());
    let further = names.filter(|name| evidence::node::is_part_name(image.container, name));
    further.map(|name| folder.join(name)).collect()
}
