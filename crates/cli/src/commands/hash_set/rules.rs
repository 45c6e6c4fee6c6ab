//! The lab's own rules: what category codes mean, and which known products are notable all the same.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use case_store::Lab;
use hash_set::{CareList, CategoryMapping};

use crate::exit::Failure;

/// What category codes mean.
pub(super) fn categories_file(lab: &Lab) -> PathBuf {
    lab.folder().join("categories.toml")
}

/// Products that turn known into notable.
pub(super) fn care_list_file(lab: &Lab) -> PathBuf {
    lab.folder().join("care-list.toml")
}

/// The lab's mapping; nothing is mapped where there is none.
pub(super) fn categories(lab: &Lab) -> Result<CategoryMapping, Failure> {
    let path = categories_file(lab);
    match read(&path)? {
        None => Ok(CategoryMapping::default()),
        Some(text) => CategoryMapping::parse(&text).map_err(|error| broken(&path, &error.to_string())),
    }
}

/// The lab's care list; the bundled one where there is none.
pub(super) fn care_list(lab: &Lab) -> Result<CareList, Failure> {
    let path = care_list_file(lab);
    match read(&path)? {
        None => Ok(CareList::bundled()),
        Some(text) => CareList::parse(&text).map_err(|error| broken(&path, &error.to_string())),
    }
}

/// Writes a rule file whole or not at all, private to the user.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let beside = path.with_extension("toml.new");
    let write = || -> io::Result<()> {
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        crate::durable::make_durable(path)
    };
    write().map_err(|error| Failure::Check(format!("{}: {error}", path.display())))
}

pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::Check(format!("{}: {error}", path.display()))),
    }
}

/// A rule that cannot be read is no reason to go on without it.
fn broken(path: &Path, error: &str) -> Failure {
    Failure::Check(format!(
        "{}: {error}; correct the file, or move it away to go on without it",
        path.display()
    ))
}
