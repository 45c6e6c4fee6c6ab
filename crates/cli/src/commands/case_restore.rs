//! `athar case restore`: brings a case back from a copy.

use std::path::PathBuf;

use case_model::{CaseId, to_hex};
use case_store::{CaseFile, Lab, RecordName, UnfinishedCopy};
use custody::{Act, EntryBody, Head, Json, SignedCheckpoint, parse_canonical};
use pipeline::Scribe;
use serde_json::json;

use super::case_check::{Health, examine_file};
use crate::arguments::{Global, RestoreCase};
use crate::exit::{Exit, Failure};
use crate::open_lab::{case_id, scribe};
use crate::output::Output;

/// A copy that is sound and of this lab.
struct Sound {
    head: Head,
    own: Option<SignedCheckpoint>,
    sha256: [u8; 32],
}

/// What the lab knows of entries beyond the copy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beyond {
    Nothing,
    /// The one entry that the making of the copy itself was.
    TheBackup,
    /// So many.
    Entries(u64),
}

pub(super) fn run(
    global: &Global,
    lab: &Lab,
    arguments: &RestoreCase,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id = case_id(&arguments.case)?;
    let shown = arguments.backup.display();
    let place = free_place(lab, &id)?;
    let found = CaseFile::open_copy(&arguments.backup)
        .map_err(|error| Failure::Check(format!("{shown}: nothing was restored: {error}")))?;
    if *found.id() != id {
        return Err(Failure::Usage(format!(
            "{shown} is a copy of case {}; restore it under that name",
            found.id()
        )));
    }
    drop(found);
    let (copy, _) = UnfinishedCopy::of_file(&arguments.backup, &place)?;
    let (health, sha256) = examine_file(lab, copy.path())?;
    let record = RecordName::Case(id.clone());
    let kept = lab.last_known(&record)?;
    let recorded = is_recorded(lab, &sha256)?;
    let sound = sound(&copy, health, (sha256, recorded), kept.as_ref())
        .map_err(|why| Failure::Check(format!("{shown}: nothing was restored: {why}")))?;
    of_this_lab(lab, &id, &copy)?;
    let beyond = beyond(&sound, recorded, kept.as_ref());
    let scribe = scribe(global, lab);
    let entry = || entry(&scribe, arguments, &id, &sound, kept.as_ref(), beyond);
    // First the lab's ledger: what is given up is on record before it is given up.
    let (in_lab, in_case) = (entry(), entry());
    lab.ledger()?.append(&in_lab)?;
    copy.put_in_place(&place)?;
    if beyond != Beyond::Nothing {
        match &sound.own {
            Some(own) => lab.replace_last_known(&record, own)?,
            None => lab.forget_last_known(&record)?,
        }
    }
    lab.open_case(&id)?.append(&in_case)?;
    say(&id, &place, &sound, kept.as_ref(), beyond, output)?;
    Ok(if matches!(beyond, Beyond::Entries(_)) { Exit::Incomplete } else { Exit::Complete })
}

/// Where the case's file will be. Neither it nor what belongs to one may be there.
fn free_place(lab: &Lab, id: &CaseId) -> Result<PathBuf, Failure> {
    let place = lab.case_path(id);
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut path = place.clone().into_os_string();
        path.push(ending);
        let path = PathBuf::from(path);
        if path.symlink_metadata().is_ok() {
            return Err(Failure::Usage(format!(
                "{}: it is there; nothing is restored over a case. Look at it (`athar case check {id}`), then move it and the files \
                 beside it away if the copy shall take its place",
                path.display()
            )));
        }
    }
    Ok(place)
}

/// Takes nothing that is not whole, that was not signed by this lab, or that does not fit what the lab knows of the case.
fn sound(
    copy: &UnfinishedCopy,
    health: Health,
    (sha256, recorded): ([u8; 32], bool),
    kept: Option<&SignedCheckpoint>,
) -> Result<Sound, String> {
    if !health.faults.is_empty() {
        return Err(health.faults.join("; "));
    }
    let verdict = health.verdict.ok_or("its ledger cannot be read")?;
    let head = verdict.standing.head();
    let mut case = CaseFile::open_copy(copy.path()).map_err(|error| error.to_string())?;
    let last = case.ledger().last_checkpoint().map_err(|error| error.to_string())?;
    let own = last.map(|last| SignedCheckpoint::from_bytes(&last.note)).transpose();
    let own = own.map_err(|error| error.to_string())?;
    match kept {
        // A copy of the middle of a first scan holds no checkpoint: the lab's ledger, which is signed, proves it.
        Some(kept) if kept.checkpoint().size() > head.seq && own.is_none() && !recorded => Err(format!(
            "the lab knows {} entries of this case, and the copy, of {}, holds no signed checkpoint and is not named by the lab's ledger: \
             nothing proves that it is of this case",
            kept.checkpoint().size(),
            head.seq
        )),
        Some(kept) if kept.checkpoint().size() <= head.seq => {
            let standing =
                case.ledger().standing(&[kept.checkpoint().size()]).map_err(|error| error.to_string())?;
            match standing.record.judge_checkpoint(&standing.origin, kept, &[]) {
                Ok(_) | Err(custody::CheckpointFault::VoidKey { .. }) => Ok(Sound { head, own, sha256 }),
                Err(fault) => Err(format!("it does not fit the last checkpoint that the lab kept: {fault}")),
            }
        }
        _ => Ok(Sound { head, own, sha256 }),
    }
}

