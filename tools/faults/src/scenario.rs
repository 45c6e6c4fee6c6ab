//! What is done while the storage fails.

use crate::failure::{Failure, Outcome};
use crate::known::Known;
use crate::program::{Place, Program, Run, words};
use crate::record::{self, Operation};

/// A command in a lab that is in a certain state.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name in the table.
    pub name: &'static str,
    /// What was done before, on storage that works.
    before: &'static [&'static [&'static str]],
    /// What meets the fault. Words in capitals stand for paths.
    command: &'static [&'static str],
    /// Whether doing it again must succeed; else it may say that there is nothing left to do.
    again_succeeds: bool,
}

const SCAN: &[&str] = &["scan", "DEMO", "--case", "c"];
const BLANK: &[&str] = &["scan", "BLANK", "--case", "c"];
const IMPORT: &[&str] = &["hash-set", "import", "SET"];

/// All of them.
pub const SCENARIOS: [Scenario; 12] = [
    Scenario { name: "first scan of a lab", before: &[], command: SCAN, again_succeeds: true },
    Scenario {
        name: "scan of two items into a case, with a set",
        before: &[BLANK],
        command: &["scan", "DEMO", "FOLDER", "--case", "c", "--hash-set", "SET"],
        again_succeeds: true,
    },
    Scenario {
        name: "custody add",
        before: &[BLANK],
        command: &["custody", "add", "note", "c", "--text", "seen"],
        again_succeeds: true,
    },
    Scenario {
        name: "key new",
        before: &[BLANK],
        command: &["key", "new", "--holder", "Amina"],
        again_succeeds: true,
    },
    Scenario {
        name: "key revoke (the lab's)",
        before: &[BLANK],
        command: &["key", "revoke", "athar lab", "--reason", "lost"],
        again_succeeds: true,
    },
    Scenario { name: "hash-set import", before: &[BLANK], command: IMPORT, again_succeeds: true },
    Scenario {
        name: "hash-set remove",
        before: &[BLANK, IMPORT],
        command: &["hash-set", "remove", "known-bad", "--reason", "old"],
        again_succeeds: false,
    },
    Scenario {
        name: "match",
        before: &[SCAN, IMPORT],
        command: &["match", "--hash-set", "known-bad", "--case", "c"],
        again_succeeds: true,
    },
    Scenario {
        name: "export",
        before: &[SCAN],
        command: &["export", "c", "--format", "jsonl"],
        again_succeeds: true,
    },
    Scenario {
        name: "custody export, folder",
        before: &[SCAN],
        command: &["custody", "export", "c", "OUT"],
        again_succeeds: true,
    },
    Scenario {
        name: "custody export, zip",
        before: &[SCAN],
        command: &["custody", "export", "c", "OUT.zip"],
        again_succeeds: true,
    },
    Scenario {
        name: "hash-set export",
        before: &[BLANK, IMPORT],
        command: &["hash-set", "export", "known-bad", "--format", "kdb", "--to", "OUT.kdb"],
        again_succeeds: true,
    },
];

impl Scenario {
    /// The place as it was before the fault.
    pub(crate) fn prepared<'p>(&self, program: &'p Program) -> Outcome<Prepared<'p>> {
        let place = program.place()?;
        for words in self.before {
            succeed(&place, &place.resolved(words, 0))?;
        }
        let before = Known::of(&place.copy()?)?;
        let done = place.copy()?;
        let words = done.resolved(self.command, 1);
        let run = done.recorded(&words, None)?;
        if !run.is_well() {
            return Err(Failure::new(format!("{}: {}", self.name, run.shown())));
        }
        let operations = record::read(&done.record)?;
        Ok(Prepared { scenario: *self, before, after: Known::of(&done)?, operations, place })
    }
}

/// A scenario that can be tried again and again.
pub(crate) struct Prepared<'p> {
    pub(crate) scenario: Scenario,
    pub(crate) before: Known,
    /// As it is after the command when nothing fails.
    pub(crate) after: Known,
    /// The calls when nothing fails.
    pub(crate) operations: Vec<Operation>,
    pub(crate) place: Place<'p>,
}

impl Prepared<'_> {
    pub(crate) fn command(&self, place: &Place<'_>) -> Vec<String> {
        place.resolved(self.scenario.command, 1)
    }

    /// Does it again, now that all works; what was exported goes to another place. Gives what is wrong.
    pub(crate) fn again(&self, place: &Place<'_>, resume: bool) -> Outcome<Vec<String>> {
        let command = place.resolved(self.scenario.command, 2);
        let mut wrong = Vec::new();
        if resume && command.first().is_some_and(|word| word == "scan") {
            wrong.extend(resumed(place)?);
        }
        let run = place.run(&command)?;
        if !run.is_well() && self.scenario.again_succeeds {
            wrong.push(format!("done again: {}", run.shown()));
        }
        // What a command that found nothing left to do did not sign.
        place.run(&words(&["custody", "checkpoint"]))?;
        Ok(wrong)
    }
}

/// Finishes the scan by `--resume`, where there is something to finish.
pub(crate) fn resumed(place: &Place<'_>) -> Outcome<Vec<String>> {
    if !place.program.resumes() || !place.lab().join("cases/c.db").exists() {
        return Ok(Vec::new());
    }
    let run = place.run(&words(&["scan", "--resume", "--case", "c"]))?;
    let nothing_left =
        run.status.code() == Some(2) && run.err.contains("nothing is to be finished");
    Ok(if run.is_well() || nothing_left {
        Vec::new()
    } else {
        vec![format!("resumed: {}", run.shown())]
    })
}

/// Asks a case, which may not be complete: 3 says so.
pub(crate) fn answer(place: &Place<'_>, words: &[String]) -> Outcome<Run> {
    let run = place.run(words)?;
    match run.is_well() || run.status.code() == Some(3) {
        true => Ok(run),
        false => Err(Failure::new(format!("{}: {}", words.join(" "), run.shown()))),
    }
}

pub(crate) fn succeed(place: &Place<'_>, words: &[String]) -> Outcome<Run> {
    let run = place.run(words)?;
    match run.is_well() {
        true => Ok(run),
        false => Err(Failure::new(format!("{}: {}", words.join(" "), run.shown()))),
    }
}
