//! The lab's folder: where cases, hash sets, keys and the lab's own ledger are.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use case_model::CaseId;
use custody::{EntryBody, StoredEntry};
use serde::{Deserialize, Serialize};

use crate::{CaseFile, LedgerFile, Migration, RecordName, StoreError};

/// The lab's settings: `lab.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabSettings {
    /// Name for people.
    pub name: String,
    /// Name in checkpoints: must be unique among all labs.
    pub origin: String,
    /// IANA time zone that times are shown in.
    pub zone: String,
    /// Language of texts for people: `en`, `fr`, `ar`.
    pub language: String,
}

/// A lab's folder.
#[derive(Clone, Debug)]
pub struct Lab {
    folder: PathBuf,
    settings: LabSettings,
    /// Ledgers that were opened for work, by this value and its clones.
    opened: Arc<Mutex<BTreeSet<RecordName>>>,
    /// Files that were brought to a newer layout, by this value and its clones.
    migrations: Arc<Mutex<Vec<Migration>>>,
}

const SETTINGS: &str = "lab.toml";
const LEDGER: &str = "ledger.db";
const CASES: &str = "cases";
const HASH_SETS: &str = "hash-sets";
const KEYS: &str = "keys";

impl Lab {
    /// Opens the lab in `folder`; makes it with `settings` when there is none. The second value tells whether it was made. Two
    /// programs that start at once on a new folder make one lab: the second waits for the first.
    ///
    /// # Errors
    /// What the operating system says, or that `lab.toml` cannot be read.
    pub fn open_or_create(
        folder: &Path,
        settings: impl FnOnce() -> LabSettings,
    ) -> Result<(Self, bool), StoreError> {
        crate::file_place::refuse_remote(folder)?;
        make_folder(folder)?;
        let _lock = lock(folder)?;
        let path = folder.join(SETTINGS);
        let created = !path.exists();
        if created {
            for part in [CASES, HASH_SETS, KEYS] {
                make_folder(&folder.join(part))?;
            }
            write_settings(&path, &settings())?;
        }
        Ok((Self::open(folder)?, created))
    }

    /// Opens the lab in `folder`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none; that `lab.toml` cannot be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        crate::file_place::refuse_remote(folder)?;
        let path = folder.join(SETTINGS);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::NoLab(folder.to_owned()));
            }
            Err(error) => return Err(io_error(&path, error)),
        };
        let settings = toml::from_str(&text)
            .map_err(|error| StoreError::Settings { path, reason: error.to_string() })?;
        Ok(Self { folder: folder.to_owned(), settings, opened: Arc::default(), migrations: Arc::default() })
    }

    /// Locks the lab for a step that only one program may do at a time (to make its key), as long as what it gives lives.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn lock(&self) -> Result<File, StoreError> {
        lock(&self.folder)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &LabSettings {
        &self.settings
    }

    /// The folder of the hash sets.
    #[must_use]
    pub fn hash_sets(&self) -> PathBuf {
        self.folder.join(HASH_SETS)
    }

    /// The folder of the keys.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.folder.join(KEYS)
    }

    /// The lab's own ledger.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it does not fit the last known checkpoint, and what the operating system or SQLite says.
    pub fn ledger(&self) -> Result<LedgerFile, StoreError> {
        let mut ledger = self.ledger_as_it_is()?;
        let kept = self.last_known(&RecordName::Lab)?;
        ledger.ledger().checked(&RecordName::Lab, kept.as_ref())?;
        self.note_opened(RecordName::Lab);
        Ok(ledger)
    }

    /// Makes the lab's own ledger with its first entry, unless it is there. A ledger that is gone is not made anew.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn begin_ledger(&self, first: impl FnOnce() -> EntryBody) -> Result<(), StoreError> {
        let path = self.folder.join(LEDGER);
        if path.exists() || self.last_known(&RecordName::Lab)?.is_some() {
            return Ok(());
        }
        match LedgerFile::begin(&path, &first()) {
            Err(StoreError::Exists(_)) => Ok(()),
            other => other,
        }
    }

    /// The lab's own ledger, whatever the last known checkpoint says: only to look at it.
    ///
    /// # Errors
    /// [`StoreError::NoLab`] when the lab was never begun; what the operating system or SQLite says.
    pub fn ledger_as_it_is(&self) -> Result<LedgerFile, StoreError> {
        if !self.folder.join(LEDGER).exists() && self.last_known(&RecordName::Lab)?.is_none() {
            return Err(StoreError::NoLab(self.folder.clone()));
        }
        let ledger = LedgerFile::open_or_create(&self.folder.join(LEDGER))?;
        self.note_migration(ledger.migration());
        Ok(ledger)
    }

    /// The files that were brought to a newer layout since the lab was opened.
    #[must_use]
    pub fn migrations(&self) -> Vec<Migration> {
        self.migrations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_migration(&self, migration: Option<&Migration>) {
        self.migrations.lock().unwrap_or_else(PoisonError::into_inner).extend(migration.cloned());
    }

    /// The ledgers that were opened for work since the lab was opened.
    #[must_use]
    pub fn opened(&self) -> BTreeSet<RecordName> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_opened(&self, record: RecordName) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(record);
    }

    /// The file of a case.
    #[must_use]
    pub fn case_path(&self, id: &CaseId) -> PathBuf {
        self.folder.join(CASES).join(format!("{id}.db"))
    }

    /// Opens a case for work.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when its ledger does not fit the last known checkpoint: it was cut off, rewritten, or the file is an older
    /// copy. Else as [`CaseFile::open`].
    pub fn open_case(&self, id: &CaseId) -> Result<CaseFile, StoreError> {
        let mut case = self.open_case_as_it_is(id)?;
        let record = RecordName::Case(id.clone());
        let kept = self.last_known(&record)?;
        case.ledger().checked(&record, kept.as_ref())?;
        self.note_opened(record);
        Ok(case)
    }

    /// Opens a case, whatever the last known checkpoint says: only to look at it.
    ///
    /// # Errors
    /// As [`CaseFile::open`].
    pub fn open_case_as_it_is(&self, id: &CaseId) -> Result<CaseFile, StoreError> {
        let case = CaseFile::open(&self.case_path(id), id)?;
        self.note_migration(case.migration());
        Ok(case)
    }

    /// Opens a case to look at it as it is at one moment: nothing is written into it, and an older layout stays what it is.
    ///
    /// # Errors
    /// As [`CaseFile::open`].
    pub fn look_at_case(&self, id: &CaseId) -> Result<CaseFile, StoreError> {
        CaseFile::look_at(&self.case_path(id), id)
    }

    /// Makes a case with the first entry of its ledger, which is given back as it was sealed.
    ///
    /// # Errors
    /// [`StoreError::CaseGone`] when the lab has a checkpoint of a case of that name whose file is gone; else as [`CaseFile::begin`].
    pub fn create_case(&self, id: &CaseId, first: &EntryBody) -> Result<(CaseFile, StoredEntry), StoreError> {
        make_folder(&self.folder.join(CASES))?;
        let record = RecordName::Case(id.clone());
        let path = self.case_path(id);
        match self.last_known(&record)? {
            Some(kept) if !path.exists() => {
                Err(StoreError::CaseGone { case: id.clone(), entries: kept.checkpoint().size() })
            }
            _ => {
                let made = CaseFile::begin(&path, id, first)?;
                self.note_opened(record);
                Ok(made)
            }
        }
    }

    /// The names of all cases, sorted.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn cases(&self) -> Result<Vec<CaseId>, StoreError> {
        let folder = self.folder.join(CASES);
        let mut cases = Vec::new();
        for file in fs::read_dir(&folder).map_err(|error| io_error(&folder, error))? {
            let file = file.map_err(|error| io_error(&folder, error))?;
            let name = file.file_name();
            let id = name
                .to_str()
                .and_then(|name| name.strip_suffix(".db"))
                .and_then(|name| CaseId::new(name).ok());
            cases.extend(id);
        }
        cases.sort();
        Ok(cases)
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let lock = File::open(folder).map_err(|error| io_error(folder, error))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|error| io_error(folder, error.into()))?;
    Ok(lock)
}

