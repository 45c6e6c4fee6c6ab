//! A FAT volume that mtools changes: each change is written whole, without a mount.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::volume::Volume;

/// The volume, and a folder for the content on its way.
pub(crate) struct Mtools {
    image: PathBuf,
    work: TempDir,
}

impl Mtools {
    pub(crate) fn new(image: &Path) -> io::Result<Self> {
        Ok(Self { image: image.to_owned(), work: TempDir::new()? })
    }

    /// Copies everything into a folder, with times.
    pub(crate) fn copy_out(&self, to: &Path) -> io::Result<()> {
        match self.tool("mdir", &["-b".into(), inside(b"")])?.trim_ascii().is_empty() {
            true => Ok(()),
            false => {
                let arguments = ["-s", "-n", "-m", "-Q"].map(OsString::from);
                let ends = [inside(b""), to.as_os_str().to_owned()];
                self.tool("mcopy", &[&arguments[..], &ends[..]].concat()).map(drop)
            }
        }
    }

    fn tool(&self, name: &str, arguments: &[OsString]) -> io::Result<Vec<u8>> {
        let mut command = Command::new(name);
        command.arg("-i").arg(&self.image).args(arguments).stdin(Stdio::null());
        let done = command
            .env("LC_ALL", "C.UTF-8")
            .env("MTOOLS_SKIP_CHECK", "1")
            .env("TZ", "UTC0")
            .output()?;
        if done.status.success() {
            return Ok(done.stdout);
        }
        Err(io::Error::other(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
    }

    fn content_of(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.tool("mtype", &[inside(path)])
    }
}

/// A path as mtools want it.
fn inside(path: &[u8]) -> OsString {
    OsString::from_vec([b"::/", path].concat())
}

impl Volume for Mtools {
    fn write(&mut self, path: &[u8], bytes: &[u8], _piece: usize) -> io::Result<()> {
        let content = self.work.path().join("content");
        fs::write(&content, bytes)?;
        let arguments = [OsString::from("-D"), "o".into(), content.into_os_string(), inside(path)];
        let written = self.tool("mcopy", &arguments);
        if written.is_err() {
            // A full disk leaves a part of the file: people remove it.
            drop(self.remove(path));
        }
        written.map(drop)
    }

    fn append(&mut self, path: &[u8], bytes: &[u8]) -> io::Result<()> {
        let whole = [self.content_of(path)?.as_slice(), bytes].concat();
        self.write(path, &whole, 0)
    }

    fn cut(&mut self, path: &[u8], divisor: u64) -> io::Result<()> {
        let mut bytes = self.content_of(path)?;
        bytes.truncate(bytes.len() / usize::try_from(divisor).unwrap_or(1));
        self.write(path, &bytes, 0)
    }

    fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        self.tool("mdel", &[inside(path)]).map(drop)
    }

    fn create_directory(&mut self, path: &[u8]) -> io::Result<()> {
        self.tool("mmd", &[inside(path)]).map(drop)
    }

    fn remove_tree(&mut self, path: &[u8]) -> io::Result<()> {
        self.tool("mdeltree", &[inside(path)]).map(drop)
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        let split =
            |path: &[u8]| path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
        match from[..split(from)] == to[..split(to)] {
            true => {
                self.tool("mren", &[inside(from), OsStr::from_bytes(&to[split(to)..]).to_owned()])
            }
            false => self.tool("mmove", &[inside(from), inside(to)]),
        }
        .map(drop)
    }

    fn folder(&self) -> Option<&Path> {
        None
    }
}
