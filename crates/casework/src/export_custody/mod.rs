//! Exports the record of a case as a folder or zip file that verifies without this program.

mod case_document;
mod content;
mod file_list;
mod record;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use case_model::{CaseId, RecordName};
use custody::content::ExportLogContent;
use custody::{ExportOutput, ExportWriter, Folder, SignedCheckpoint, ZipOutput};
use lab::make_durable;

use self::content::Content;
use self::record::Record;
use crate::{CaseworkError, Session, Signature};

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
        // Without the key there is no export: known before an entry tells of one.
        self.lab_key()?;
        let written = match out.extension().is_some_and(|end| end == "zip") {
            true => self.write_zip(export),
            false => self.write_export(Folder::new(out), export).map(|(_, size)| size),
        };
        let durable =
            |size| make_durable(out).map(|()| size).map_err(|error| not_written(out, &error));
        written.and_then(durable).inspect_err(|_| {
            // It did not exist before: what is there is ours and is half of an export.
            let _ = if out.is_dir() { fs::remove_dir_all(out) } else { fs::remove_file(out) };
        })
    }

    /// Writes the content, the entry that names its digests, and the record with that entry and a checkpoint over it.
    fn write_export<O: ExportOutput>(
        &mut self,
        output: O,
        export: &CustodyExport,
    ) -> Result<(O, u64), CaseworkError> {
        let name = RecordName::Case(export.case.clone());
        let author = self.author();
        let verified = self.record(&name)?.verified;
        let size = verified.head().seq;
        let root = verified.root();
        let origin = verified.origin().to_owned();
        let mut writer = ExportWriter::new(output, &origin);
        let content = Content {
            origin: &origin,
            authority: export.authority.as_deref(),
            files: export.files,
            tool: &author.tool,
            size,
        };
        content.write(&mut writer, self.case(&export.case)?)?;
        let (content_files, digest) = writer.content();
        let to = export.out.display().to_string();
        let content_files = Some(content_files);
        let digest = Some(digest);
        let entry =
            author.entry(ExportLogContent { to, size, root, content_files, content: digest });
        self.append(&name, entry)?;
        let record = Record {
            key: self.lab_key()?,
            last: self.checkpoint_of_last_act(&name)?,
            organization: self.lab().settings().name.clone(),
            author,
        };
        let size = record.last.checkpoint().size();
        let output = record.write(writer, self.case(&export.case)?)?;
        Ok((output, size))
    }

    fn write_zip(&mut self, export: &CustodyExport) -> Result<u64, CaseworkError> {
        let out = &export.out;
        let output = ZipOutput::create(out).map_err(|error| not_written(out, &error))?;
        let (output, size) = self.write_export(output, export)?;
        output.finish().map_err(|error| not_written(out, &error))?;
        Ok(size)
    }

    /// Returns the checkpoint that the last act was signed with. Another program may have signed more since.
    fn checkpoint_of_last_act(
        &mut self,
        name: &RecordName,
    ) -> Result<SignedCheckpoint, CaseworkError> {
        match self.signatures().get(name) {
            Some(Signature::Made(signed)) => Ok(signed.clone()),
            _ => self.signed_checkpoint(name),
        }
    }
}

fn not_written(out: &Path, error: &io::Error) -> CaseworkError {
    CaseworkError::Check(format!("{}: {error}", out.display()))
}
