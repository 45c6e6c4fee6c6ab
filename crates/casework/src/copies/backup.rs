//! Copies a case into a file of its own, while it is in use.

use std::path::{Path, PathBuf};

use case_model::{CaseId, RecordName};
use case_store::{CaseFile, StoreError, file_digest};
use custody::Head;
use custody::content::{BackupContent, DecimalText};
use lab::Lab;

use super::check::examine;
use crate::quantities::{bytes, short_time};
use crate::{CaseworkError, Session, Signature};

/// A copy that was made, checked, and put in its place.
#[derive(Clone, Debug)]
pub struct Backup {
    /// The file.
    pub place: PathBuf,
    /// Its digest.
    pub sha256: [u8; 32],
    /// Its size.
    pub bytes: u64,
    /// The last entry of its ledger.
    pub head: Head,
    /// Ledgers that could not record it, and why.
    pub unrecorded: Vec<String>,
}

/// What is told while a copy is made.
#[derive(Clone, Debug)]
pub enum BackupNotice {
    /// The last entries are not signed in the copy, because of this.
    Unsigned(String),
}

/// A copy that is in its place.
struct FinishedCopy {
    place: PathBuf,
    sha256: [u8; 32],
    bytes: u64,
    head: Head,
}

impl Session {
    /// Copies a case into the file `to`, or into a file in the folder `to` that is named by case and time. Records it in the lab's ledger and
    /// in the case's.
    ///
    /// # Errors
    /// Why there is no copy. A copy that a ledger could not record is no error: see [`Backup::unrecorded`].
    pub fn back_up(
        &mut self,
        id: &CaseId,
        to: &Path,
        notice: &mut dyn FnMut(&BackupNotice),
    ) -> Result<Backup, CaseworkError> {
        // What was not recorded cannot be told from somebody's own copy.
        self.must_be_writable()?;
        self.case(id)?;
        let author = self.author();
        let place = place(self.lab(), id, to, &short_time(author.now()))?;
        if let Some(why) = self.sign_before_copy(id)? {
            notice(&BackupNotice::Unsigned(why));
        }
        let started = author.now();
        let lab = self.lab().clone();
        let made = copy(&lab, self.case(id)?, place)?;
        let entry = || {
            let content = BackupContent {
                to: made.place.to_string_lossy().into_owned(),
                head: made.head.hash,
                entries: made.head.seq,
                sha256: made.sha256,
                bytes: DecimalText(made.bytes),
            };
            author.entry_since(content, started).case(id.as_str())
        };
        // After the act, for an entry says what was done. The lab's first: a scan may keep the case's own ledger for a while.
        let mut unrecorded = Vec::new();
        if let Err(why) = self.append(&RecordName::Lab, entry()) {
            unrecorded.push(format!("the lab's ledger does not say so: {why}"));
        }
        if let Err(why) = self.append(&RecordName::Case(id.clone()), entry()) {
            unrecorded.push(format!("the case's ledger does not say so: {why}"));
        }
        let FinishedCopy { place, sha256, bytes, head } = made;
        Ok(Backup { place, sha256, bytes, head, unrecorded })
    }

    /// Signs what the ledger holds so far, so that the copy can prove itself. A scan, which keeps the ledger to itself most of the time, or a
    /// key that is not at hand, does not hold the copy up: it is then signed up to an earlier entry, and the lab's ledger names it by its
    /// digest. Returns why it is not signed.
    fn sign_before_copy(&mut self, id: &CaseId) -> Result<Option<String>, CaseworkError> {
        const SCANNED: &str = "a scan is writing to the case";
        if self.lab().is_being_scanned(id)? {
            return Ok(Some(SCANNED.to_owned()));
        }
        match self.sign(&RecordName::Case(id.clone())) {
            Ok(Signature::Unsigned(unsigned)) => Ok(Some(unsigned.why)),
            Ok(_) => Ok(None),
            Err(busy) if busy.is_busy() => Ok(Some(SCANNED.to_owned())),
            Err(other) => Err(other),
        }
    }
}

/// Returns the file to write. Not in the folder of the cases, where it would be taken for one.
fn place(lab: &Lab, id: &CaseId, to: &Path, now: &str) -> Result<PathBuf, CaseworkError> {
    let place = match to.is_dir() {
        true => {
            let time: String =
                now.chars().map(|c| if c.is_ascii_digit() { c } else { '-' }).collect();
            to.join(format!("{id}.{}.athar-backup", time.trim_end_matches('-')))
        }
        false => to.to_owned(),
    };
    let place = std::path::absolute(&place)
        .map_err(|error| CaseworkError::Request(format!("{}: {error}", place.display())))?;
    if place.symlink_metadata().is_ok() {
        return Err(CaseworkError::Request(format!(
            "{}: there is a file of that name, and backups never overwrite one; take another name",
            place.display()
        )));
    }
    let folder = place.parent().unwrap_or(Path::new("/"));
    let folder_of_cases = lab.cases_folder();
    match (folder.canonicalize(), folder_of_cases.canonicalize()) {
        (Ok(folder), Ok(cases)) if folder == cases => Err(CaseworkError::Request(format!(
            "{}: this is where the lab keeps its cases; put the copy elsewhere, best on another disk",
            place.display()
        ))),
        (Err(error), _) => Err(CaseworkError::Request(format!("{}: {error}", folder.display()))),
        _ => Ok(place),
    }
}

/// Makes the copy, checks it, and puts it in its place.
fn copy(lab: &Lab, case: &mut CaseFile, place: PathBuf) -> Result<FinishedCopy, CaseworkError> {
    let size = std::fs::metadata(case.path()).map_or(0, |file| file.len());
    let no_room = |error: StoreError| match error.is_disk_full() {
        true => CaseworkError::Check(format!(
            "{}: no room for the copy, which needs about {}; nothing was left there. Free some space, or take another disk",
            place.display(),
            bytes(size)
        )),
        false => error.into(),
    };
    let copy = case.copy(&place).map_err(no_room)?;
    let health = examine(lab, CaseFile::open_copy(copy.path()), false)?;
    let head = health.verdict.as_ref().map(|verdict| verdict.reading.head());
    let (Some(head), true) = (head, health.faults.is_empty()) else {
        return Err(CaseworkError::Check(format!(
            "the copy of case {} is not sound, and nothing was kept of it: {}. `athar case check {}` tells whether the case itself is",
            case.id(),
            health.faults.join("; "),
            case.id()
        )));
    };
    let same = case.ledger().entry(head.seq)?.is_some_and(|entry| entry.hash == head.hash);
    if !same && head.seq > 0 {
        return Err(CaseworkError::Check(format!(
            "the ledger of the copy is not the beginning of that of case {}",
            case.id()
        )));
    }
    let (sha256, bytes) = file_digest(copy.path())?;
    copy.put_in_place(&place).map_err(no_room)?;
    Ok(FinishedCopy { place, sha256, bytes, head })
}
