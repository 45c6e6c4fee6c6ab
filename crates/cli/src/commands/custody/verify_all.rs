//! `athar custody verify --all`: the lab's own ledger and those of all cases, one line each, and one verdict.

use case_model::{CaseId, RecordName};
use casework::{Outside, Session, Verdict, judge};
use custody::Standing;
use serde_json::json;

use super::verdict::exit_of;
use crate::desk::Desk;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

/// What became of all ledgers.
struct Total {
    ledgers: u64,
    worst: Standing,
}

pub(super) fn run(
    desk: &mut Desk<'_>,
    outside: &Outside,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let session = desk.open()?;
    let mut names = vec![RecordName::Lab];
    names.extend(session.lab().cases()?.into_iter().map(RecordName::Case));
    // The ledger of a lab that is not there is a line of its own.
    let missing = session.missing().map(|missing| missing.cases).unwrap_or_default();
    names.extend(missing.into_iter().map(RecordName::Case));
    let removed = session.removed_cases().unwrap_or_default();
    let removed =
        removed.iter().filter_map(|removed| CaseId::new(&removed.name).ok()).map(RecordName::Case);
    for name in removed {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut total = Total { ledgers: 0, worst: Standing::Proved };
    for name in names {
        let verdict = verdict(session, &name, outside);
        total.add(&name, verdict, output)?;
    }
    total.print(output)
}

/// Judges one ledger. One that cannot be read is not valid, and holds nobody up.
fn verdict(session: &mut Session, name: &RecordName, outside: &Outside) -> Result<Verdict, String> {
    let mut judged = session.look_at(name).map_err(|error| error.to_string())?;
    judge(&mut judged, outside).map_err(|error| error.to_string())
}

impl Total {
    fn add(
        &mut self,
        name: &RecordName,
        verdict: Result<Verdict, String>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let standing = verdict.as_ref().map_or(Standing::NotValid, Verdict::standing);
        self.ledgers += 1;
        self.worst = worse(self.worst, standing);
        let findings = match &verdict {
            Ok(verdict) => verdict.findings.clone(),
            Err(error) => vec![error.clone()],
        };
        let entries = verdict.as_ref().map_or(0, |verdict| verdict.reading.record.chain.entries);
        let signed = verdict.as_ref().map_or(0, |verdict| verdict.covered);
        if output.is_json() {
            return output.object(&json!({
                "case": name.case().map(CaseId::as_str), "verdict": standing.key(), "entries": entries,
                "signed_up_to": signed, "findings": findings,
            }));
        }
        let more = match findings.len() {
            0 | 1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let what = match findings.first() {
            Some(first) => format!("{}{more}", safe(first)),
            None => {
                format!("{}, signed up to entry {signed}", counted(entries, "entry", "entries"))
            }
        };
        output.line(&format!("{name}  {}: {what}", standing.words()))
    }

    fn print(&self, output: &mut Output) -> Result<Exit, Failure> {
        if output.is_json() {
            output.object(&json!({ "ledgers": self.ledgers, "verdict": self.worst.key() }))?;
        } else {
            let what = match self.worst {
                Standing::NotValid => "    next: athar custody verify CASE",
                Standing::Consistent => {
                    "    next: give the lab's public key (--key) or checkpoints kept outside (--against)"
                }
                Standing::Proved => "",
            };
            output.line(&format!("all {} ledgers: {}{what}", self.ledgers, self.worst.words()))?;
        }
        Ok(exit_of(self.worst))
    }
}

/// Returns the worse of two verdicts.
fn worse(one: Standing, other: Standing) -> Standing {
    match (one, other) {
        (Standing::NotValid, _) | (_, Standing::NotValid) => Standing::NotValid,
        (Standing::Consistent, _) | (_, Standing::Consistent) => Standing::Consistent,
        (Standing::Proved, Standing::Proved) => Standing::Proved,
    }
}
