//! Exports the record of a case as a folder or zip file that verifies without this program.

mod case_document;
mod content;
mod file_list;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use case_model::{CaseId, RecordName};
use custody::content::ExportLogContent;
use custody::{Folder, ZipOutput};
use lab::make_durable;

use self::content::Content;
use crate::{CaseworkError, Session};

/// What to export, and where to.
#[derive(Clone, Debug)]
pub struct CustodyExport {
    /// The case.
    pub case: CaseId,
    /// The new folder, or the new file when the name ends in `.zip`.
    pub out: PathBuf,
    /// What authorises the work: kind and number, with a colon between.
    pub authority: Option<String>,
    /// With the list of files (DFXML).
    pub files: bool,
}

impl Session {
    /// Exports the record of a case. Returns the number of entries in the export.
    ///
    /// # Errors
    /// Why there is no export; what was written of it is taken away.
    pub fn export_custody(&mut self, export: &CustodyExport) -> Result<u64, CaseworkError> {
        let out = &export.out;
        if out.exists() {
            return Err(CaseworkError::Request(format!(
                "{} exists; an export is written into a new folder or file",
                out.display()
            )));
        }
        let name = RecordName::Case(export.case.clone());
        // The export holds the entry that tells of it, and a checkpoint over that.
        let verified = self.record(&name)?.verified;
        let entry = ExportLogContent {
            to: out.display().to_string(),
            size: verified.head().seq,
            root: verified.root(),
        };
        let origin = verified.origin().to_owned();
        let entry = self.author().entry(entry);
        self.append(&name, entry)?;
        let last = self.signed_checkpoint(&name)?;
        let size = last.checkpoint().size();
        let content = Content {
            origin,
            key: self.lab_key()?,
            last,
            authority: export.authority.clone(),
            files: export.files,
            organization: self.lab().settings().name.clone(),
            author: self.author(),
        };
        let case = self.case(&export.case)?;
        let written = match out.extension().is_some_and(|end| end == "zip") {
            true => content.write_zip(out, case),
            false => content.write(Folder::new(out), case).map(drop),
        };
        let durable = |()| make_durable(out).map_err(|error| not_written(out, &error));
        if let Err(error) = written.and_then(durable) {
            // It did not exist before: what is there is ours and is half of an export.
            let _ = if out.is_dir() { fs::remove_dir_all(out) } else { fs::remove_file(out) };
            return Err(error);
        }
        Ok(size)
    }
}

fn not_written(out: &Path, error: &io::Error) -> CaseworkError {
    CaseworkError::Check(format!("{}: {error}", out.display()))
}

impl Content {
    fn write_zip(&self, out: &Path, case: &mut case_store::CaseFile) -> Result<(), CaseworkError> {
        let output = ZipOutput::create(out).map_err(|error| not_written(out, &error))?;
        self.write(output, case)?.finish().map_err(|error| not_written(out, &error))
    }
}
