//! `athar custody restore`: goes on with an older copy of a case file, or of the lab's ledger.

use case_model::to_hex;
use case_store::{Lab, RecordName, StoreError};
use custody::{Act, Checkpoint, EntryBody, Head, SignedCheckpoint};
use pipeline::Scribe;

use super::opened::Opened;
use crate::arguments::{Global, Restore};
use crate::exit::{Exit, Failure};
use crate::open_lab::scribe;
use crate::output::Output;

pub(super) fn run(global: &Global, arguments: &Restore, output: &mut Output) -> Result<Exit, Failure> {
    let mut opened = Opened::as_it_is(global, arguments.case.as_deref())?;
    let (lab, name) = (opened.lab.clone(), opened.name.clone());
    must_be_refused(&lab, &name)?;
    let kept = lab.last_known(&name)?;
    let (head, own) = whole(&mut opened)?;
    let scribe = scribe(global, &lab);
    let entry =
        || restore_entry(&scribe, arguments, &name, head, kept.as_ref().map(SignedCheckpoint::checkpoint));
    // First the lab's ledger: what is given up is on record before it is given up.
    match &name {
        RecordName::Case(id) => {
            lab.ledger()?.append(&entry())?;
            lab.replace_last_known(&name, &own)?;
            lab.open_case(id)?.append(&entry())?;
        }
        RecordName::Lab => {
            lab.ledger_as_it_is()?.append(&entry())?;
            lab.replace_last_known(&name, &own)?;
            // Opened for work, it is signed when the command ends.
            lab.ledger()?;
        }
    }
    output.remark(&format!(
        "{name} goes on from entry {}; what it had beyond is given up, and the ledger says so. Whoever keeps a later checkpoint will ask.",
        head.seq
    ))?;
    Ok(Exit::Complete)
}

/// Only what the program refuses to work with is restored.
fn must_be_refused(lab: &Lab, name: &RecordName) -> Result<(), Failure> {
    let opened = match name {
        RecordName::Case(id) => lab.open_case(id).map(drop),
        RecordName::Lab => lab.ledger().map(drop),
    };
    match opened {
        Err(StoreError::Refused(_)) => Ok(()),
        Err(other) => Err(other.into()),
        Ok(()) => Err(Failure::Usage(format!("{name} is not an older copy: it fits its last checkpoint"))),
    }
}

/// The head and the last checkpoint of an older copy, which is whole in itself. A changed ledger is not.
fn whole(opened: &mut Opened) -> Result<(Head, SignedCheckpoint), Failure> {
    let name = opened.name.clone();
    let standing = opened.ledger().standing(&[])?;
    if let Some(fault) = &standing.record.chain.fault {
        return Err(Failure::Check(format!(
            "{name}: its chain is broken ({fault}): this is no older copy but a changed one, and is not worked with"
        )));
    }
    let own = opened.last_checkpoint()?;
    let judged = standing.record.judge_checkpoint(&standing.origin, &own, &[]);
    judged.map_err(|fault| {
        Failure::Check(format!("{name}: this copy does not fit its own checkpoint: {fault}"))
    })?;
    Ok((standing.head(), own))
}

fn restore_entry(
    scribe: &Scribe,
    arguments: &Restore,
    name: &RecordName,
    head: Head,
    given_up: Option<&Checkpoint>,
) -> EntryBody {
    let mut entry = scribe
        .entry(Act::Restore)
        .reason(arguments.reason.as_str())
        .field("from", arguments.from.as_str())
        .field("head", to_hex(&head.hash))
        .field("entries", head.seq);
    if let RecordName::Case(id) = name {
        entry = entry.case(id.as_str());
    }
    match given_up {
        Some(given_up) => {
            entry.field("given_up_entries", given_up.size()).field("given_up_root", to_hex(given_up.root()))
        }
        None => entry,
    }
}
