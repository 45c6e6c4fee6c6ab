//! Making file systems with e2fsprogs and the kernel.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs a program; `None`, told visibly, when it is not there.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).stdin(Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(why) => {
            eprintln!("skipped: {program}: {why}");
            None
        }
    }
}

/// Runs a program that must succeed, and gives back what it printed.
pub(crate) fn must(program: &str, arguments: &[&str]) -> Option<String> {
    let output = run(program, arguments)?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A temporary folder with an image in it.
pub(crate) struct Workshop {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl Workshop {
    /// An image of `bytes` bytes made by `mke2fs`; `None` without that program.
    pub(crate) fn new(bytes: u64, mke2fs: &[&str]) -> Option<Self> {
        let workshop = Self { folder: tempfile::tempdir().unwrap(), name: "image" };
        File::create(workshop.image()).unwrap().set_len(bytes).unwrap();
        let image = workshop.image_text();
        must("mke2fs", &[&["-q", "-F"], mke2fs, &[image.as_str()]].concat())?;
        Some(workshop)
    }

    /// A workshop around an image of this name that lies in `folder` already.
    pub(crate) fn of(folder: tempfile::TempDir, name: &'static str) -> Self {
        Self { folder, name }
    }

    pub(crate) fn image(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    pub(crate) fn image_text(&self) -> String {
        self.image().to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Mounts the image; `None`, told visibly, when that is not allowed here.
    pub(crate) fn mount(&self, options: &str) -> Option<Mount> {
        mount(&self.image(), &self.path("mount"), options)
    }

    /// Changes the unmounted image with `debugfs`.
    pub(crate) fn debugfs(&self, commands: &str) {
        let file = self.path("commands");
        std::fs::write(&file, commands).unwrap();
        must("debugfs", &["-w", "-f", file.to_str().unwrap(), &self.image_text()]).unwrap();
    }
}

/// Mounts an image at a folder, which is made.
pub(crate) fn mount(image: &Path, at: &Path, options: &str) -> Option<Mount> {
    std::fs::create_dir_all(at).unwrap();
    let options = format!("loop,{options}");
    let output = run("mount", &["-o", &options, image.to_str().unwrap(), at.to_str().unwrap()])?;
    if !output.status.success() {
        eprintln!("skipped: mount -o {options}: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(Mount { at: at.to_owned() })
}

/// Times that it is tried to unmount.
const MOST_TRIES: u32 = 200;

/// A mounted image; unmounted when dropped.
pub(crate) struct Mount {
    pub(crate) at: PathBuf,
}

impl Drop for Mount {
    /// Unmounts. A program that another test starts holds files of this one between `fork` and `exec`: then it is tried again.
    fn drop(&mut self) {
        let at = self.at.to_str().unwrap();
        let is_unmounted = || run("umount", &[at]).is_none_or(|output| output.status.success());
        let unmounted = (0..MOST_TRIES).any(|_| is_unmounted());
        assert!(
            unmounted || std::thread::panicking(),
            "{at} is still mounted: its image is not whole"
        );
    }
}
