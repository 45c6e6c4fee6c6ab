//! The end of a command: what it appended to ledgers is signed, and what became of that is said.

use case_model::{RecordName, to_hex};
use casework::{Session, Signature};
use custody::{SignedCheckpoint, grouped_hex};
use serde_json::json;

use crate::arguments::Global;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

/// Characters of the root that a line at the end of a command shows: four groups of four digits.
const SHORT_ROOT_CHARACTERS: usize = 19;

/// Signs what is not signed yet, and says what this session signed. A key that cannot be used is said, and is no failure: the entries are
/// recorded, and the next command that can sign covers them. A ledger that does not fit what was signed before is a failure.
///
/// What the lab's ledger names and is not there, and entries of others that nobody signed, are said by every command: it ends with 3 then.
pub(crate) fn end_session(
    global: &Global,
    session: Option<Session>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Some(mut session) = session else { return Ok(Exit::Complete) };
    let signed = session.sign_all();
    let mut exit = Exit::Complete;
    say_migrations(&session, output);
    for (name, signature) in session.signatures() {
        match signature {
            Signature::Made(signed) => say(global, name, signed, output),
            Signature::NotNeeded => {}
            Signature::Unsigned(unsigned) => {
                if unsigned.is_foreign() {
                    exit = Exit::Incomplete;
                }
                let why = &unsigned.why;
                output.aside(
                    &format!("athar: {name}: its last entries are not signed: {why}"),
                    &json!({ "event": "unsigned", "record": name.to_string(), "why": why }),
                );
            }
        }
    }
    signed?;
    say_unrecorded(&session, output)?;
    for sentence in session.missing()?.sentences() {
        exit = Exit::Incomplete;
        output.warn(
            &format!("athar: {}", safe(&sentence)),
            &json!({ "event": "missing", "what": sentence }),
        )?;
    }
    Ok(exit)
}

/// Says that nothing could be recorded, whatever was asked for: elsewhere every answer leaves its entry.
fn say_unrecorded(session: &Session, output: &mut Output) -> Result<(), Failure> {
    if session.unrecorded() == 0 {
        return Ok(());
    }
    let place = session.read_only_place();
    let text = format!(
        "athar: {}: nothing can be written here: this answer is recorded in no ledger",
        safe(&place.to_string_lossy())
    );
    output.warn(&text, &json!({ "event": "not-recorded", "place": place.to_string_lossy() }))
}

/// Files that were changed to a newer layout because they were opened.
fn say_migrations(session: &Session, output: &Output) {
    for migration in session.migrations() {
        let file = migration.file.display();
        let copy = migration.copy.display();
        let from = migration.from;
        let to = migration.to;
        let text = format!(
            "{file}: brought from layout {from} to {to}; as it was before, it is kept in {copy}"
        );
        let sha256 = to_hex(&migration.sha256);
        output.aside(
            &text,
            &json!({ "event": "layout", "file": file.to_string(), "from": from, "to": to, "copy": copy.to_string(), "copy_sha256": sha256 }),
        );
    }
}

fn say(global: &Global, record: &RecordName, signed: &SignedCheckpoint, output: &Output) {
    let checkpoint = signed.checkpoint();
    let size = checkpoint.size();
    let root = grouped_hex(checkpoint.root());
    let (case, command) = match record {
        RecordName::Lab => (None, "athar custody checkpoint".to_owned()),
        RecordName::Case(id) => (Some(id.as_str()), format!("athar custody checkpoint {id}")),
    };
    let entries = counted(size, "entry", "entries");
    let text = match global.verbose {
        true => format!("Checkpoint of {record}: {entries}, root {root}"),
        false => {
            let root = root.get(..SHORT_ROOT_CHARACTERS).unwrap_or(&root);
            format!(
                "Checkpoint of {record}: {entries}, root {root} … (`{command}` prints it for the paper)"
            )
        }
    };
    // The lab's own ledger moves with most commands; people look at it when they ask for it.
    if case.is_some() || global.verbose || global.json {
        output.aside(&text, &json!({ "event": "checkpoint", "case": case, "entries": size, "root": to_hex(checkpoint.root()) }));
    }
}
