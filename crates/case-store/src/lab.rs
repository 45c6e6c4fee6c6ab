//! The lab's folder: where cases, hash sets, keys and the lab's own ledger are.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use case_model::CaseId;
use serde::{Deserialize, Serialize};

use crate::{CaseFile, LedgerFile, StoreError};

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
        make_folder(folder)?;
        let lock = File::open(folder).map_err(|error| io_error(folder, error))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)
            .map_err(|error| io_error(folder, error.into()))?;
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
        Ok(Self { folder: folder.to_owned(), settings })
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

    /// The lab's own ledger.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn ledger(&self) -> Result<LedgerFile, StoreError> {
        LedgerFile::open_or_create(&self.folder.join(LEDGER))
    }

    /// The file of a case.
    #[must_use]
    pub fn case_path(&self, id: &CaseId) -> PathBuf {
        self.folder.join(CASES).join(format!("{id}.db"))
    }

    /// Opens a case.
    ///
    /// # Errors
    /// As [`CaseFile::open`].
    pub fn open_case(&self, id: &CaseId) -> Result<CaseFile, StoreError> {
        CaseFile::open(&self.case_path(id), id)
    }

    /// Makes a case.
    ///
    /// # Errors
    /// As [`CaseFile::create`].
    pub fn create_case(&self, id: &CaseId) -> Result<CaseFile, StoreError> {
        make_folder(&self.folder.join(CASES))?;
        CaseFile::create(&self.case_path(id), id)
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

fn io_error(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), error }
}

/// Makes a folder that only the user can enter; one that is there stays as it is.
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| io_error(folder, error))
}

/// Writes the settings beside their place and moves them there, so that a lab is there wholly or not at all.
fn write_settings(path: &Path, settings: &LabSettings) -> Result<(), StoreError> {
    let text = toml::to_string(settings)
        .map_err(|error| StoreError::Settings { path: path.to_owned(), reason: error.to_string() })?;
    let beside = path.with_extension("toml.new");
    let write = || -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|error| io_error(path, error))
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
        let case = lab.create_case(&CaseId::new("2026-1").unwrap()).unwrap();
        assert_eq!((mode(&path), mode(case.path()), mode(&path.join(SETTINGS))), (0o700, 0o600, 0o600));
        assert_eq!(lab.cases().unwrap(), [CaseId::new("2026-1").unwrap()]);
        assert!(matches!(lab.create_case(&CaseId::new("2026-1").unwrap()), Err(StoreError::Exists(_))));
    }
}
