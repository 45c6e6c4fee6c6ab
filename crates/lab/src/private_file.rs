//! Files and folders that only the user can read, written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::LabError;

/// Makes a folder that only the user can enter, and folders above it; what is there stays as it is. The names last: a loss of power must not
/// take away the folder of what was synced.
///
/// # Errors
/// What the operating system says.
pub fn make_folder(folder: &Path) -> Result<(), LabError> {
    if folder.is_dir() {
        return Ok(());
    }
    let above =
        folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if above != folder {
        make_folder(above)?;
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| LabError::io(folder, error))?;
    match File::open(above).and_then(|above| above.sync_all()) {
        // A folder that others own may be entered, not read.
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
            // Whoever tries again shall make it again, and see that it lasts.
            let _ = fs::remove_dir(folder);
            Err(LabError::io(above, error))
        }
        _ => Ok(()),
    }
}

/// Writes a file beside its place and moves it there, so that it is there wholly or not at all; only the user can read it. What fails leaves
/// nothing: it may be a private key.
///
/// # Errors
/// What the operating system says.
pub fn write_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
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
