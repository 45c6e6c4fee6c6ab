//! `athar custody restore`: goes on with an older copy of a case file.

use case_model::to_hex;
use case_store::RecordName;
use custody::{Act, EntryBody};

use super::opened::Opened;
use crate::arguments::{Global, Restore};
use crate::exit::{Exit, Failure};
use crate::open_lab::scribe;
use crate::output::Output;

pub(super) fn run(global: &Global, arguments: &Restore, output: &mut Output) -> Result<Exit, Failure> {
    let mut opened = Opened::as_it_is(global, Some(&arguments.case))?;
    let RecordName::Case(id) = opened.name.clone() else { return Ok(Exit::Usage) };
    let lab = opened.lab.clone();
    let kept = lab.last_known(&opened.name)?;
    match lab.open_case(&id) {
        Err(case_store::StoreError::Refused(_)) => {}
        Err(other) => return Err(other.into()),
        Ok(_) => {
            return Err(Failure::Usage(format!(
                "case {id} is not an older copy: it fits its last checkpoint"
            )));
        }
    }
    let standing = opened.ledger().standing(&[])?;
    if let Some(fault) = &standing.record.chain.fault {
        return Err(Failure::Check(format!(
            "case {id}: its chain is broken ({fault}): this is no older copy but a changed one, and is not worked with"
        )));
    }
    let own = opened.last_checkpoint()?;
    let judged = standing.record.judge_checkpoint(&standing.origin, &own, &[]);
    judged.map_err(|fault| {
        Failure::Check(format!("case {id}: this copy does not fit its own checkpoint: {fault}"))
    })?;
    let scribe = scribe(global, &lab);
    let entry = || -> EntryBody {
        let mut entry = scribe
            .entry(Act::Restore)
            .case(id.as_str())
            .reason(arguments.reason.as_str())
            .field("from", arguments.from.as_str())
            .field("head", to_hex(&standing.head().hash))
            .field("entries", standing.head().seq);
        if let Some(kept) = &kept {
            let kept = kept.checkpoint();
            entry = entry.field("given_up_entries", kept.size()).field("given_up_root", to_hex(kept.root()));
        }
        entry
    };
    // First the lab's ledger: what is given up is on record before it is given up.
    lab.ledger()?.append(&entry())?;
    lab.replace_last_known(&opened.name, &own)?;
    lab.open_case(&id)?.append(&entry())?;
    output.remark(&format!(
        "Case {id} goes on from entry {}; what it had beyond is given up, and both ledgers say so. Whoever keeps a later checkpoint will ask.",
        standing.head().seq
    ))?;
    Ok(Exit::Complete)
}
