//! Volumes made by `mkntfs` and filled through `ntfs-3g`.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a program without output; true when it succeeded.
pub(crate) fn run(program: &str, arguments: &[&str]) -> bool {
    let status =
        Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// What a program prints, or `None` when it fails.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// A fresh volume in `folder`; `None` (told) when the tools or the right to use them are missing.
pub(crate) fn format(folder: &Path, bytes: u64, options: &[&str]) -> Option<PathBuf> {
    let image = folder.join("volume.raw");
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(&image).unwrap();
    file.set_len(bytes).unwrap();
    let path = image.to_str().unwrap();
    let arguments: Vec<&str> =
        ["-F", "-q", "-f"].iter().chain(options).copied().chain([path]).collect();
    if run("mkntfs", &arguments) {
        return Some(image);
    }
    println!("skipped: mkntfs {options:?} does not work here");
    None
}

/// A mounted volume; unmounted when dropped.
pub(crate) struct Mount {
    pub(crate) path: PathBuf,
}

impl Mount {
    /// Mounts with alternate streams as `file:stream` and with compression; `None` (told) when that is not allowed.
    pub(crate) fn new(image: &Path, folder: &Path) -> Option<Self> {
        let path = folder.join("mount");
        fs::create_dir_all(&path).unwrap();
        let options = "streams_interface=windows,compression,big_writes";
        let mounted =
            run("ntfs-3g", &["-o", options, image.to_str().unwrap(), path.to_str().unwrap()]);
        if !mounted {
            println!("skipped: ntfs-3g cannot mount here");
        }
        mounted.then_some(Self { path })
    }

    /// Makes files that are created in this directory from now on compressed; `None` (told) when that cannot be done.
    pub(crate) fn compress(&self, directory: &str) -> Option<()> {
        const SET: &str = "import os, sys; os.setxattr(sys.argv[1], 'system.ntfs_attrib_be', bytes([0, 0, 8, 0x10]))";
        let done = run("python3", &["-c", SET, self.path.join(directory).to_str().unwrap()]);
        if !done {
            println!("skipped: python3 cannot set attributes here");
        }
        done.then_some(())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // A program that another test starts holds files of this one between `fork` and `exec`: then it is tried again.
        let unmounted = (0..200).any(|_| run("umount", &[self.path.to_str().unwrap()]));
        assert!(unmounted || std::thread::panicking(), "unmounted");
    }
}
