//! The folder that files are extracted into: nothing is written outside it, nor over what is there.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, linkat, mkdirat, open, openat, renameat_with, unlinkat,
};
use rustix::io::Errno;

/// An open folder. Files are named within it, by names without a slash: wherever its path leads later, they are in this folder.
pub(super) struct OutFolder {
    folder: OwnedFd,
    path: PathBuf,
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::RDONLY).union(OFlags::CLOEXEC);
const PRIVATE_FOLDER: Mode = Mode::RWXU;
const PRIVATE_FILE: Mode = Mode::RUSR.union(Mode::WUSR);

impl OutFolder {
    /// Opens a folder; it is created when it is not there, for its owner alone.
    pub(super) fn open_or_create(path: &Path) -> io::Result<Self> {
        match rustix::fs::mkdir(path, PRIVATE_FOLDER) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self { folder: open(path, FOLDER, Mode::empty())?, path: path.to_owned() })
    }

    /// Opens a folder in this one; it is created when it is not there. A symbolic link is not followed.
    pub(super) fn folder(&self, name: &str) -> io::Result<Self> {
        match mkdirat(&self.folder, name, PRIVATE_FOLDER) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let folder = openat(&self.folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Self { folder, path: self.path.join(name) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a file under a temporary name.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.folder, name, flags, PRIVATE_FILE)?.into())
    }

    /// Creates a file under a temporary name that nothing has: programs that were stopped may have left some. Returns the name, too.
    pub(super) fn create_temporary(&self, name: &str) -> io::Result<(String, File)> {
        const MOST_LEFT: u32 = 1_000;
        for number in 0..MOST_LEFT {
            let temporary = format!(".{name}.{}-{number}.athar-part", std::process::id());
            match self.create(&temporary) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return created.map(|file| (temporary, file)),
            }
        }
        Err(io::Error::other(format!(
            "{MOST_LEFT} temporary files of {name} are left in it: take them away"
        )))
    }

    /// Opens a file that is there; `None` when none is. A symbolic link, a pipe or a device is an error.
    pub(super) fn existing(&self, name: &str) -> io::Result<Option<File>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => {
                let file = File::from(file);
                match file.metadata()?.is_file() {
                    true => Ok(Some(file)),
                    false => Err(io::Error::other("what has this name is no file")),
                }
            }
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a file its final name. [`io::ErrorKind::AlreadyExists`] when something has it: that stays as it is.
    pub(super) fn publish(&self, temporary: &str, name: &str) -> io::Result<()> {
        match renameat_with(&self.folder, temporary, &self.folder, name, RenameFlags::NOREPLACE) {
            // A file system that cannot rename so: a second name is made, and the first one taken away.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                linkat(&self.folder, temporary, &self.folder, name, AtFlags::empty())?;
                Ok(unlinkat(&self.folder, temporary, AtFlags::empty())?)
            }
            other => Ok(other?),
        }
    }

    /// Takes a temporary file away.
    pub(super) fn remove(&self, temporary: &str) {
        // What cannot be taken away keeps its temporary name, which says what it is.
        let _ = unlinkat(&self.folder, temporary, AtFlags::empty());
    }

    /// Waits until everything in the folder's file system is on its disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.folder)?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn nothing_is_written_over_what_is_there_nor_through_a_link() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("out");
        let out = OutFolder::open_or_create(&path).unwrap();
        fs::write(path.join("there"), b"mine").unwrap();
        fs::write(place.path().join("outside"), b"safe").unwrap();
        symlink("../outside", path.join("link")).unwrap();
        symlink("..", path.join("up")).unwrap();
        out.create("t").unwrap().write_all(b"new").unwrap();
        for name in ["there", "link", "up"] {
            assert_eq!(
                out.publish("t", name).unwrap_err().kind(),
                io::ErrorKind::AlreadyExists,
                "{name}"
            );
        }
        assert!(
            out.create("link").is_err()
                && out.existing("link").is_err()
                && out.folder("up").is_err()
        );
        out.publish("t", "free").unwrap();
        assert_eq!(fs::read(path.join("there")).unwrap(), b"mine");
        assert_eq!(fs::read(place.path().join("outside")).unwrap(), b"safe");
        assert_eq!(fs::read(path.join("free")).unwrap(), b"new");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(&path), mode(&path.join("free"))), (0o700, 0o600));
    }
}
