//! `athar custody prove`.

use custody::{EntryProof, leaf_hash};
use serde_json::json;

use super::opened::Opened;
use super::write_new;
use crate::arguments::{Global, Prove};
use crate::checkpoints::Signer;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(global: &Global, arguments: &Prove, output: &mut Output) -> Result<Exit, Failure> {
    let mut opened = Opened::for_work(global, Some(&arguments.case))?;
    let lab = opened.lab.clone();
    Signer::new(global, &lab)?.sign(&opened.name)?;
    let signed = opened.last_checkpoint()?;
    let entry = opened.ledger().entry(arguments.entry)?.ok_or_else(|| {
        let (case, entry) = (&arguments.case, arguments.entry);
        Failure::Usage(format!("case {case} has no entry {entry}; `athar custody show {case}` shows them"))
    })?;
    let mut leaves = Vec::new();
    opened.ledger().each(&mut |entry| {
        leaves.push(leaf_hash(&entry.body));
        true
    })?;
    let proof = EntryProof::new(entry.seq.saturating_sub(1), &entry.body, &leaves, signed);
    let proof = proof.ok_or_else(|| {
        Failure::Check(format!(
            "entry {} is under no signed checkpoint; `athar custody checkpoint` signs it",
            entry.seq
        ))
    })?;
    match &arguments.out {
        Some(path) => {
            write_new(path, proof.to_string().as_bytes())?;
            let (seq, size) = (entry.seq, proof.checkpoint.checkpoint().size());
            if output.is_json() {
                output
                    .object(&json!({ "entry": seq, "checkpoint": size, "file": path.to_string_lossy() }))?;
            }
            output.remark(&format!(
                "Proof of entry {seq} under the checkpoint of {size} entries: {}. `athar custody verify {} --key KEY.vkey` checks it anywhere.",
                path.display(),
                path.display()
            ))?;
        }
        None => output.text(&proof.to_string())?,
    }
    Ok(Exit::Complete)
}
