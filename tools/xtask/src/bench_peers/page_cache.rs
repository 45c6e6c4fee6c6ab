//! Makes the system forget what it has read.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{Advice, fadvise, sync};
use walkdir::WalkDir;

use super::subject::Subject;

/// Drops everything that is cached, where this may be done (root); else the pages of the image and of its extracted files.
pub(super) fn drop_caches(subject: &Subject, files: Option<&Path>) {
    sync();
    if std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok() {
        return;
    }
    forget(&subject.path);
    for file in files.into_iter().flat_map(WalkDir::new).filter_map(Result::ok) {
        if file.file_type().is_file() {
            forget(file.path());
        }
    }
}

/// Brings a program itself back into memory, with its libraries: what is counted then is what it reads of the evidence.
pub(super) fn warm_program(program: &OsStr) {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file());
    // The same program is found as the one that is started; if not, its own bytes are counted too, which are few.
    if let Some(mut file) = found.and_then(|path| File::open(path).ok()) {
        let _ = io::copy(&mut file, &mut io::sink());
    }
    let _ = Command::new(program).arg("--version").stdin(Stdio::null()).output();
}

fn forget(path: &Path) {
    // A file that cannot be opened is not read by the program either.
    if let Ok(file) = File::open(path) {
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
    }
}