pub(crate) fn io_error(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), error }
}

/// Makes a folder that only the user can enter, and folders above it; what is there stays as it is. The names last: a loss of power must not
/// take away the folder of what was synced.
pub(crate) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if above != folder {
        make_folder(above)?;
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| io_error(folder, error))?;
    match File::open(above).and_then(|above| above.sync_all()) {
        // A folder that others own may be entered, not read.
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
            // Whoever tries again shall make it again, and see that it lasts.
            let _ = fs::remove_dir(folder);
            Err(io_error(above, error))
        }
        _ => Ok(()),
    }
}

fn write_settings(path: &Path, settings: &LabSettings) -> Result<(), StoreError> {
    let text = toml::to_string(settings)
        .map_err(|error| StoreError::Settings { path: path.to_owned(), reason: error.to_string() })?;
    write_privately(path, text.as_bytes()).map_err(|error| io_error(path, error))
}

/// Writes a file beside its place and moves it there, so that it is there wholly or not at all; only the user can read it. What fails leaves
/// nothing: it may be a private key.
pub(crate) fn write_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let is_new = !path.exists();
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&beside, path)) {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let synced = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
    if synced.is_err() && is_new {
        // Whoever tries again shall write it again, and see that it lasts.
        let _ = fs::remove_file(path);
    }
    synced
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn settings() -> LabSettings {
        LabSettings {
            name: "المختبر".into(),
            origin: "lab.test/1".into(),
            zone: "Africa/Casablanca".into(),
            language: "ar".into(),
        }
    }

    fn first_entry() -> EntryBody {
        let time = custody::EntryTime {
            start: custody::UtcTime::from_unix_ns(0),
            end: None,
            zone: "UTC".into(),
            offset: "+00:00".into(),
            clock: "none".into(),
        };
        let text = || "test".to_owned();
        let tool = custody::Tool { name: text(), version: text(), commit: "0".repeat(40), build: text() };
        let examiner = case_model::Examiner { name: text(), declared: true };
        EntryBody::new(custody::Act::CaseCreate, examiner, time, tool)
            .field("lab", "lab.test/1")
            .case("2026-1")
    }

    #[test]
    fn a_lab_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab");
        let (lab, created) = Lab::open_or_create(&path, settings).unwrap();
        assert!(created);
        let (again, created) = Lab::open_or_create(&path, || unreachable!()).unwrap();
        assert!(!created);
        assert_eq!(lab.settings(), again.settings());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let id = CaseId::new("2026-1").unwrap();
        let (case, _) = lab.create_case(&id, &first_entry()).unwrap();
        assert_eq!((mode(&path), mode(case.path()), mode(&path.join(SETTINGS))), (0o700, 0o600, 0o600));
        assert_eq!(lab.cases().unwrap(), [CaseId::new("2026-1").unwrap()]);
        assert!(matches!(lab.create_case(&id, &first_entry()), Err(StoreError::Exists(_))));
    }
}
