//! `athar key revoke`.

use case_model::to_hex;
use case_store::{Lab, Ledger, StoreError};
use custody::{
    Act, EntryBody, Json, KeyHistory, KeyKind, KeyRecord, KeyRole, UtcTime, VerifierKey, parse_canonical,
};
use pipeline::Scribe;
use serde_json::json;

use super::make::{key_text, say};
use crate::arguments::{Global, RevokeKey};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::lab_keys::{find_key, is_locked, key_add, missing_keys, random_key, settle_log_key};
use crate::open_lab::{open, scribe};
use crate::output::Output;

pub(super) fn run(global: &Global, arguments: &RevokeKey, output: &mut Output) -> Result<Exit, Failure> {
    let lab = open(global)?;
    let mut ledger = lab.ledger()?;
    let keys = ledger.ledger().standing(&[])?.record.keys;
    let record = find_key(&keys, &arguments.key)?.clone();
    let (scribe, key) = (scribe(global, &lab), &record.key);
    if let Some(seq) = record.revoked_by {
        let told = tell_cases(&lab, &keys, &scribe)?;
        let again = format!("the key was revoked before, by entry {seq}");
        if told == 0 {
            return Err(Failure::Usage(again));
        }
        output.remark(&format!("{again}; {told} cases that did not know it do now."))?;
        return Ok(Exit::Complete);
    }
    // What an earlier revocation could not write comes first.
    settle_log_key(&lab, &keys)?;
    tell_cases(&lab, &keys, &scribe)?;
    let successor = if record.role == KeyRole::Log { Some(successor(global, &lab, &record)?) } else { None };
    let mut entries = vec![revocation(&scribe, &ledger.ledger(), key, arguments)?];
    entries.extend(successor.as_ref().map(|new| key_add(&scribe, new, KeyRole::Log, &lab.settings().name)));
    // Until here the old key is the lab's; from here on the new one, wherever its file lies.
    ledger.transaction(|ledger, _| append(ledger, &entries))?;
    settle_log_key(&lab, &ledger.ledger().standing(&[])?.record.keys)?;
    let (mut cases, mut failed) = (0_u64, Vec::new());
    for id in lab.cases()? {
        let done = lab.open_case(&id).map_err(Failure::from).and_then(|mut case| {
            if case.ledger().standing(&[])?.keys().find(key).is_none_or(|there| there.revoked_by.is_some()) {
                return Ok(0);
            }
            let mut entries = vec![revocation(&scribe, &case.ledger(), key, arguments)?];
            entries.extend(
                successor.as_ref().map(|new| key_add(&scribe, new, KeyRole::Log, &lab.settings().name)),
            );
            let entries: Vec<EntryBody> = entries.into_iter().map(|entry| entry.case(id.as_str())).collect();
            case.transaction(|ledger, _| append(ledger, &entries))?;
            Ok(1)
        });
        match done {
            Ok(count) => cases += count,
            Err(failure) => failed.push(format!("case {id}: {failure}")),
        }
    }
    for failure in &failed {
        eprintln!("athar: not revoked in {failure}");
    }
    if output.is_json() {
        output.object(&json!({ "revoked": to_hex(&key.id()), "cases": cases, "failed": failed }))?;
    } else {
        output.line(&format!(
            "Revoked: {} {} in the lab's ledger and in {cases} cases.",
            to_hex(&key.id()),
            safe(key.name())
        ))?;
    }
    if let Some(new) = &successor {
        say(new, KeyRole::Log, &lab.settings().name, Some(&lab.log_key_path()), output)?;
        output.remark("Put the new fingerprint on paper, and hand the new public key to witnesses (`athar key export`).")?;
    }
    Ok(if failed.is_empty() { Exit::Complete } else { Exit::Incomplete })
}

/// Writes what cases lack of the lab's keys: a revocation that was broken off, or that a case file did not take. Gives how many lacked it.
fn tell_cases(lab: &Lab, keys: &KeyHistory, scribe: &Scribe) -> Result<u64, Failure> {
    let mut told = 0;
    for id in lab.cases()? {
        // A case that cannot be opened is told of when the key itself is to be revoked there.
        let Ok(mut case) = lab.open_case(&id) else { continue };
        let missing = missing_keys(keys, case.ledger().standing(&[])?.keys(), scribe);
        if !missing.is_empty() {
            let missing: Vec<EntryBody> = missing.into_iter().map(|entry| entry.case(id.as_str())).collect();
            case.transaction(|ledger, _| append(ledger, &missing))?;
            told += 1;
        }
    }
    Ok(told)
}

fn append(ledger: &mut Ledger<'_>, entries: &[EntryBody]) -> Result<(), StoreError> {
    entries.iter().try_for_each(|entry| ledger.append(entry).map(drop))
}

/// The lab's new key, locked if the old one was. Its file waits beside the old one until the ledger names it.
fn successor(global: &Global, lab: &Lab, old: &KeyRecord) -> Result<VerifierKey, Failure> {
    let locked = Lab::read_key(&lab.log_key_path())?;
    let key = random_key(old.key.name())?;
    let text = key_text(global, &key, locked.as_ref().is_some_and(|(text, _)| is_locked(text)))?;
    let public = key.verifier(KeyKind::Note);
    Lab::write_key(&lab.next_log_key_path(&to_hex(&public.id())), &text, false)?;
    Ok(public)
}

/// The revocation as a ledger holds it: since when is told by the ledger's own numbers.
fn revocation(
    scribe: &Scribe,
    ledger: &Ledger<'_>,
    key: &VerifierKey,
    arguments: &RevokeKey,
) -> Result<EntryBody, Failure> {
    let entry = scribe.entry(Act::KeyRevoke).reason(arguments.reason.as_str()).field("key", key.to_string());
    let Some(since) = arguments.since else { return Ok(entry) };
    let since = UtcTime::from_unix_ns(since);
    let mut first = None;
    ledger.each(&mut |stored| {
        let body = parse_canonical(&stored.body).ok();
        let start = body.as_ref().and_then(|body| body.get("time")?.get("start")).and_then(Json::as_text);
        // The texts of times sort as times.
        if start.is_some_and(|start| start >= since.as_str()) {
            first = Some(stored.seq);
        }
        first.is_none()
    })?;
    Ok(match first {
        Some(seq) => entry.field("since_seq", seq),
        None => entry,
    })
}
