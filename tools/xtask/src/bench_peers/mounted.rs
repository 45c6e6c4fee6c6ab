//! A file system of an image, mounted for as long as the value lives.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{output, program};

/// How long a file system may need to appear.
const MOUNTED_WITHIN: Duration = Duration::from_secs(20);

/// A mounted file system.
pub(super) struct Mounted {
    at: Option<TempDir>,
    /// The program that serves it, where that is not the kernel.
    server: Option<Child>,
}

impl Mounted {
    /// Writable, by the kernel, through a loop device; needs root.
    pub(super) fn by_kernel(image: &Path) -> Outcome<Self> {
        Self::mount(&["-o", "loop"], image)
    }

    /// Read-only ext4, by the kernel; the journal is not replayed, so the image stays as it is.
    pub(super) fn read_only(image: &Path) -> Outcome<Self> {
        Self::mount(&["-t", "ext4", "-o", "loop,ro,noload"], image)
    }

    /// Writable, by ntfs-3g; it stays in the foreground, so that its end tells when everything is written.
    pub(super) fn by_ntfs_3g(image: &Path) -> Outcome<Self> {
        let at = folder()?;
        let mut command = program("ntfs-3g", ["-o", "no_detach,big_writes"], Path::new("."));
        // It tells of its life there.
        command.stderr(std::process::Stdio::null());
        let server = command.arg(image).arg(at.path()).spawn().when("ntfs-3g")?;
        let mut mounted = Self { at: Some(at), server: Some(server) };
        let started = Instant::now();
        while !mounted.is_there() {
            let ended = mounted
                .server
                .as_mut()
                .is_some_and(|server| !matches!(server.try_wait(), Ok(None)));
            if ended || started.elapsed() > MOUNTED_WITHIN {
                // Nothing is mounted: the folder is empty and may go.
                mounted.at = None;
                return Err(Failure::new(format!("ntfs-3g could not mount {}", image.display())));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(mounted)
    }

    fn mount(options: &[&str], image: &Path) -> Outcome<Self> {
        let at = folder()?;
        output(program("mount", options, Path::new(".")).arg(image).arg(at.path()))?;
        Ok(Self { at: Some(at), server: None })
    }

    pub(super) fn path(&self) -> &Path {
        self.at.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// Unmounts, and so writes everything.
    pub(super) fn unmount(mut self) -> Outcome<()> {
        self.release()
    }

    /// A mounted file system is another device than the folder above it.
    fn is_there(&self) -> bool {
        let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
        device(self.path()) != self.path().parent().and_then(device)
    }

    fn release(&mut self) -> Outcome<()> {
        let Some(at) = self.at.take() else { return Ok(()) };
        let unmounted = output(program("umount", [""; 0], Path::new(".")).arg(at.path()));
        if unmounted.is_err() {
            // Whatever is still mounted there must not be deleted with the folder.
            let _ = at.keep();
        }
        unmounted?;
        match &mut self.server {
            Some(server) => server.wait().when("ntfs-3g").map(drop),
            None => Ok(()),
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(failure) = self.release() {
            eprintln!("xtask: {failure}");
        }
    }
}

fn folder() -> Outcome<TempDir> {
    TempDir::with_prefix("athar-mounted-").when("temporary folder")
}
