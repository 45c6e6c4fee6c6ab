//! `athar case backup`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use case_model::{CaseId, to_hex};
use case_store::{CaseFile, Lab, RecordName, StoreError, file_digest};
use custody::{Act, EntryBody, Head};
use serde_json::json;

use super::case_check::examine;
use crate::arguments::Global;
use crate::checkpoints::{Signer, Unsigned};
use crate::exit::{Exit, Failure};
use crate::open_lab::{open_case, scribe};
use crate::output::Output;
use crate::quantities::{bytes, short_time};

/// A copy that is in its place.
struct Made {
    place: PathBuf,
    sha256: [u8; 32],
    bytes: u64,
    head: Head,
    started: i64,
}

pub(super) fn run(
    global: &Global,
    lab: &Lab,
    name: &str,
    to: &Path,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut case = open_case(lab, name)?;
    let scribe = scribe(global, lab);
    let place = place(lab, case.id(), to, &short_time(scribe.now()))?;
    sign_first(global, lab, case.id(), output)?;
    let started = scribe.now();
    let made = copy(lab, &mut case, place, started)?;
    let entry = || -> EntryBody {
        scribe
            .entry_since(Act::Backup, made.started)
            .case(case.id().as_str())
            .field("to", made.place.to_string_lossy().into_owned())
            .field("head", to_hex(&made.head.hash))
            .field("entries", made.head.seq)
            .field("sha256", to_hex(&made.sha256))
            .field("bytes", made.bytes.to_string())
    };
    // Behind the act, for an entry says what was done. The lab's first: a scan may keep the case's own ledger for a while.
    let (in_lab, in_case) = (entry(), entry());
    let lab_entry = lab.ledger().and_then(|mut ledger| ledger.append(&in_lab));
    let case_entry = case.append(&in_case);
    let unrecorded: Vec<String> =
        [("the lab's ledger", lab_entry.as_ref()), ("the case's ledger", case_entry.as_ref())]
            .into_iter()
            .filter_map(|(ledger, entry)| entry.err().map(|why| format!("{ledger} does not say so: {why}")))
            .collect();
    say(&case, &made, &unrecorded, output)?;
    Ok(if unrecorded.is_empty() { Exit::Complete } else { Exit::Incomplete })
}

/// The file to write. Not in the folder of the cases, where it would be taken for one.
fn place(lab: &Lab, id: &CaseId, to: &Path, now: &str) -> Result<PathBuf, Failure> {
    let place = match to.is_dir() {
        true => {
            let time: String = now.chars().map(|c| if c.is_ascii_digit() { c } else { '-' }).collect();
            to.join(format!("{id}.{}.athar-backup", time.trim_end_matches('-')))
        }
        false => to.to_owned(),
    };
    let place = std::path::absolute(&place)
        .map_err(|error| Failure::Usage(format!("{}: {error}", place.display())))?;
    if place.symlink_metadata().is_ok() {
        return Err(Failure::Usage(format!(
            "{}: there is a file of that name, and backups never overwrite one; take another name",
            place.display()
        )));
    }
    let folder = place.parent().unwrap_or(Path::new("/"));
    let folder_of_cases = lab.case_path(id).parent().map(Path::to_owned).unwrap_or_default();
    match (folder.canonicalize(), folder_of_cases.canonicalize()) {
        (Ok(folder), Ok(cases)) if folder == cases => Err(Failure::Usage(format!(
            "{}: this is where the lab keeps its cases; put the copy elsewhere, best on another disk",
            place.display()
        ))),
        (Err(error), _) => Err(Failure::Usage(format!("{}: {error}", folder.display()))),
        _ => Ok(place),
    }
}

/// Signs what the ledger holds so far, so that the copy can prove itself. A scan, which keeps the ledger to itself most of the time, or a key
/// that is not at hand, does not hold the copy up: it is then signed up to an earlier entry, and the lab's ledger names it by its digest.
fn sign_first(global: &Global, lab: &Lab, id: &CaseId, output: &Output) -> Result<(), Failure> {
    const SCANNED: &str = "a scan is writing to the case";
    let why = match lab.is_being_scanned(id)? {
        true => SCANNED.to_owned(),
        false => match Signer::new(global, lab)?.sign(&RecordName::Case(id.clone())) {
            Ok(_) => return Ok(()),
            Err(Unsigned::Key(why)) => why.to_string(),
            Err(Unsigned::Ledger(failure)) => match *failure {
                Failure::Store(busy) if busy.is_busy() => SCANNED.to_owned(),
                other => return Err(other),
            },
        },
    };
    output.aside(
        &format!("athar: the last entries of case {id} are not signed in the copy: {why}; the lab's ledger names the copy by its SHA-256"),
        &json!({ "event": "unsigned", "record": RecordName::Case(id.clone()).to_string(), "why": why }),
    );
    Ok(())
}

/// Makes the copy, checks it, and puts it in its place.
fn copy(lab: &Lab, case: &mut CaseFile, place: PathBuf, started: i64) -> Result<Made, Failure> {
    let size = std::fs::metadata(case.path()).map_or(0, |file| file.len());
    let no_room = |error: StoreError| match error.is_disk_full() {
        true => Failure::Check(format!(
            "{}: no room for the copy, which needs about {}; nothing was left there. Free some space, or take another disk",
            place.display(),
            bytes(size)
        )),
        false => error.into(),
    };
    let copy = case.copy(&place).map_err(no_room)?;
    let health = examine(lab, CaseFile::open_copy(copy.path()), false);
    let head = health.verdict.as_ref().map(|verdict| verdict.standing.head());
    let (Some(head), true) = (head, health.faults.is_empty()) else {
        return Err(Failure::Check(format!(
            "the copy of case {} is not sound, and nothing was kept of it: {}. `athar case check {}` tells whether the case itself is",
            case.id(),
            health.faults.join("; "),
            case.id()
        )));
    };
    let same = case.ledger().entry(head.seq)?.is_some_and(|entry| entry.hash == head.hash);
    if !same && head.seq > 0 {
        return Err(Failure::Check(format!(
            "the ledger of the copy is not the beginning of that of case {}",
            case.id()
        )));
    }
    let (sha256, bytes) = file_digest(copy.path())?;
    copy.put_in_place(&place).map_err(no_room)?;
    Ok(Made { place, sha256, bytes, head, started })
}

fn say(case: &CaseFile, made: &Made, unrecorded: &[String], output: &mut Output) -> Result<(), Failure> {
    let device = |path: &Path| std::fs::metadata(path).map(|file| file.dev()).ok();
    let same_disk = device(case.path()) == device(&made.place);
    if output.is_json() {
        return output.object(&json!({
            "case": case.id().as_str(), "backup": made.place.to_string_lossy(), "sha256": to_hex(&made.sha256), "bytes": made.bytes,
            "entries": made.head.seq, "head": to_hex(&made.head.hash), "same_disk": same_disk, "unrecorded": unrecorded,
        }));
    }
    output.line(&format!(
        "Backup of case {}: {} ({})",
        case.id(),
        made.place.display(),
        bytes(made.bytes)
    ))?;
    output.line(&format!("  SHA-256       {}", to_hex(&made.sha256)))?;
    output.line(&format!("  ledger        {} entries; read back and checked", made.head.seq))?;
    for why in unrecorded {
        output.line(&format!("  NOT ON RECORD {why}"))?;
    }
    if same_disk {
        output.remark("  note: it lies on the same disk as the case: copy it to another one")?;
    }
    Ok(())
}
