//! `athar custody show`.

use case_model::to_hex;
use casework::open_actions;
use custody::{SignedNote, StoredEntry};
use serde_json::{Value, json};

use crate::desk::{Desk, open_record};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

/// Characters of a field that are shown without --verbose.
const SHOWN_CHARACTERS: usize = 150;

pub(super) fn run(
    desk: &mut Desk<'_>,
    case: Option<&str>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let global = desk.global;
    let mut judged = open_record(desk, case)?;
    let entries = judged.ledger().entries()?;
    output.page()?;
    let signatures = judged.ledger().signatures()?;
    for entry in &entries {
        let signature =
            signatures.iter().find(|(seq, _)| *seq == entry.seq).map(|(_, note)| signers(note));
        show(entry, signature.as_deref(), global.verbose, output)?;
    }
    for open in open_actions(&entries) {
        let text = format!(
            "  OPEN  entry {}: {} was begun and has no end: it runs now, or was broken off; the next scan of the case closes it",
            open.seq, open.act
        );
        match output.is_json() {
            true => output.object(&json!({ "open": open.seq, "act": open.act.key() }))?,
            false => output.line(&text)?,
        }
    }
    Ok(Exit::Complete)
}

/// The names on a personal signature. Whether it holds is for `verify` to say.
fn signers(note: &[u8]) -> String {
    match SignedNote::from_bytes(note) {
        Ok(note) => {
            note.signatures().iter().map(|line| line.name.as_str()).collect::<Vec<_>>().join(", ")
        }
        Err(error) => format!("not readable: {error}"),
    }
}

fn show(
    entry: &StoredEntry,
    signed_by: Option<&str>,
    verbose: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    // Whatever was done to the bytes, they are shown: as JSON when they are JSON, else escaped.
    let body = serde_json::from_slice::<Value>(&entry.body);
    if output.is_json() {
        let text = body.unwrap_or_else(|_| json!(String::from_utf8_lossy(&entry.body)));
        let mut object = json!({ "seq": entry.seq, "prev": to_hex(&entry.prev), "hash": to_hex(&entry.hash), "body": text });
        if let Some(signed_by) = signed_by {
            object["signed_by"] = json!(signed_by);
        }
        return output.object(&object);
    }
    let Ok(body) = body else {
        return output.line(&format!(
            "{:>5}  not readable: {}",
            entry.seq,
            safe(&String::from_utf8_lossy(&entry.body))
        ));
    };
    let text = |pointer: &str| safe(body.pointer(pointer).and_then(Value::as_str).unwrap_or("?"));
    let declared = body.pointer("/actor/declared").and_then(Value::as_bool).unwrap_or(false);
    let actor =
        format!("{}{}", text("/actor/name"), if declared { "" } else { " (unauthenticated)" });
    output.line(&format!(
        "{:>5}  {}  {:<17} {actor}",
        entry.seq,
        text("/time/start"),
        text("/act")
    ))?;
    for member in ["reason", "place"] {
        if let Some(value) = body.get(member).and_then(Value::as_str) {
            output.line(&format!("       {member}: {}", shortened(value, verbose)))?;
        }
    }
    if let Some(Value::Object(fields)) = body.get("fields") {
        for (name, value) in fields {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            output.line(&format!("       {}: {}", safe(name), shortened(&value, verbose)))?;
        }
    }
    if let Some(signed_by) = signed_by {
        output.line(&format!("       signed by: {}", safe(signed_by)))?;
    }
    output.line(&format!("       hash: {}", to_hex(&entry.hash)))
}

fn shortened(value: &str, verbose: bool) -> String {
    let count = value.chars().count();
    match verbose || count <= SHOWN_CHARACTERS {
        true => safe(value),
        false => {
            let start: String = value.chars().take(SHOWN_CHARACTERS).collect();
            format!(
                "{} … ({}; --verbose shows them)",
                safe(&start),
                counted(count, "character", "characters")
            )
        }
    }
}
