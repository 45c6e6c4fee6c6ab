//! `athar custody witness`: requests and signatures as files.

use std::path::Path;

use case_model::to_hex;
use custody::{
    KeyKind, KeyRole, SignedCheckpoint, SigningKey, VerifierKey, WitnessRequest, consistency_proof, leaf_hash,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::opened::Opened;
use super::{read_small, write_new};
use crate::arguments::{Global, Witness};
use crate::checkpoints::Signer;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::lab_keys::read_key;
use crate::open_lab::now_ns;
use crate::output::Output;

pub(super) fn run(global: &Global, command: &Witness, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Witness::Request { case, out, witness, since } => {
            request(global, case.as_deref(), out, (witness.as_deref(), *since), output)?;
        }
        Witness::Sign { request, key, log_key, seen, out } => {
            let key = read_key(global, key)?
                .ok_or_else(|| Failure::Check(format!("{}: there is no such key", key.display())))?;
            sign(request, &key, log_key.as_deref(), seen, out, output)?;
        }
        Witness::Import { reply, case } => import(global, case.as_deref(), reply, output)?,
    }
    Ok(Exit::Complete)
}

fn request(
    global: &Global,
    case: Option<&str>,
    out: &Path,
    (witness, since): (Option<&str>, Option<u64>),
    output: &mut Output,
) -> Result<(), Failure> {
    let mut opened = Opened::for_work(global, case)?;
    let lab = opened.lab.clone();
    Signer::new(global, &lab)?.sign(&opened.name)?;
    let keys = opened.ledger().standing(&[])?.record.keys;
    let meant = |key: &VerifierKey| {
        witness.is_none_or(|wanted| key.name() == wanted || to_hex(&key.id()) == wanted.to_ascii_lowercase())
    };
    let mut witnesses =
        keys.keys().iter().filter(|key| key.role == KeyRole::Witness && key.revoked_by.is_none());
    let key = witnesses.find(|key| meant(&key.key)).ok_or_else(|| {
        Failure::Check("the ledger names no such witness: `athar key add FILE.vkey --role witness --holder NAME` first, then any command that writes an entry in the case".to_owned())
    })?;
    let checkpoint = opened.last_checkpoint()?;
    let mut old_size = 0;
    for stored in opened.ledger().checkpoints()? {
        let signed = SignedCheckpoint::from_bytes(&stored.note);
        if signed.is_ok_and(|signed| signed.verify(std::slice::from_ref(&key.key)).is_ok()) {
            old_size = stored.size;
        }
    }
    let mut leaves = Vec::new();
    opened.ledger().each(&mut |entry| {
        leaves.push(leaf_hash(&entry.body));
        u64::try_from(leaves.len()).is_ok_and(|count| count < checkpoint.checkpoint().size())
    })?;
    let old_size = since.unwrap_or(old_size);
    let size = checkpoint.checkpoint().size();
    let proof = consistency_proof(&leaves, old_size).ok_or_else(|| {
        Failure::Usage(format!("--since {old_size}: the last checkpoint covers {size} entries"))
    })?;
    write_new(out, WitnessRequest { old_size, proof, checkpoint }.to_string().as_bytes())?;
    if output.is_json() {
        output.object(&json!({ "checkpoint": size, "old": old_size, "witness": key.key.to_string(), "file": out.to_string_lossy() }))?;
    }
    output.remark(&format!(
        "Request to {} for the checkpoint of {size} entries: {}. It holds no entry. At the witness: `athar custody witness sign`.",
        safe(key.key.name()),
        out.display()
    ))
}

