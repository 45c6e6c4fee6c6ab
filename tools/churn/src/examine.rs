//! From a recipe to a verdict.

use std::fs;
use std::path::{Path, PathBuf};

use faults::{Attempt, Outcome};

use crate::compare::{Verdict, compare};
use crate::disk::{Recipe, build, scratch};
use crate::disk_state::DiskState;
use crate::scan::Lab;

/// Each so many seeds the disk is scanned a second time, with one thread.
const SECOND_SCAN: u64 = 8;

/// Who examines disks.
#[derive(Clone, Debug)]
pub struct Examiner {
    /// The program.
    pub athar: PathBuf,
    /// Where images are put that are looked at afterwards, with their log; `None`: they vanish.
    pub keep: Option<PathBuf>,
}

/// A disk that was examined.
#[derive(Debug)]
pub struct Examined {
    /// In which state it was taken.
    pub state: DiskState,
    /// The command that formatted it, and the options of the mount.
    pub made_by: String,
    /// A line an operation.
    pub log: Vec<String>,
    /// What was found.
    pub verdict: Verdict,
}

impl Examiner {
    /// Builds a disk, scans it, and compares.
    ///
    /// # Errors
    /// The disk cannot be built, or a program cannot be started: not a fault of athar.
    pub fn examine(&self, recipe: &Recipe) -> Outcome<Examined> {
        let folder = scratch()?;
        let disk = build(recipe, folder.path())?;
        let lab = Lab::new(&self.athar)?;
        let scan = lab.scan(&disk.image)?;
        let mut verdict = compare(recipe.system, &disk, &scan)?;
        if recipe.seed.is_multiple_of(SECOND_SCAN) && scan.ended.hang.is_none() {
            self.compare_threads(&lab, &disk.image, &mut verdict)?;
        }
        if let Some(keep) = &self.keep {
            self.keep(keep, recipe, &disk.image, &disk.log)?;
        }
        Ok(Examined { state: disk.state, made_by: disk.made_by, log: disk.log, verdict })
    }

    /// The index does not depend on the number of threads.
    fn compare_threads(&self, lab: &Lab<'_>, image: &Path, verdict: &mut Verdict) -> Outcome<()> {
        let other = Lab::new(&self.athar)?;
        let scan =
            other.athar(&["scan", "--case", "c", "--quiet", "--threads", "1"], Some(image))?;
        let what = match scan.hang {
            Some(hang) => hang,
            None if other.index_digest()? == lab.index_digest()? => return Ok(()),
            None => "the index has another digest".to_owned(),
        };
        let difference = crate::Difference { kind: "one-thread", path: String::new(), what };
        verdict.differences.push(difference);
        Ok(())
    }

    fn keep(&self, keep: &Path, recipe: &Recipe, image: &Path, log: &[String]) -> Outcome<()> {
        fs::create_dir_all(keep).when(keep.display())?;
        let name = format!("{}-{}", recipe.system.name, recipe.seed);
        fs::copy(image, keep.join(format!("{name}.raw"))).when(keep.display())?;
        fs::write(keep.join(format!("{name}.log")), log.join("\n") + "\n").when(keep.display())
    }
}
