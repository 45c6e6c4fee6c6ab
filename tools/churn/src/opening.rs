//! Opens files of a mounted volume. A named pipe among them must not hold the tester up until somebody opens its other end: hard links
//! to one are drawn like any other file.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file to read it.
///
/// # Errors
/// What the system says.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

/// Opens a file with these options.
///
/// # Errors
/// What the system says; that nobody reads a named pipe which is opened for writing.
pub(crate) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    options.custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::volume::{Folder, Volume};

    /// A worker of a campaign once waited here for ever, and the whole campaign with it.
    #[test]
    fn a_named_pipe_holds_nothing_up() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut volume = Folder(folder.path().to_owned());
        assert!(open_to_read(&pipe).unwrap().sync_all().is_err(), "a pipe is not stored");
        let without_reader = Some(rustix::io::Errno::NXIO.raw_os_error());
        assert_eq!(volume.append(b"pipe", b"x").unwrap_err().raw_os_error(), without_reader);
        assert_eq!(volume.write(b"pipe", b"x", 0).unwrap_err().raw_os_error(), without_reader);
        assert_eq!(volume.cut(b"pipe", 2).unwrap_err().raw_os_error(), without_reader);
    }
}