/// What a witness keeps of a record: the log's key, and the last checkpoint that it signed.
fn sign(
    request: &Path,
    key: &SigningKey,
    log_key: Option<&Path>,
    seen: &Path,
    out: &Path,
    output: &mut Output,
) -> Result<(), Failure> {
    let shown = request.display();
    let refused = |why: &dyn std::fmt::Display| Failure::Check(format!("{shown}: not signed: {why}"));
    let asked = WitnessRequest::from_bytes(&read_small(request)?).map_err(|error| refused(&error))?;
    let origin = asked.checkpoint.checkpoint().origin().to_owned();
    let name = to_hex(&Sha256::digest(origin.as_bytes()));
    let (kept_key, kept_note) = (seen.join(format!("{name}.vkey")), seen.join(format!("{name}.note")));
    let known = kept_key.exists().then(|| read_public_key(&kept_key)).transpose()?;
    let given = log_key.map(read_public_key).transpose()?;
    let log = match (known, given) {
        (Some(known), Some(given)) if known != given => {
            let why = format!(
                "the log key given is not the one that this witness knows for {origin} ({})",
                kept_key.display()
            );
            return Err(refused(&why));
        }
        (Some(key), _) | (None, Some(key)) => key,
        (None, None) => {
            return Err(refused(
                &"this record is new here: give the lab's public key (--log-key), after comparing its fingerprint with the paper",
            ));
        }
    };
    let last = kept_note.exists().then(|| read_checkpoint(&kept_note)).transpose()?;
    asked.check(&log, last.as_ref()).map_err(|error| refused(&error))?;
    let mut signed = asked.checkpoint;
    let seconds = u64::try_from(now_ns() / 1_000_000_000).unwrap_or(0);
    signed.cosign(key, seconds);
    // Kept before it is handed over: a witness that forgets what it signed can be shown two records.
    case_store::Lab::write_key(&kept_key, &format!("{log}\n"), true)?;
    case_store::Lab::write_key(&kept_note, &signed.to_string(), true)?;
    write_new(out, signed.to_string().as_bytes())?;
    let size = signed.checkpoint().size();
    if output.is_json() {
        output.object(&json!({ "origin": origin, "checkpoint": size, "file": out.to_string_lossy() }))?;
    }
    output.remark(&format!(
        "Signed: {} with {size} entries, which continue what was signed before. For the lab: {}",
        safe(&origin),
        out.display()
    ))
}

fn import(global: &Global, case: Option<&str>, reply: &Path, output: &mut Output) -> Result<(), Failure> {
    let mut opened = Opened::for_work(global, case)?;
    let answer = read_checkpoint(reply)?;
    let size = answer.checkpoint().size();
    let shown = reply.display();
    let refused = |why: &dyn std::fmt::Display| Failure::Check(format!("{shown}: not taken in: {why}"));
    let stored = opened.ledger().checkpoints()?.into_iter().find(|stored| stored.size == size);
    let stored = stored.ok_or_else(|| refused(&format!("there is no checkpoint of {size} entries")))?;
    let mut ours = SignedCheckpoint::from_bytes(&stored.note).map_err(|error| refused(&error))?;
    ours.merge(&answer).map_err(|error| refused(&error))?;
    let standing = opened.ledger().standing(&[size])?;
    let judged =
        standing.record.judge_checkpoint(&standing.origin, &ours, &[]).map_err(|fault| refused(&fault))?;
    let by = judged.iter().find(|signature| signature.verified.key.kind() == KeyKind::Cosigner);
    let by = by.ok_or_else(|| refused(&"no witness that this ledger names has signed it"))?;
    let name = opened.name.clone();
    opened.transaction(|ledger, _| ledger.store_checkpoint(&ours))?;
    opened.lab.keep_last_known(&name, &ours)?;
    if output.is_json() {
        output.object(&json!({ "checkpoint": size, "witness": by.verified.key.to_string(), "unix_seconds": by.verified.unix_seconds }))?;
    }
    output
        .remark(&format!("The checkpoint of {size} entries is cosigned by {}.", safe(by.verified.key.name())))
}

fn read_public_key(path: &Path) -> Result<VerifierKey, Failure> {
    let text = String::from_utf8_lossy(&read_small(path)?).into_owned();
    text.trim_end().parse().map_err(|error| Failure::Check(format!("{}: {error}", path.display())))
}

fn read_checkpoint(path: &Path) -> Result<SignedCheckpoint, Failure> {
    let bytes = read_small(path)?;
    SignedCheckpoint::from_bytes(&bytes)
        .map_err(|error| Failure::Check(format!("{}: {error}", path.display())))
}