/// The lab's ledger knows with which entry each of its cases begins.
fn of_this_lab(lab: &Lab, id: &CaseId, copy: &UnfinishedCopy) -> Result<(), Failure> {
    let mut case = CaseFile::open_copy(copy.path())?;
    let first = case.ledger().entry(1)?.map(|entry| to_hex(&entry.hash));
    let (mut known, mut same) = (false, false);
    lab.ledger_as_it_is()?.ledger().each(&mut |entry| {
        let Ok(body) = parse_canonical(&entry.body) else { return true };
        let text = |name: &str| body.get(name).and_then(Json::as_text);
        if text("act") == Some(Act::CaseCreate.key()) && text("case") == Some(id.as_str()) {
            let named =
                body.get("fields").and_then(|fields| fields.get("first_entry")).and_then(Json::as_text);
            known = true;
            // Labs of before there were keys did not name it.
            same |= named.is_none() || named == first.as_deref();
        }
        true
    })?;
    match (known, same) {
        (true, true) => Ok(()),
        (true, false) => Err(Failure::Check(format!(
            "nothing was restored: the lab's ledger says that case {id} begins with another entry: this copy is of another case of that name"
        ))),
        (false, _) => Err(Failure::Check(format!(
            "nothing was restored: the ledger of the lab in {} knows no case {id}: the copy is of another lab. Restore that lab's folder first \
             (lab.toml, ledger.db, keys, checkpoints), and name it with --lab",
            lab.folder().display()
        ))),
    }
}

/// Whether the lab's ledger names the copy by its digest.
fn is_recorded(lab: &Lab, sha256: &[u8; 32]) -> Result<bool, Failure> {
    let digest = to_hex(sha256);
    let mut recorded = false;
    lab.ledger()?.ledger().each(&mut |entry| {
        let Ok(body) = parse_canonical(&entry.body) else { return true };
        let text =
            |name: &str| body.get("fields").and_then(|fields| fields.get(name)).and_then(Json::as_text);
        recorded = body.get("act").and_then(Json::as_text) == Some(Act::Backup.key())
            && text("sha256") == Some(digest.as_str());
        !recorded
    })?;
    Ok(recorded)
}

/// What the lab knows beyond the copy: the entry that recorded the copy is no loss.
fn beyond(sound: &Sound, recorded: bool, kept: Option<&SignedCheckpoint>) -> Beyond {
    let known = kept.map_or(0, |kept| kept.checkpoint().size());
    match known.saturating_sub(sound.head.seq) {
        0 => Beyond::Nothing,
        1 if recorded => Beyond::TheBackup,
        more => Beyond::Entries(more),
    }
}

fn entry(
    scribe: &Scribe,
    arguments: &RestoreCase,
    id: &CaseId,
    sound: &Sound,
    kept: Option<&SignedCheckpoint>,
    beyond: Beyond,
) -> EntryBody {
    let from = std::path::absolute(&arguments.backup).unwrap_or_else(|_| arguments.backup.clone());
    let entry = scribe
        .entry(Act::Restore)
        .case(id.as_str())
        .reason(arguments.reason.as_str())
        .field("from", from.to_string_lossy().into_owned())
        .field("head", to_hex(&sound.head.hash))
        .field("entries", sound.head.seq)
        .field("sha256", to_hex(&sound.sha256));
    match kept.filter(|_| beyond != Beyond::Nothing) {
        Some(kept) => entry
            .field("given_up_entries", kept.checkpoint().size())
            .field("given_up_root", to_hex(kept.checkpoint().root())),
        None => entry,
    }
}

fn say(
    id: &CaseId,
    place: &std::path::Path,
    sound: &Sound,
    kept: Option<&SignedCheckpoint>,
    beyond: Beyond,
    output: &mut Output,
) -> Result<(), Failure> {
    let (entries, known) = (sound.head.seq, kept.map(|kept| kept.checkpoint().size()));
    if output.is_json() {
        let lost = if let Beyond::Entries(more) = beyond { more } else { 0 };
        return output.object(&json!({ "case": id.as_str(), "path": place.to_string_lossy(), "entries": entries, "known_entries": known, "given_up": lost, "head": to_hex(&sound.head.hash), "sha256": to_hex(&sound.sha256) }));
    }
    output.line(&format!(
        "Case {id} is back: {}, {entries} entries; checked before it was put in place",
        place.display()
    ))?;
    match beyond {
        Beyond::Nothing => {}
        Beyond::TheBackup => output.remark("  note: what it lacks is the one entry that recorded this copy; the lab's ledger has it")?,
        Beyond::Entries(more) => output.line(&format!(
            "  GIVEN UP      the lab knows {} entries of this case, this copy has {entries}: the last {more} are lost, with what they record. \
             Both ledgers say so. A later copy would hold more; scan anew what was scanned since",
            known.unwrap_or_default()
        ))?,
    }
    Ok(())
}
