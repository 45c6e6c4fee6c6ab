//! The program, and a place on the failing storage where it works.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use tempfile::TempDir;

use crate::evidence::Evidence;
use crate::failure::{Attempt, Outcome};
use crate::shim::{FaultKind, Shim};

/// `athar`, with the storage that can be made to fail.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    shim: Shim,
    resumes: bool,
    evidence: Evidence,
}

impl Program {
    /// Takes the built program; compiles the storage layer.
    ///
    /// # Errors
    /// There is no C compiler, or the program cannot be started.
    pub fn new(path: &Path) -> Outcome<Self> {
        let help = Command::new(path).args(["scan", "--help"]).output().when(path.display())?;
        let resumes = String::from_utf8_lossy(&help.stdout).contains("--resume");
        Ok(Self {
            path: path.to_owned(),
            shim: Shim::build()?,
            resumes,
            evidence: Evidence::new()?,
        })
    }

    /// Whether `athar scan` knows `--resume`.
    #[must_use]
    pub fn resumes(&self) -> bool {
        self.resumes
    }

    /// An empty place.
    pub(crate) fn place(&self) -> Outcome<Place<'_>> {
        let folder = TempDir::new().when("temporary folder")?;
        let real = folder.path().canonicalize().when(folder.path().display())?;
        let storage = real.join("storage");
        std::fs::create_dir(&storage).when(storage.display())?;
        Ok(Place { program: self, storage, record: real.join("record"), _folder: folder })
    }
}

/// A folder on the storage: `lab` in it, and what is exported.
#[derive(Debug)]
pub(crate) struct Place<'p> {
    pub(crate) program: &'p Program,
    pub(crate) storage: PathBuf,
    /// The record of what was run with [`Place::recorded`].
    pub(crate) record: PathBuf,
    _folder: TempDir,
}

impl Place<'_> {
    pub(crate) fn lab(&self) -> PathBuf {
        self.storage.join("lab")
    }

    /// A place with the same content.
    pub(crate) fn copy(&self) -> Outcome<Self> {
        let other = self.program.place()?;
        copy_folder(&self.storage, &other.storage)?;
        Ok(other)
    }

    /// Runs the program on storage that works.
    pub(crate) fn run(&self, words: &[String]) -> Outcome<Run> {
        self.run_by(words, Path::new("/dev/null"), None)
    }

    /// Runs the program on recorded storage, which fails as `fault` says.
    pub(crate) fn recorded(
        &self,
        words: &[String],
        fault: Option<(FaultKind, u64)>,
    ) -> Outcome<Run> {
        self.run_by(words, &self.record, fault)
    }

    /// The words of a command with their paths; what is exported for the second time goes elsewhere.
    pub(crate) fn resolved(&self, words: &[&str], attempt: u32) -> Vec<String> {
        let word = |word: &&str| match (self.program.evidence.path(word), word.strip_prefix("OUT"))
        {
            (Some(path), _) => path.to_string_lossy().into_owned(),
            (None, Some(end)) => {
                self.storage.join(format!("out-{attempt}{end}")).to_string_lossy().into_owned()
            }
            (None, None) => (*word).to_owned(),
        };
        words.iter().map(word).collect()
    }

    fn run_by(
        &self,
        words: &[String],
        record: &Path,
        fault: Option<(FaultKind, u64)>,
    ) -> Outcome<Run> {
        let mut command = Command::new(&self.program.path);
        command.arg("--lab").arg(self.lab()).args(words).stdin(Stdio::null());
        // One worker: the calls come in the same order each time.
        command.args(["--threads", "1"]);
        for name in ["ATHAR_LAB", "ATHAR_PASSPHRASE", "ATHAR_PASSPHRASE_FILE"] {
            command.env_remove(name);
        }
        self.program.shim.attach(&mut command, &self.storage, record, fault);
        let done = command.output().when(self.program.path.display())?;
        Ok(Run {
            status: done.status,
            out: String::from_utf8_lossy(&done.stdout).into_owned(),
            err: String::from_utf8_lossy(&done.stderr).into_owned(),
        })
    }
}

/// Words of a command.
pub(crate) fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|word| (*word).to_owned()).collect()
}

/// What a run gave.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn is_well(&self) -> bool {
        self.status.code() == Some(0)
    }

    /// What `custody verify` ends with when everything agrees: nobody outside is asked.
    pub(crate) fn is_consistent(&self) -> bool {
        self.status.code() == Some(3)
    }

    /// SIGKILL.
    pub(crate) fn was_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    /// What a person must never see: a panic, a signal, an error of SQLite about locks, a failure without a word.
    pub(crate) fn manners(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let said = format!("{}{}", self.out, self.err);
        for never in ["panicked", "database is locked", "RUST_BACKTRACE"] {
            if said.contains(never) {
                wrong.push(format!("it says {never:?}: {}", self.err.trim()));
            }
        }
        match self.status.code() {
            Some(0) => {}
            Some(1 | 3) if said.contains("athar:") || said.contains("INCOMPLETE") => {}
            Some(1 | 3) => wrong.push(format!("{} without a word: {said}", self.status)),
            _ => wrong.push(format!("{}: {}", self.status, self.err.trim())),
        }
        wrong
    }

    pub(crate) fn shown(&self) -> String {
        format!("{}: {} {}", self.status, short(&self.out), short(&self.err))
    }
}

/// One line, its first and last words.
fn short(text: &str) -> String {
    const MOST_CHARACTERS: usize = 300;
    let line: Vec<char> = text.trim().replace('\n', " / ").chars().collect();
    if line.len() <= 2 * MOST_CHARACTERS {
        return line.into_iter().collect();
    }
    let start = &line[..MOST_CHARACTERS];
    let end = &line[line.len() - MOST_CHARACTERS..];
    format!("{} … {}", start.iter().collect::<String>(), end.iter().collect::<String>())
}

pub(crate) fn copy_folder(from: &Path, to: &Path) -> Outcome<()> {
    for entry in std::fs::read_dir(from).when(from.display())? {
        let entry = entry.when(from.display())?;
        let source = entry.path();
        let target = to.join(entry.file_name());
        if entry.file_type().when(source.display())?.is_dir() {
            std::fs::create_dir(&target).when(target.display())?;
            copy_folder(&source, &target)?;
        } else {
            std::fs::copy(&source, &target).when(source.display())?;
        }
    }
    Ok(())
}
