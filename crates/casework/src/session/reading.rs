//! Reading where nothing can be written: a lab on a read-only medium, the file of a case alone.

use std::path::{Path, PathBuf};

use case_model::RecordName;
use case_store::CaseFile;
use custody::EntryBody;
use lab::Lab;

use super::Session;
use crate::{Author, CaseworkError, KeyHolder};

impl Session {
    /// Opens the file of a case, or a copy of one, without a lab: to read it. Nothing is written, not even beside it.
    ///
    /// # Errors
    /// As [`CaseFile::open_alone`].
    pub fn of_lone_case(
        path: &Path,
        author: Author,
        holder: Box<dyn KeyHolder>,
    ) -> Result<Self, CaseworkError> {
        let id = CaseFile::open_copy(path)?.id().clone();
        Ok(Self::of_lab(Lab::of_lone_case(id, path), author, holder))
    }

    /// Returns whether nothing can be written: acts are refused, questions are answered and recorded nowhere.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Returns how many answers are recorded nowhere, because nothing can be written.
    #[must_use]
    pub const fn unrecorded(&self) -> u64 {
        self.unrecorded
    }

    /// Returns where nothing can be written: the lab's folder, or the file of the case that is looked at alone.
    #[must_use]
    pub fn read_only_place(&self) -> PathBuf {
        let lone =
            self.lab.cases().ok().and_then(|cases| cases.first().map(|id| self.lab.case_path(id)));
        match self.lab.is_lone_case() {
            true => lone.unwrap_or_default(),
            false => self.lab.folder().to_owned(),
        }
    }

    /// Refuses an act where nothing can be written.
    pub(crate) fn must_be_writable(&self) -> Result<(), CaseworkError> {
        match self.read_only {
            true => Err(CaseworkError::ReadOnly { lab: self.read_only_place() }),
            false => Ok(()),
        }
    }

    /// Records that an answer was given. Where nothing can be written it is counted, and the end of the command says so.
    pub(crate) fn record_answer(
        &mut self,
        name: &RecordName,
        entry: EntryBody,
    ) -> Result<(), CaseworkError> {
        if self.read_only {
            self.unrecorded += 1;
            return Ok(());
        }
        self.append(name, entry).map(drop)
    }
}
