//! Opening a library, finding and removing sets.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use case_model::to_hex;

use super::error::{DamageKind, HashSetError};
use super::set_file::{SetFile, folder_name};
use crate::compiled::{DETAILS_FILE, Details, Hset, hset_file};
use crate::{AlgorithmCount, Rejection, SetInfo};

/// First characters of folders that are no sets: being imported, being removed, or left by a process that was killed.
const UNFINISHED_PREFIX: &str = ".unfinished-";
/// Locked while folders are made or taken away.
const LOCK_FILE: &str = ".lock";

/// The hash sets of one lab. Lookups may run on several threads at once.
pub struct Library {
    pub(super) folder: PathBuf,
    pub(super) infos: Vec<SetInfo>,
    /// As `infos`.
    pub(super) sets: Vec<OpenSet>,
    /// As `infos`: a later reading of the same list took its place.
    pub(super) replaced: Vec<bool>,
}

/// The open files of a set.
pub(super) struct OpenSet {
    pub(super) folder: PathBuf,
    pub(super) hsets: Vec<Hset>,
    pub(super) details: Details,
}

impl Library {
    /// Opens all sets in `folder`; a folder that does not exist is a library without sets. Leftovers of interrupted imports are
    /// ignored, see [`Library::remove_leftovers`].
    ///
    /// # Errors
    /// [`HashSetError::Damaged`] when a set is damaged: a lookup must not be answered without it.
    pub fn open(folder: &Path) -> Result<Self, HashSetError> {
        let mut library = Self {
            folder: folder.to_path_buf(),
            infos: Vec::new(),
            sets: Vec::new(),
            replaced: Vec::new(),
        };
        for path in subfolders(folder)?.into_iter().filter(|path| !is_hidden(path)) {
            library.add(&path)?;
        }
        library.renew_versions();
        Ok(library)
    }

    /// All sets, sorted by content digest.
    #[must_use]
    pub fn sets(&self) -> &[SetInfo] {
        &self.infos
    }

    /// The set called `wanted`, or whose content digest begins with it (at least four hexadecimal digits).
    ///
    /// # Errors
    /// [`HashSetError::NotFound`] or [`HashSetError::Ambiguous`].
    pub fn find(&self, wanted: &str) -> Result<&SetInfo, HashSetError> {
        let digits = wanted.to_ascii_lowercase();
        let fits = |info: &&SetInfo| {
            info.name == wanted || (digits.len() >= 4 && to_hex(&info.digest).starts_with(&digits))
        };
        // A name means the reading that is looked up; an earlier one is named by its digest.
        let replaced = |info: &SetInfo| self.replaced_by(info).is_some();
        let mut fitting =
            self.infos.iter().filter(fits).filter(|info| info.name != wanted || !replaced(info));
        match (fitting.next(), fitting.count()) {
            (None, _) => Err(HashSetError::NotFound { wanted: wanted.to_owned() }),
            (Some(info), 0) => Ok(info),
            (Some(_), more) => Err(HashSetError::Ambiguous {
                wanted: wanted.to_owned(),
                count: more.saturating_add(1),
            }),
        }
    }

    /// Removes the set with this content digest, and says what it was.
    ///
    /// # Errors
    /// [`HashSetError::NotFound`], or what the operating system says.
    pub fn remove(&mut self, digest: &[u8; 32]) -> Result<SetInfo, HashSetError> {
        let at = self.infos.binary_search_by_key(&digest, |info| &info.digest);
        let at = at.map_err(|_| HashSetError::NotFound { wanted: to_hex(digest) })?;
        let _lock = working_lock(&self.folder)?;
        let name = folder_name(digest);
        let from = self.folder.join(&name);
        let to = self.folder.join(format!("{UNFINISHED_PREFIX}{name}"));
        // Renamed first: a process killed while it deletes leaves a leftover, never half a set.
        if to.exists() {
            fs::remove_dir_all(&to).map_err(HashSetError::io(&to))?;
        }
        fs::rename(&from, &to).map_err(HashSetError::io(&from))?;
        self.sets.remove(at);
        self.replaced.remove(at);
        let info = self.infos.remove(at);
        self.renew_versions();
        fs::remove_dir_all(&to).map_err(HashSetError::io(&to))?;
        Ok(info)
    }

