//! The C library between the program and its storage (`shim.c`): built when it is needed, attached by `LD_PRELOAD`.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::failure::{Attempt, Failure, Outcome};

const SOURCE: &str = include_str!("../shim.c");

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A write gives `EIO`; nothing is written.
    WriteFails,
    /// A write takes the first half, the next one gives `EIO`.
    WriteTorn,
    /// A write takes the first half; all goes on.
    WriteShort,
    /// A write gives `ENOSPC` once.
    WriteNoSpace,
    /// From here on whatever needs room gives `ENOSPC`.
    DiskFull,
    /// `fsync` gives `EIO` once, and success afterwards.
    SyncFails,
    /// `rename` gives `EIO`.
    RenameFails,
    /// `unlink` or `rmdir` gives `EIO`.
    RemoveFails,
    /// Opening a file for writing, or making one, gives `EIO`.
    OpenFails,
    /// `ftruncate` gives `EIO`.
    TruncateFails,
    /// `mkdir` gives `ENOSPC`.
    FolderFails,
    /// SIGKILL before any of these calls.
    Kill,
    /// SIGKILL in the middle of a write.
    KillTorn,
}

impl FaultKind {
    /// All that are errors, which the program lives to tell.
    pub const ERRORS: [Self; 11] = [
        Self::WriteFails,
        Self::WriteTorn,
        Self::WriteShort,
        Self::WriteNoSpace,
        Self::DiskFull,
        Self::SyncFails,
        Self::RenameFails,
        Self::RemoveFails,
        Self::OpenFails,
        Self::TruncateFails,
        Self::FolderFails,
    ];

    /// The word for `shim.c`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::WriteFails => "write-eio",
            Self::WriteTorn => "write-torn",
            Self::WriteShort => "write-short",
            Self::WriteNoSpace => "write-enospc",
            Self::DiskFull => "full",
            Self::SyncFails => "sync-eio",
            Self::RenameFails => "rename-eio",
            Self::RemoveFails => "unlink-eio",
            Self::OpenFails => "open-eio",
            Self::TruncateFails => "truncate-eio",
            Self::FolderFails => "folder-enospc",
            Self::Kill => "kill",
            Self::KillTorn => "kill-torn",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::WriteFails => "write: EIO",
            Self::WriteTorn => "write: half, then EIO",
            Self::WriteShort => "write: half, then all is well",
            Self::WriteNoSpace => "write: ENOSPC once",
            Self::DiskFull => "disk full from here on",
            Self::SyncFails => "fsync: EIO once, then success",
            Self::RenameFails => "rename: EIO",
            Self::RemoveFails => "unlink, rmdir: EIO",
            Self::OpenFails => "open for writing: EIO",
            Self::TruncateFails => "ftruncate: EIO",
            Self::FolderFails => "mkdir: ENOSPC",
            Self::Kill => "kill -9 before a call",
            Self::KillTorn => "kill -9 in the middle of a write",
        }
    }
}

/// A file of evidence on a medium that fails.
#[derive(Clone, Copy, Debug)]
pub struct FailingFile<'f> {
    /// Its path, absolute and canonical.
    pub path: &'f Path,
    /// Bytes that cannot be read; whole pages of 4 KiB fail.
    pub bad: &'f [Range<u64>],
    /// Whether it can be mapped; else it is read with `pread`.
    pub mapped: bool,
}

/// A byte of a file of evidence at which reading waits: a moment of a run that no machine is too fast or too slow for.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Beside it are `PATH.reached` and `PATH.open`.
    path: PathBuf,
}

impl Gate {
    /// A gate whose files lie beside `path`, in a folder that is there.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(ending);
        path.into()
    }

    /// Waits until the program reads the byte.
    ///
    /// # Errors
    /// `child` ended before.
    pub fn wait_for(&self, child: &mut Child) -> Outcome<()> {
        while !self.beside(".reached").exists() {
            if let Some(status) = child.try_wait().when("the program")? {
                return Err(Failure::new(format!("it ended before it came to the gate: {status}")));
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Lets the program read on.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(&self) -> Outcome<()> {
        std::fs::write(self.beside(".open"), []).when(self.path.display())
    }
}

/// The built library.
#[derive(Debug)]
pub struct Shim {
    folder: TempDir,
}

impl Shim {
    /// Builds it.
    ///
    /// # Errors
    /// There is no C compiler, or it does not like the source.
    pub fn build() -> Outcome<Self> {
        let folder = TempDir::new().when("temporary folder")?;
        let source = folder.path().join("shim.c");
        std::fs::write(&source, SOURCE).when(source.display())?;
        let mut command = Command::new("cc");
        command.args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]);
        let done = command.arg(folder.path().join("shim.so")).arg(&source).output().when("cc")?;
        match done.status.success() {
            true => Ok(Self { folder }),
            false => Err(Failure::new(format!("cc: {}", String::from_utf8_lossy(&done.stderr)))),
        }
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("shim.so")
    }

    /// Puts the library between `command` and what lies below `folder`; what it does is added to `record`.
    pub(crate) fn attach(
        &self,
        command: &mut Command,
        folder: &Path,
        record: &Path,
        fault: Option<(FaultKind, u64)>,
    ) {
        command.env("LD_PRELOAD", self.library());
        command.env("ATHAR_STORAGE_FOLDER", folder).env("ATHAR_STORAGE_LOG", record);
        if let Some((kind, at)) = fault {
            command.env("ATHAR_STORAGE_FAULT", kind.key()).env("ATHAR_STORAGE_AT", at.to_string());
        }
    }

    /// Lets reading of a file of evidence fail in `command`.
    pub fn fail_reading(&self, command: &mut Command, file: FailingFile<'_>) {
        let bad: Vec<String> =
            file.bad.iter().map(|range| format!("{}-{}", range.start, range.end)).collect();
        command.env("LD_PRELOAD", self.library()).env("ATHAR_EVIDENCE_FILE", file.path);
        command.env("ATHAR_EVIDENCE_BAD", bad.join(","));
        command.env("ATHAR_EVIDENCE_MAP", if file.mapped { "yes" } else { "no" });
    }

    /// Lets reading of byte `at` of the file `path` (absolute and canonical) wait at `gate` in `command`. The file is not mapped.
    pub fn wait_at(&self, command: &mut Command, path: &Path, at: u64, gate: &Gate) {
        self.fail_reading(command, FailingFile { path, bad: &[], mapped: false });
        command
            .env("ATHAR_EVIDENCE_GATE", &gate.path)
            .env("ATHAR_EVIDENCE_GATE_AT", at.to_string());
    }
}
