//! Files and folders that outlast a loss of power.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Syncs a file, or a folder with all that is in it, and the folder that it stands in: without that its name could go.
///
/// # Errors
/// What the operating system says.
pub fn make_durable(path: &Path) -> io::Result<()> {
    sync(path)?;
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder) {
        // A folder that others own may be written to, not read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        opened => opened?.sync_all(),
    }
}

/// Our own exports are a few folders deep; links are not followed.
fn sync(path: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(path)?;
    if kind.is_dir() {
        for entry in fs::read_dir(path)? {
            sync(&entry?.path())?;
        }
    }
    if kind.is_dir() || kind.is_file() { File::open(path)?.sync_all() } else { Ok(()) }
}
