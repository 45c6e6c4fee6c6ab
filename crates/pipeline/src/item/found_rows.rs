//! Rows of what was found before the streams: problems, volumes, file systems, counts, directories, deleted names.

use byte_source::Scratch;
use case_store::{FileSystemId, FileSystemRow, ImageWriter, ProblemRow, VolumeId, VolumeRow};
use evidence::{
    EvidenceImage, FileSystemState, OnMedium, OpenFileSystem, OpenVolume, ReadableFileSystem,
};

use crate::ScanError;
use crate::item::first_look::FirstLook;
use crate::item::indexed_file_system::IndexedFileSystem;
use crate::item::lone_names::{InUseAlone, name_alone_row};
use crate::item::rows::problem_row;
use crate::verdict::Verdict;

/// Writes all that was found before the streams: problems, volumes, file systems, counts, directories, deleted names.
pub(crate) fn write_found<'i>(
    writer: &mut ImageWriter<'_>,
    opened: &'i EvidenceImage,
    looks: Vec<(ReadableFileSystem<'i>, FirstLook)>,
    verdict: &mut Verdict,
) -> Result<Vec<IndexedFileSystem<'i>>, ScanError> {
    for problem in opened.image.problems.iter().chain(&opened.division.problems) {
        write_problem(writer, None, &problem_row(problem, None, |at| at), verdict)?;
    }
    let volumes = write_volumes(writer, opened)?;
    let mut looks = looks.into_iter();
    let mut indexed = Vec::new();
    for volume in &opened.volumes {
        let row = volumes.get(volume.ordinal).copied().unwrap_or(VolumeId::NONE);
        let medium = OnMedium { extents: &volume.volume.extents };
        if let Some(problem) = volume.without_files(&mut Scratch::new()) {
            write_problem(writer, None, &problem_row(&problem, None, |at| medium.at(at)), verdict)?;
        }
        for found in &volume.file_systems {
            // In the order that `readable` gives them.
            let look =
                if matches!(found.state, FileSystemState::Open(_)) { looks.next() } else { None };
            indexed.extend(write_file_system(writer, (row, volume), found, look, verdict)?);
        }
    }
    Ok(indexed)
}

/// Writes a file system: what its first look found, or why it is closed.
fn write_file_system<'i>(
    writer: &mut ImageWriter<'_>,
    (row, volume): (VolumeId, &'i OpenVolume),
    found: &OpenFileSystem,
    look: Option<(ReadableFileSystem<'i>, FirstLook)>,
    verdict: &mut Verdict,
) -> Result<Option<IndexedFileSystem<'i>>, ScanError> {
    let id = writer.file_system(row, &file_system_row(found))?;
    if let FileSystemState::Closed(problem) = &found.state {
        let medium = OnMedium { extents: &volume.volume.extents };
        let problem = problem_row(problem, None, |at| medium.at(at));
        write_problem(writer, Some(id), &problem, verdict)?;
    }
    let Some((readable, first_look)) = look else { return Ok(None) };
    let mut indexed = IndexedFileSystem::new(id, readable.file_system, volume, first_look);
    write_first_look(writer, &mut indexed, verdict)?;
    Ok(Some(indexed))
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

fn write_volumes(
    writer: &mut ImageWriter<'_>,
    opened: &EvidenceImage,
) -> Result<Vec<VolumeId>, ScanError> {
    let mut rows = Vec::new();
    for (ordinal, volume) in opened.division.volumes.iter().enumerate() {
        let extents = (volume.extents.len() > 1).then(|| {
            let list: Vec<_> =
                volume.extents.iter().map(|extent| [extent.start, extent.length]).collect();
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

/// Writes problems, counts, directories and lone names of a file system; the directories get their rows.
fn write_first_look(
    writer: &mut ImageWriter<'_>,
    indexed: &mut IndexedFileSystem<'_>,
    verdict: &mut Verdict,
) -> Result<(), ScanError> {
    let row = indexed.row;
    let medium = indexed.on_medium();
    let look = &indexed.first_look;
    for problem in &look.problems {
        write_problem(writer, Some(row), &problem_row(problem, None, |at| medium.at(at)), verdict)?;
    }
    for problem in &look.claims.of_volume {
        write_problem(writer, Some(row), problem, verdict)?;
    }
    for tally in &look.census.tallies {
        writer.tally(row, tally.what, tally.expected, look.counted)?;
        let differs = u64::from(tally.expected != look.counted);
        verdict.unreconciled = verdict.unreconciled.saturating_add(differs);
    }
    for owner in &look.census.owners {
        writer.security_owner(row, owner.security_id, &owner.sid)?;
    }
    writer.unallocated(row, look.unallocated_bytes)?;
    let directories = look.tree.paths().iter().map(|path| writer.directory(row, path));
    let directories = directories.collect::<Result<Vec<_>, _>>()?;
    indexed.directories = directories;
    write_lone_names(writer, indexed, verdict)
}

/// Writes the names without a record.
fn write_lone_names(
    writer: &mut ImageWriter<'_>,
    indexed: &IndexedFileSystem<'_>,
    verdict: &mut Verdict,
) -> Result<(), ScanError> {
    let row = indexed.row;
    let medium = indexed.on_medium();
    let mut in_use_alone = InUseAlone::default();
    for name in indexed.first_look.tree.deleted_names() {
        writer.entry(row, &name_alone_row(&name, &indexed.directories, &medium))?;
        if let Some(problem) = in_use_alone.problem(&name) {
            write_problem(
                writer,
                Some(row),
                &problem_row(&problem, None, |at| medium.at(at)),
                verdict,
            )?;
        }
    }
    Ok(())
}

/// Writes a problem, and counts it when it is damage.
pub(crate) fn write_problem(
    writer: &mut ImageWriter<'_>,
    file_system: Option<FileSystemId>,
    problem: &ProblemRow,
    verdict: &mut Verdict,
) -> Result<(), ScanError> {
    verdict.damages = verdict.damages.saturating_add(u64::from(problem.damage));
    Ok(writer.problem(file_system, problem)?)
}