    /// Deletes what killed imports and removals left in `folder`, and returns it. Nothing is touched while another process imports.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn remove_leftovers(folder: &Path) -> Result<Vec<PathBuf>, HashSetError> {
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        // The system gives the lock of a killed process free: whoever gets it alone sees leftovers only.
        let lock = lock_file(folder)?;
        if lock.try_lock().is_err() {
            return Ok(Vec::new());
        }
        let unfinished = |path: &PathBuf| {
            path.file_name().is_some_and(|name| {
                name.as_encoded_bytes().starts_with(UNFINISHED_PREFIX.as_bytes())
            })
        };
        let leftovers: Vec<PathBuf> = subfolders(folder)?.into_iter().filter(unfinished).collect();
        for path in &leftovers {
            fs::remove_dir_all(path).map_err(HashSetError::io(path))?;
        }
        Ok(leftovers)
    }

    /// Opens the set in `path` and puts it in its place.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), HashSetError> {
        let (info, set) = open_set(path)?;
        let at = self.infos.partition_point(|other| other.digest < info.digest);
        self.infos.insert(at, info);
        self.sets.insert(at, set);
        self.replaced.insert(at, false);
        Ok(())
    }

    /// The rejected records of the set with this content digest that were kept: the first hundred.
    ///
    /// # Errors
    /// [`HashSetError::NotFound`], or that `set.json` cannot be read.
    pub fn rejections(&self, digest: &[u8; 32]) -> Result<Vec<Rejection>, HashSetError> {
        let (_, set) = self.set(digest)?;
        Ok(SetFile::read(&set.folder)?.rejected)
    }

    /// A new folder beside the sets that [`Library::open`] ignores, readable for its owner only. While the file lives, nobody takes the
    /// folder for a leftover.
    pub(super) fn unfinished_folder(&self) -> Result<(tempfile::TempDir, File), HashSetError> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        let private = fs::Permissions::from_mode(0o700);
        let mut builder = fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(HashSetError::io(&self.folder))?;
        let lock = working_lock(&self.folder)?;
        let folder = tempfile::Builder::new()
            .prefix(UNFINISHED_PREFIX)
            .permissions(private)
            .tempdir_in(&self.folder)
            .map_err(HashSetError::io(&self.folder))?;
        Ok((folder, lock))
    }
}

/// The file by which processes that work in a library know of each other.
fn lock_file(folder: &Path) -> Result<File, HashSetError> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = folder.join(LOCK_FILE);
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(&path).map_err(HashSetError::io(&path))
}

/// Held while folders of a library are made or taken away; several processes may hold it at once.
fn working_lock(folder: &Path) -> Result<File, HashSetError> {
    let lock = lock_file(folder)?;
    lock.lock_shared().map_err(HashSetError::io(&folder.join(LOCK_FILE)))?;
    Ok(lock)
}

/// Opens the set in `path`, and checks that its files belong together.
fn open_set(path: &Path) -> Result<(SetInfo, OpenSet), HashSetError> {
    let info = SetFile::read(path)?.set;
    let mut hsets = Vec::new();
    for count in &info.digests {
        hsets.push(open_hset(path, &info, count)?);
    }
    let file = path.join(DETAILS_FILE);
    fs::metadata(&file).map_err(|error| missing_or_io(&file, error))?;
    let details = Details::open(&file).map_err(|error| HashSetError::damaged(&file, error))?;
    Ok((info, OpenSet { folder: path.to_path_buf(), hsets, details }))
}

/// Opens the digests of one algorithm, and compares them with what is known of the set.
fn open_hset(folder: &Path, info: &SetInfo, count: &AlgorithmCount) -> Result<Hset, HashSetError> {
    let file = folder.join(hset_file(count.algorithm));
    let hset = Hset::open(&file).map_err(|error| missing_or_io(&file, error))?;
    let hset = hset.map_err(|fault| HashSetError::damaged(&file, fault))?;
    if hset.algorithm() != count.algorithm || !info.digest.starts_with(hset.set()) {
        let found = to_hex(hset.set());
        return Err(HashSetError::damaged(&file, DamageKind::OtherSet { found }));
    }
    let expected = count.digests;
    let found = hset.digests();
    match found == expected {
        true => Ok(hset),
        false => Err(HashSetError::damaged(
            &file,
            DamageKind::Count { what: "digests", expected, found },
        )),
    }
}

fn missing_or_io(path: &Path, error: io::Error) -> HashSetError {
    match error.kind() {
        io::ErrorKind::NotFound => HashSetError::damaged(path, DamageKind::Missing),
        _ => HashSetError::io(path)(error),
    }
}

/// Folders in `folder`, by name; none when it does not exist.
fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, HashSetError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(HashSetError::io(folder))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(HashSetError::io(folder))?;
        if entry.file_type().map_err(HashSetError::io(&entry.path()))?.is_dir() {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
