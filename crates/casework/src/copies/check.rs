//! Checks a case, or a copy of one, without changing anything.

use std::path::{Path, PathBuf};

use case_model::{CaseId, to_hex};
use case_store::{CaseFile, StoreError, file_digest};
use custody::{Act, EntryView};
use lab::Lab;

use crate::judge::{Outside, Verdict, judge};
use crate::judged_ledger::{JudgedLedger, Scope};
use crate::session::own_ledger_as_it_is;
use crate::{CaseworkError, Session};

/// What was found.
#[derive(Debug)]
pub struct Health {
    /// Everything that is wrong.
    pub faults: Vec<String>,
    /// Worth knowing.
    pub remarks: Vec<String>,
    /// What the ledger says; `None` when it could not be read.
    pub verdict: Option<Verdict>,
    /// The file's layout, and this program's.
    pub layout: (i64, i64),
    /// Tables with their numbers of rows.
    pub rows: Vec<(String, u64)>,
}

impl Health {
    /// Returns whether everything could be compared.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.layout.0 == self.layout.1
    }
}

/// A file that was checked.
#[derive(Debug)]
pub struct CheckedFile {
    /// The file.
    pub path: PathBuf,
    /// What was found.
    pub health: Health,
    /// The digest of the file, if it is a copy.
    pub sha256: Option<[u8; 32]>,
}

/// What the lab's ledger says of a copy.
enum CopyRecord {
    /// It is the file that this entry names, byte for byte.
    Same(u64),
    /// This entry names a copy with the same ledger, and this file is another one.
    Changed(u64),
    /// No entry names it.
    Unknown,
}

impl Session {
    /// Checks a case of the lab, or the file of a copy. A case of that name comes first.
    ///
    /// # Errors
    /// That neither is there. What keeps the file from being read is a fault in the answer.
    pub fn check_case(&mut self, what: &str) -> Result<CheckedFile, CaseworkError> {
        let lab = self.lab();
        if let Some(id) = CaseId::new(what).ok().filter(|id| lab.case_path(id).exists()) {
            let path = lab.case_path(&id);
            let trusted = !lab.is_lone_case();
            let health = examine(lab, CaseFile::look_at(&path, &id), trusted)?;
            return Ok(CheckedFile { path, health, sha256: None });
        }
        let path = PathBuf::from(what);
        if !path.exists() {
            return Err(match CaseId::new(what) {
                Ok(id) => self.unknown_case(&id)?,
                Err(_) => StoreError::NotFound(path).into(),
            });
        }
        let (health, sha256) = examine_file(lab, &path)?;
        Ok(CheckedFile { path, health, sha256: Some(sha256) })
    }
}

/// Examines the file of a copy, and compares it with what the lab recorded of it.
pub(super) fn examine_file(lab: &Lab, path: &Path) -> Result<(Health, [u8; 32]), CaseworkError> {
    let (digest, _) = file_digest(path)?;
    let mut health = examine(lab, CaseFile::open_copy(path), false)?;
    if lab.is_lone_case() {
        return Ok((health, digest));
    }
    match on_record(lab, &digest, &health)? {
        CopyRecord::Same(seq) => {
            health.remarks.push(format!("byte for byte the copy that entry {seq} of the lab's ledger names"));
        }
        CopyRecord::Changed(seq) => health.faults.push(format!(
            "entry {seq} of the lab's ledger names this copy with another SHA-256: the file was changed or damaged since"
        )),
        CopyRecord::Unknown => health.remarks.push("no entry of the lab's ledger names this file".to_owned()),
    }
    Ok((health, digest))
}

/// Examines a case file that was opened to look at. What keeps it from being read is a fault of it, unless only the place is at fault: nothing
/// can be written there.
pub(super) fn examine(
    lab: &Lab,
    case: Result<CaseFile, StoreError>,
    trusted: bool,
) -> Result<Health, CaseworkError> {
    let mut health = Health {
        faults: Vec::new(),
        remarks: Vec::new(),
        verdict: None,
        layout: (0, 0),
        rows: Vec::new(),
    };
    let read =
        case.map_err(CaseworkError::from).and_then(|case| read(lab, case, trusted, &mut health));
    if let Err(error) = read {
        if matches!(&error, CaseworkError::Store(store) if store.is_of_read_only_place()) {
            return Err(error);
        }
        health.faults.push(format!("it cannot be read: {error}"));
    }
    Ok(health)
}

fn read(
    lab: &Lab,
    case: CaseFile,
    trusted: bool,
    health: &mut Health,
) -> Result<(), CaseworkError> {
    health.layout = case.layout()?;
    let whole = health.is_whole();
    if !whole {
        health.remarks.push(format!(
            "it has the older layout {} (this program writes {}): its index is not compared",
            health.layout.0, health.layout.1
        ));
    }
    let mut judged = JudgedLedger::of_case(lab, case, Scope { trusted, index: whole });
    // The ledger first: what the lab knows of it is read before it, and may only be older.
    let verdict = judge(&mut judged, &Outside::default());
    if let Some(case) = judged.case() {
        health.faults.extend(case.database_faults()?);
        health.rows = case.row_counts()?;
    }
    let verdict = verdict?;
    health.faults.extend(verdict.findings.iter().cloned());
    health.remarks.extend(verdict.remarks.iter().cloned());
    health.verdict = Some(verdict);
    Ok(())
}

/// Looks for a copy in the lab's ledger: by its digest, else by the last entry of its ledger.
fn on_record(lab: &Lab, digest: &[u8; 32], health: &Health) -> Result<CopyRecord, CaseworkError> {
    let digest = to_hex(digest);
    let head = health.verdict.as_ref().map(|verdict| to_hex(&verdict.reading.head().hash));
    let mut found = CopyRecord::Unknown;
    own_ledger_as_it_is(lab)?.ledger().each(&mut |entry| {
        let Some(view) = EntryView::read(&entry).filter(|view| view.act() == Some(Act::Backup))
        else {
            return true;
        };
        if view.sha256() == Some(digest.as_str()) {
            found = CopyRecord::Same(entry.seq);
            return false;
        }
        if head.as_deref().is_some_and(|head| view.head() == Some(head)) {
            found = CopyRecord::Changed(entry.seq);
        }
        true
    })?;
    Ok(found)
}
