//! The lab's own rules: what category codes mean, and which known products are notable all the same.

use std::fs;
use std::io;
use std::path::Path;

use hash_set::{CareList, CategoryMapping};
use lab::{Lab, write_privately};

use crate::CaseworkError;

/// Returns the lab's mapping; nothing is mapped where there is none.
///
/// # Errors
/// That the file cannot be read.
pub fn categories(lab: &Lab) -> Result<CategoryMapping, CaseworkError> {
    let path = lab.categories_file();
    match read(&path)? {
        None => Ok(CategoryMapping::default()),
        Some(text) => {
            CategoryMapping::parse(&text).map_err(|error| broken(&path, &error.to_string()))
        }
    }
}

/// Returns the lab's care list; the bundled one where there is none.
///
/// # Errors
/// That the file cannot be read.
pub fn care_list(lab: &Lab) -> Result<CareList, CaseworkError> {
    let path = lab.care_list_file();
    match read(&path)? {
        None => Ok(CareList::bundled()),
        Some(text) => CareList::parse(&text).map_err(|error| broken(&path, &error.to_string())),
    }
}

/// Writes a rule file whole or not at all, private to the user.
pub(super) fn write(path: &Path, text: &str) -> Result<(), CaseworkError> {
    write_privately(path, text.as_bytes())
        .map_err(|error| CaseworkError::Check(format!("{}: {error}", path.display())))
}

pub(super) fn read(path: &Path) -> Result<Option<String>, CaseworkError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CaseworkError::Check(format!("{}: {error}", path.display()))),
    }
}

/// A rule that cannot be read is no reason to go on without it.
fn broken(path: &Path, error: &str) -> CaseworkError {
    CaseworkError::Check(format!(
        "{}: {error}; correct the file, or move it away to go on without it",
        path.display()
    ))
}
