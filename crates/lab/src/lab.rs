//! The lab's folder: where cases, hash sets, keys and the lab's own ledger are.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use case_model::CaseId;

use crate::private_file::make_folder;
use crate::{LabError, LabSettings};

/// A lab's folder.
#[derive(Clone, Debug)]
pub struct Lab {
    folder: PathBuf,
    settings: LabSettings,
    /// The file of a case that is looked at without a lab.
    lone: Option<(CaseId, PathBuf)>,
}

const SETTINGS: &str = "lab.toml";
const LEDGER: &str = "ledger.db";
const CASES: &str = "cases";
const HASH_SETS: &str = "hash-sets";
const KEYS: &str = "keys";
const RANKINGS: &str = "rankings";
const CATEGORIES: &str = "categories.toml";
const CARE_LIST: &str = "care-list.toml";

impl Lab {
    /// Opens the lab in `folder`; creates it with `settings` when there is none. The second value tells whether it was created. Two
    /// programs that start at once on a new folder create one lab: the second waits for the first.
    ///
    /// # Errors
    /// What the operating system says, or that `lab.toml` cannot be read.
    pub fn open_or_create(
        folder: &Path,
        settings: impl FnOnce() -> LabSettings,
    ) -> Result<(Self, bool), LabError> {
        make_folder(folder)?;
        let _lock = lock(folder)?;
        let path = folder.join(SETTINGS);
        let created = !path.exists();
        if created {
            for part in [CASES, HASH_SETS, KEYS] {
                make_folder(&folder.join(part))?;
            }
            settings().write(&path)?;
        }
        Ok((Self::open(folder)?, created))
    }

    /// Opens the lab in `folder`.
    ///
    /// # Errors
    /// [`LabError::NoLab`] when there is none; that `lab.toml` cannot be read.
    pub fn open(folder: &Path) -> Result<Self, LabError> {
        let settings = LabSettings::read(&folder.join(SETTINGS), folder)?;
        Ok(Self { folder: folder.to_owned(), settings, lone: None })
    }

    /// Returns what stands in the place of a lab for a case file that is looked at alone: it has this case, and nothing else.
    #[must_use]
    pub fn of_lone_case(id: CaseId, path: &Path) -> Self {
        let settings = LabSettings {
            name: String::new(),
            origin: String::new(),
            zone: "UTC".to_owned(),
            language: "en".to_owned(),
        };
        // Nothing lies in the folder, which cannot be made below a file.
        Self { folder: path.join("no-lab"), settings, lone: Some((id, path.to_owned())) }
    }

    /// Returns whether there is no lab, only the file of a case.
    #[must_use]
    pub const fn is_lone_case(&self) -> bool {
        self.lone.is_some()
    }

    /// Locks the lab for a step that only one program may do at a time (such as making its key), as long as the returned file lives.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn lock(&self) -> Result<File, LabError> {
        lock(&self.folder)
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &LabSettings {
        &self.settings
    }

    /// Returns the folder of the hash sets.
    #[must_use]
    pub fn hash_sets(&self) -> PathBuf {
        self.folder.join(HASH_SETS)
    }

    /// Returns the folder of the Bloom filters.
    #[must_use]
    pub fn rankings(&self) -> PathBuf {
        self.folder.join(RANKINGS)
    }

    /// Returns the folder of the keys.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.folder.join(KEYS)
    }

    /// Returns the file that says what category codes mean.
    #[must_use]
    pub fn categories_file(&self) -> PathBuf {
        self.folder.join(CATEGORIES)
    }

    /// Returns the file of products that turn known into notable.
    #[must_use]
    pub fn care_list_file(&self) -> PathBuf {
        self.folder.join(CARE_LIST)
    }

    /// Returns the file of the lab's own ledger.
    #[must_use]
    pub fn ledger_path(&self) -> PathBuf {
        self.folder.join(LEDGER)
    }

    /// Returns the folder of the cases.
    #[must_use]
    pub fn cases_folder(&self) -> PathBuf {
        self.folder.join(CASES)
    }

    /// Returns the file of a case.
    #[must_use]
    pub fn case_path(&self, id: &CaseId) -> PathBuf {
        if let Some((_, path)) = self.lone.as_ref().filter(|(lone, _)| lone == id) {
            return path.clone();
        }
        self.cases_folder().join(format!("{id}.db"))
    }

    /// Returns what shows that work was done in this lab, in words: a ledger that is gone is then not made anew.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn traces(&self) -> Result<Vec<String>, LabError> {
        let mut traces = Vec::new();
        let kept =
            [(self.log_key_path(), "its key"), (self.folder.join("checkpoints"), "checkpoints")];
        traces.extend(
            kept.iter().filter(|(path, _)| path.exists()).map(|(_, what)| (*what).to_owned()),
        );
        for (folder, what) in [(self.cases_folder(), "cases"), (self.hash_sets(), "hash sets")] {
            let there = match fs::read_dir(&folder) {
                Ok(mut files) => files.next().is_some(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
                Err(error) => return Err(LabError::io(&folder, error)),
            };
            traces.extend(there.then(|| what.to_owned()));
        }
        Ok(traces)
    }

    /// Returns the names of all cases, sorted.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn cases(&self) -> Result<Vec<CaseId>, LabError> {
        if let Some((id, _)) = &self.lone {
            return Ok(vec![id.clone()]);
        }
        let folder = self.cases_folder();
        let mut cases = Vec::new();
        for file in fs::read_dir(&folder).map_err(|error| LabError::io(&folder, error))? {
            let file = file.map_err(|error| LabError::io(&folder, error))?;
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

fn lock(folder: &Path) -> Result<File, LabError> {
    let lock = File::open(folder).map_err(|error| LabError::io(folder, error))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|error| LabError::io(folder, error.into()))?;
    Ok(lock)
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
    fn a_lab_is_created_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab");
        let (lab, created) = Lab::open_or_create(&path, settings).unwrap();
        assert!(created);
        let (again, created) = Lab::open_or_create(&path, || unreachable!()).unwrap();
        assert!(!created);
        assert_eq!(lab.settings(), again.settings());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join(SETTINGS))), (0o700, 0o600));
    }

    #[test]
    fn cases_are_the_database_files_with_a_case_name() {
        let folder = tempfile::tempdir().unwrap();
        let (lab, _) = Lab::open_or_create(folder.path(), settings).unwrap();
        for name in ["b.db", "a.db", "a.db-wal", "a.lock", "x y.db.before-layout-2", ".db"] {
            fs::write(lab.cases_folder().join(name), b"").unwrap();
        }
        let names: Vec<_> = lab.cases().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn a_folder_without_settings_is_no_lab() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            matches!(Lab::open(folder.path()), Err(LabError::NoLab(path)) if path == folder.path())
        );
        fs::write(folder.path().join(SETTINGS), "name = 1").unwrap();
        assert!(matches!(Lab::open(folder.path()), Err(LabError::Settings { .. })));
    }
}
