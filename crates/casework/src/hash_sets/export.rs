//! Hands a hash set out of the lab. Sets may be restricted: the ledger knows that one left.

use std::path::Path;

use case_model::RecordName;
use custody::content::{DecimalText, SetExportContent};
use hash_set::{ExportFormat, Exported, Library, SetInfo};
use lab::make_durable;

use crate::{CaseworkError, Session};

impl Session {
    /// Writes a set into a file and records that.
    ///
    /// # Errors
    /// What keeps the file or the entry from being written.
    pub fn export_set(
        &mut self,
        library: &Library,
        set: &SetInfo,
        format: ExportFormat,
        to: &Path,
    ) -> Result<Exported, CaseworkError> {
        let exported = library
            .export(&set.digest, format, to)
            .map_err(|error| CaseworkError::Check(error.to_string()))?;
        make_durable(to)
            .map_err(|error| CaseworkError::Check(format!("{}: {error}", to.display())))?;
        let content = SetExportContent {
            text: format!("hash set {} was exported", set.name),
            set: set.name.clone(),
            version: set.version.clone(),
            set_digest: set.digest,
            handling: set.handling.clone(),
            to: to.to_string_lossy().into_owned(),
            entries: DecimalText(exported.written),
        };
        let entry = self.author().entry(content);
        self.append(&RecordName::Lab, entry)?;
        Ok(exported)
    }
}
