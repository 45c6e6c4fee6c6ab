//! All programs on one image, in turns, so that what else the machine does hits all of them alike.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::contender::{Contender, SCAN, contenders};
use super::extracted_files::ExtractedFiles;
use super::measured_run::{Run, measure};
use super::page_cache::{drop_caches, warm_program};
use super::subject::Subject;
use crate::failure::{Attempt, Outcome};

/// A program whose run took longer is not run again, and never cold.
const NOT_AGAIN_AFTER: Duration = Duration::from_secs(15);

/// How it is measured.
pub(super) struct Plan<'p> {
    pub(super) athar: &'p Path,
    pub(super) threads: u16,
    pub(super) runs: usize,
    pub(super) cold: bool,
    /// Time after which a program is ended.
    pub(super) most: Duration,
    /// Folder for what the programs write.
    pub(super) scratch: &'p Path,
}

/// What was measured on one image.
pub(super) struct SideBySide {
    pub(super) subject: Subject,
    pub(super) results: Vec<Measured>,
    pub(super) scanned: Option<Scanned>,
    pub(super) remarks: Vec<String>,
}

/// What was measured of one program.
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) work: &'static str,
    pub(super) command: String,
    pub(super) runs: Vec<Run>,
    pub(super) cold: Option<Run>,
    /// Why there is no run, or why a run does not count.
    pub(super) fault: Option<String>,
}

/// What athar found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    pub(super) state: String,
    /// Streams and objects without content: the rows of the index.
    pub(super) entries: u64,
    pub(super) hashed_bytes: u64,
}

/// Measures all programs on an image.
pub(super) fn hold(subject: Subject, plan: &Plan<'_>) -> Outcome<SideBySide> {
    eprintln!("{}: {} MB", subject.path.display(), subject.bytes / 1_000_000);
    let files = ExtractedFiles::of(&subject, plan.scratch);
    let contenders = contenders(plan.athar, plan.threads, &subject, &files);
    let folder = files.path().unwrap_or(Path::new(""));
    let mut comparison = SideBySide {
        results: contenders.iter().map(|contender| measured(contender, &subject, folder)).collect(),
        remarks: files.told().map(str::to_owned).into_iter().collect(),
        scanned: None,
        subject,
    };
    comparison.subject.warm_up()?;
    for turn in 1..=plan.runs {
        for (at, contender) in contenders.iter().enumerate() {
            comparison.take_turn(at, contender, &format!("{turn}/{}", plan.runs), plan)?;
        }
    }
    if plan.cold {
        for (at, contender) in contenders.iter().enumerate() {
            comparison.run_cold(at, contender, files.path(), plan)?;
        }
    }
    Ok(comparison)
}

fn measured(contender: &Contender, subject: &Subject, files: &Path) -> Measured {
    if let Some(why) = &contender.lacking {
        println!("SKIPPED: {} on {}: {why}", contender.name, subject.name());
    }
    Measured {
        name: contender.name,
        work: contender.work,
        command: contender.typed(subject, files),
        runs: Vec::new(),
        cold: None,
        fault: contender.lacking.clone(),
    }
}

impl Measured {
    fn may_run(&self) -> bool {
        self.fault.is_none()
            && self.runs.iter().all(|run| run.wall < NOT_AGAIN_AFTER || self.name == SCAN)
    }
}

impl SideBySide {
    fn take_turn(
        &mut self,
        at: usize,
        contender: &Contender,
        turn: &str,
        plan: &Plan<'_>,
    ) -> Outcome<()> {
        if self.results.get(at).is_some_and(Measured::may_run)
            && let Some(run) = self.run(at, contender, turn, plan)?
            && let Some(measured) = self.results.get_mut(at)
        {
            measured.runs.push(run);
        }
        Ok(())
    }

    fn run_cold(
        &mut self,
        at: usize,
        contender: &Contender,
        files: Option<&Path>,
        plan: &Plan<'_>,
    ) -> Outcome<()> {
        if self.results.get(at).is_some_and(Measured::may_run) {
            drop_caches(&self.subject, files);
            warm_program(contender.command().get_program());
            let run = self.run(at, contender, "cold", plan)?;
            if let Some(measured) = self.results.get_mut(at) {
                measured.cold = run;
            }
        }
        Ok(())
    }

    /// One run, in a folder that vanishes. A run that failed does not count, and is said.
    fn run(
        &mut self,
        at: usize,
        contender: &Contender,
        turn: &str,
        plan: &Plan<'_>,
    ) -> Outcome<Option<Run>> {
        let folder =
            TempDir::with_prefix_in("athar-run-", plan.scratch).when("temporary folder")?;
        let run = measure(&mut contender.command(), folder.path(), plan.most)?;
        eprintln!(
            "  {turn:>4}  {:<22} {:>8.2} s {:>8.2} s of processors",
            contender.name,
            run.wall.as_secs_f64(),
            run.processor.as_secs_f64()
        );
        let done = run.cut_off || run.exit.is_some_and(|exit| contender.success.contains(&exit));
        if !done {
            let said = std::fs::read(folder.path().join("stderr")).unwrap_or_default();
            let said = String::from_utf8_lossy(&said).lines().last().unwrap_or_default().to_owned();
            let fault = format!("ended with {:?}: {said}", run.exit);
            println!("FAILED: {} on {}: {fault}", contender.name, self.subject.name());
            if let Some(measured) = self.results.get_mut(at) {
                measured.fault = Some(fault);
            }
            return Ok(None);
        }
        if contender.name == SCAN && !run.cut_off {
            let said = std::fs::read(folder.path().join("stdout")).unwrap_or_default();
            self.scanned = scanned(&said);
        }
        Ok(Some(run))
    }
}

/// Reads what `athar scan --json` says.
fn scanned(said: &[u8]) -> Option<Scanned> {
    let mut lines = said.split(|byte| *byte == b'\n');
    let image = lines.find_map(|line| {
        serde_json::from_slice::<Value>(line).ok().filter(|value| value["streams"].is_array())
    })?;
    let count = |value: &Value| {
        value["allocated"]
            .as_u64()
            .unwrap_or(0)
            .saturating_add(value["deleted"].as_u64().unwrap_or(0))
    };
    Some(Scanned {
        state: image["state"].as_str().unwrap_or_default().to_owned(),
        entries: image["streams"].as_array().into_iter().flatten().map(count).sum(),
        hashed_bytes: image["hashed_bytes"].as_u64().unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::{Scanned, scanned};

    #[test]
    fn the_report_of_a_scan_is_counted() {
        let said = concat!(
            r#"{"state":"complete","hashed_bytes":77,"streams":[{"allocated":5,"deleted":2},{"allocated":1,"deleted":0}]}"#,
            "\n",
            r#"{"case":"bench"}"#
        );
        let expected = Scanned { state: "complete".to_owned(), entries: 8, hashed_bytes: 77 };
        assert_eq!(scanned(said.as_bytes()), Some(expected));
        assert_eq!(scanned(b"\n{}"), None);
    }
}
