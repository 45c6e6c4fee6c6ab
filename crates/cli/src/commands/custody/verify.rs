//! `athar custody verify`.

use std::path::Path;

use case_model::to_hex;
use casework::{Outside, Verdict, judge, read_small};
use custody::{EntryProof, Guarantee, SignedCheckpoint, Standing, grouped_hex};
use serde_json::json;

use super::verdict::{exit_of, guarantees_json, print_guarantees};
use super::{verify_all, verify_export};
use crate::arguments::VerifyCustody;
use crate::desk::{Desk, open_record};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &VerifyCustody,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let outside = outside(arguments)?;
    if arguments.all {
        return verify_all::run(desk, &outside, output);
    }
    let what = arguments.what.as_deref();
    if let Some(path) = what.map(Path::new).filter(|path| is_export(path)) {
        return verify_export::run(path, &outside, output);
    }
    if let Some(path) =
        what.map(Path::new).filter(|path| path.extension().is_some_and(|end| end == "tlog-proof"))
    {
        return verify_proof(path, &outside, output);
    }
    let mut judged = open_record(desk, what)?;
    let verdict = judge(&mut judged, &outside)?;
    match output.is_json() {
        true => output.object(&json_of(&verdict))?,
        false => print(&verdict, output)?,
    }
    Ok(exit_of(verdict.standing()))
}

/// A folder that says it is a bag, or a zip file.
fn is_export(path: &Path) -> bool {
    path.join("bagit.txt").exists()
        || (path.is_file() && path.extension().is_some_and(|end| end == "zip"))
}

fn outside(arguments: &VerifyCustody) -> Result<Outside, Failure> {
    let mut outside = Outside::default();
    for path in &arguments.against {
        let read = SignedCheckpoint::from_bytes(&read_small(path)?);
        let signed =
            read.map_err(|error| Failure::Usage(format!("--against {}: {error}", path.display())))?;
        outside.against.push((path.display().to_string(), signed));
    }
    for path in &arguments.key {
        let text = String::from_utf8_lossy(&read_small(path)?).into_owned();
        let key = text.trim_end().parse();
        outside.keys.push(
            key.map_err(|error| Failure::Usage(format!("--key {}: {error}", path.display())))?,
        );
    }
    Ok(outside)
}

fn print(verdict: &Verdict, output: &mut Output) -> Result<(), Failure> {
    for finding in &verdict.findings {
        output.line(&format!("NOT VALID: {}", safe(finding)))?;
    }
    let chain = &verdict.reading.record.chain;
    let standing = verdict.standing();
    if standing == Standing::NotValid {
        output.line(&format!("  good up to    entry {} of {}", chain.head.seq, chain.entries))?;
    } else {
        let signed = match verdict.covered {
            0 => "NOTHING is signed".to_owned(),
            covered => format!("signed up to entry {covered}"),
        };
        output.line(&format!(
            "{}: {}, each bound to the one before; {signed}",
            standing.words(),
            counted(chain.entries, "entry", "entries")
        ))?;
    }
    print_guarantees(standing, &verdict.guarantees, output)?;
    output.line(&format!("  last entry    {}", to_hex(&chain.head.hash)))?;
    output.line(&format!("  tree root     {}", grouped_hex(&chain.root)))?;
    output.line(&format!(
        "  signed        {}, {} of them kept outside the file; {}",
        counted(verdict.checkpoints + verdict.against, "checkpoint holds", "checkpoints hold"),
        verdict.against,
        counted(verdict.signatures, "personal signature", "personal signatures")
    ))?;
    if verdict.cosigned > 0 {
        output.line(&format!("  witnessed     up to entry {}", verdict.cosigned))?;
    }
    for (size, time) in &verdict.stamps {
        output.line(&format!(
            "  time stamp    {time} for the checkpoint of {} (digest compared here, signature by `openssl ts -verify`)",
            counted(*size, "entry", "entries")
        ))?;
    }
    for compared in &verdict.index {
        output.line(&format!("  index         {}", safe(compared)))?;
    }
    for key in verdict.reading.keys().keys() {
        let state = key.void_from.map_or(String::new(), |seq| format!(", VOID from entry {seq}"));
        output.line(&format!(
            "  key           {} {}, from entry {}{state}",
            key.role,
            safe(key.key.name()),
            key.added_by
        ))?;
        output.line(&format!("                {}", key.key.fingerprint()))?;
    }
    for remark in &verdict.remarks {
        output.remark(&format!("  note: {}", safe(remark)))?;
    }
    let only_keys =
        !verdict.guarantees.all().iter().any(|given| !matches!(given, Guarantee::Key { .. }));
    if standing != Standing::NotValid && only_keys {
        output.remark("  note: who has the lab's key can write everything anew: keep a checkpoint outside (`athar custody checkpoint --qr`, `witness`)")?;
    }
    Ok(())
}

