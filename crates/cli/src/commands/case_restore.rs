//! `athar case restore`: brings a case back from a copy.

use case_model::{CaseId, to_hex};
use casework::{GivenUp, RestoredCase, Session, case_id};
use serde_json::json;

use crate::arguments::RestoreCase;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{counted, noun};

pub(super) fn run(
    session: &mut Session,
    arguments: &RestoreCase,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id = case_id(&arguments.case)?;
    let restored = session.restore_case(&id, &arguments.backup, &arguments.reason)?;
    say(&id, &restored, output)?;
    Ok(if matches!(restored.given_up, GivenUp::Entries(_)) {
        Exit::Incomplete
    } else {
        Exit::Complete
    })
}

fn say(id: &CaseId, restored: &RestoredCase, output: &mut Output) -> Result<(), Failure> {
    let place = &restored.place;
    let entries = restored.head.seq;
    let known = restored.known;
    if output.is_json() {
        let lost = if let GivenUp::Entries(more) = restored.given_up { more } else { 0 };
        return output.object(&json!({
            "case": id.as_str(), "path": place.to_string_lossy(), "entries": entries, "known_entries": known, "given_up": lost,
            "head": to_hex(&restored.head.hash), "sha256": to_hex(&restored.sha256),
        }));
    }
    output.line(&format!(
        "Case {id} is back: {}, {}; checked before it was put in place",
        place.display(),
        counted(entries, "entry", "entries")
    ))?;
    match restored.given_up {
        GivenUp::Nothing => {}
        GivenUp::TheBackup => output.remark("  note: what it lacks is the one entry that recorded this copy; the lab's ledger has it")?,
        GivenUp::Entries(more) => output.line(&format!(
            "  GIVEN UP      the lab knows {} of this case, this copy has {entries}: the last {more} {} lost, with what they record. \
             Both ledgers say so. A later copy would hold more; scan anew what was scanned since",
            counted(known.unwrap_or_default(), "entry", "entries"),
            noun(more, "is", "are")
        ))?,
    }
    Ok(())
}
