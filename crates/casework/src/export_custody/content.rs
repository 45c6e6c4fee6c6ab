//! The files of an export beside the record: the case as a document, and the list of files of each image.

use case_store::CaseFile;
use custody::{ExportError, ExportOutput, ExportWriter, Tool};

use super::{case_document, file_list};
use crate::CaseworkError;

/// What goes into an export beside the record itself. It is written first: the entry about the export names its digests.
pub(super) struct Content<'e> {
    pub(super) origin: &'e str,
    pub(super) authority: Option<&'e str>,
    pub(super) files: bool,
    pub(super) tool: &'e Tool,
    /// The number of entries that the document tells.
    pub(super) size: u64,
}

pub(super) fn failed(error: ExportError) -> CaseworkError {
    CaseworkError::Check(format!("export: {error}"))
}

impl Content<'_> {
    pub(super) fn write<O: ExportOutput>(
        &self,
        export: &mut ExportWriter<O>,
        case: &mut CaseFile,
    ) -> Result<(), CaseworkError> {
        let mut entries = case.ledger().entries()?;
        entries.retain(|entry| entry.seq <= self.size);
        let document = case_document::collect(case, self.origin, self.authority)?;
        export.payload("data/case.jsonld", |out| document.write(out, &entries)).map_err(failed)?;
        if !self.files {
            return Ok(());
        }
        for image in case.images()? {
            let path = format!("data/files/{image:03}.dfxml");
            let list = |out: &mut dyn std::io::Write| file_list::write(out, case, image, self.tool);
            export.payload(&path, list).map_err(failed)?;
        }
        Ok(())
    }
}
