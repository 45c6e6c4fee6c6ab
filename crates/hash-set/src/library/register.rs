//! Importing a file as a set: compiled beside its place, then renamed into it.

use std::fs::{self, File};
use std::path::Path;

use byte_source::length;

use super::error::HashSetError;
use super::open::Library;
use super::set_file::{SetFile, folder_name};
use crate::compiled::{BuildError, Hset, build, hset_file};
use crate::import::{Collected, collect};
use crate::{
    ImportError, ImportNote, ImportOptions, ImportReport, Outcome, Progress, SetInfo, Stage, Tally,
};

/// Moves a set that is complete to its place. Returns whether it was added.
fn put_in_place(unfinished: tempfile::TempDir, place: &Path) -> Result<Outcome, HashSetError> {
    make_private(unfinished.path()).map_err(HashSetError::io(unfinished.path()))?;
    // Crash before the rename: a leftover. After it: the set is complete, every file of it was synced before.
    match fs::rename(unfinished.path(), place) {
        Ok(()) => {
            drop(unfinished.keep());
            Ok(Outcome::Added)
        }
        // Another process imported the same content in the meantime.
        Err(_) if place.is_dir() => Ok(Outcome::AlreadyThere),
        Err(error) => Err(HashSetError::io(place)(error)),
    }
}

impl Library {
    /// Imports `source` as a set. The set is registered whole or not at all: after an error, or a crash at any moment, the library
    /// is as before: a leftover folder is ignored, and taken away by the next import. When a set with the same content and
    /// meaning is already there, nothing is added and the report says so.
    ///
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn import(
        &mut self,
        source: &Path,
        options: &ImportOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ImportReport, ImportError> {
        let leftovers = Self::remove_leftovers(&self.folder)?;
        let (unfinished, _lock) = self.unfinished_folder()?;
        let collected = collect(source, options, unfinished.path(), progress)?;
        let (mut report, rejections) = compile(unfinished.path(), collected, options, progress)?;
        if !leftovers.is_empty() {
            report.notes.push(ImportNote::LeftoversRemoved { count: length(leftovers.len()) });
        }
        if let Some(there) = self.infos.iter().find(|info| info.digest == report.set.digest) {
            report.outcome = Outcome::AlreadyThere;
            report.set = there.clone();
            // Whoever brought it may have failed in seeing that it lasts.
            self.sync_folder()?;
            return Ok(report);
        }
        if options.stop.is_requested() {
            return Err(ImportError::Stopped);
        }
        SetFile::write(unfinished.path(), report.set.clone(), rejections, options.beside)
            .map_err(HashSetError::io(unfinished.path()))?;
        check_compiled(unfinished.path(), &report.set)?;
        let place = self.folder.join(folder_name(&report.set.digest));
        report.outcome = put_in_place(unfinished, &place)?;
        self.sync_folder()?;
        self.add(&place)?;
        self.renew_versions();
        Ok(report)
    }

    fn sync_folder(&self) -> Result<(), HashSetError> {
        let folder = File::open(&self.folder);
        folder.and_then(|folder| folder.sync_all()).map_err(HashSetError::io(&self.folder))
    }
}

/// Compiles what was collected; the report says "added" until it is known better.
fn compile(
    folder: &Path,
    collected: Collected,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<(ImportReport, Vec<crate::Rejection>), ImportError> {
    let Collected { sorter, facts, mut notes, rejections, records, rejected, empty_files, .. } =
        collected;
    let Collected { source, companions, format, earlier_duplicates, .. } = collected;
    let mut each = |done: u64| {
        if !done.is_multiple_of(1 << 14) {
            return Ok(());
        }
        progress(Progress { stage: Stage::Compiling, done, total: records });
        if options.stop.is_requested() { Err(BuildError::Stopped) } else { Ok(()) }
    };
    let memory_bytes = options.memory_bytes / 2;
    let built =
        build(folder, sorter, &facts.category_scheme, memory_bytes, options.beside, &mut each)?;
    if built.names_left_out > 0 {
        notes.push(ImportNote::NamesLeftOut { count: built.names_left_out });
    }
    let tally = Tally {
        entries: built.entries,
        duplicates: built.duplicates.saturating_add(earlier_duplicates),
        rejected,
        empty_files,
    };
    let set = SetInfo {
        digest: built.content_digest,
        name: facts.name,
        version: facts.version,
        publisher: facts.publisher,
        released: facts.released,
        imported_at_ns: options.imported_at_ns,
        imported_by: options.imported_by.clone(),
        licence: facts.licence,
        handling: facts.handling,
        disposition: facts.disposition,
        category_scheme: facts.category_scheme,
        format,
        source,
        companions,
        digests: built.digests,
        tally,
    };
    let report =
        ImportReport { set, outcome: Outcome::Added, tally, rejections: rejections.clone(), notes };
    Ok((report, rejections))
}

/// Reads the digests back and compares them with their header: what is registered is what was compiled.
fn check_compiled(folder: &Path, set: &SetInfo) -> Result<(), HashSetError> {
    for count in &set.digests {
        let path = folder.join(hset_file(count.algorithm));
        let checked = Hset::verify_file(&path).map_err(HashSetError::io(&path))?;
        checked.map_err(|fault| HashSetError::damaged(&path, fault))?;
    }
    Ok(())
}

/// Files of a set are for their owner only.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for entry in fs::read_dir(folder)? {
        fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o600))?;
    }
    File::open(folder)?.sync_all()
}