fn json_of(verdict: &Verdict) -> serde_json::Value {
    let chain = &verdict.reading.record.chain;
    let keys: Vec<_> = verdict
        .reading
        .keys()
        .keys()
        .iter()
        .map(|key| {
            json!({ "key": key.key.to_string(), "role": key.role.key(), "holder": key.holder, "fingerprint": key.key.fingerprint(), "from": key.added_by, "void_from": key.void_from })
        })
        .collect();
    let stamps: Vec<_> = verdict
        .stamps
        .iter()
        .map(|(size, time)| json!({ "checkpoint": size, "time": time }))
        .collect();
    json!({
        "verdict": verdict.standing().key(),
        "proved_up_to": verdict.guarantees.proved(),
        "outside": guarantees_json(&verdict.guarantees),
        "origin": verdict.reading.origin,
        "entries": chain.entries,
        "good": chain.head.seq,
        "head": to_hex(&chain.head.hash),
        "root": to_hex(&chain.root),
        "fault": verdict.findings.first(),
        "findings": verdict.findings,
        "remarks": verdict.remarks,
        "signed_up_to": verdict.covered,
        "witnessed_up_to": verdict.cosigned,
        "checkpoints": verdict.checkpoints,
        "checkpoints_kept_outside": verdict.against,
        "personal_signatures": verdict.signatures,
        "time_stamps": stamps,
        "index": verdict.index,
        "keys": keys,
    })
}

/// One proof alone: needs the lab's key and nothing else.
fn verify_proof(path: &Path, outside: &Outside, output: &mut Output) -> Result<Exit, Failure> {
    let shown = path.display();
    if outside.keys.is_empty() {
        return Err(Failure::Usage(format!(
            "{shown}: a proof is worth what its key is: give the lab's public key (--key)"
        )));
    }
    let refused = |why: String| Failure::Check(format!("{shown}: NOT VALID: {why}"));
    let proof =
        EntryProof::from_bytes(&read_small(path)?).map_err(|error| refused(error.to_string()))?;
    let body =
        proof.body.clone().ok_or_else(|| refused("it does not hold its entry".to_owned()))?;
    let signers = proof.verify(&body, &outside.keys).map_err(|error| refused(error.to_string()))?;
    let entry = proof.index.saturating_add(1);
    let checkpoint = proof.checkpoint.checkpoint();
    let text = String::from_utf8_lossy(&body);
    if output.is_json() {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_else(|_| json!(text));
        let by: Vec<_> = signers.iter().map(|signer| signer.key.to_string()).collect();
        output.object(&json!({ "verdict": Standing::Proved.key(), "origin": checkpoint.origin(), "entry": entry, "checkpoint": checkpoint.size(), "signed_by": by, "body": body }))?;
    } else {
        output.line(&format!(
            "proved: entry {entry} of {}, under its checkpoint of {} and the key that was given",
            safe(checkpoint.origin()),
            counted(checkpoint.size(), "entry", "entries")
        ))?;
        for signer in &signers {
            output.line(&format!("  signed by     {}", safe(&signer.key.to_string())))?;
        }
        output.line(&format!("  entry         {}", safe(&text)))?;
    }
    Ok(Exit::Complete)
}
