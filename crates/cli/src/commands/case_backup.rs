//! `athar case backup`.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use case_model::{CaseId, RecordName, to_hex};
use casework::{Backup, BackupNotice, Session, case_id};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{bytes, counted};

pub(super) fn run(
    session: &mut Session,
    name: &str,
    to: &Path,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id = case_id(name)?;
    let backup = session.back_up(&id, to, &mut |notice| tell(&id, notice, output))?;
    say(&id, &session.lab().case_path(&id), &backup, output)?;
    Ok(if backup.unrecorded.is_empty() { Exit::Complete } else { Exit::Incomplete })
}

fn tell(id: &CaseId, BackupNotice::Unsigned(why): &BackupNotice, output: &Output) {
    output.aside(
        &format!("athar: the last entries of case {id} are not signed in the copy: {why}; the lab's ledger names the copy by its SHA-256"),
        &json!({ "event": "unsigned", "record": RecordName::Case(id.clone()).to_string(), "why": why }),
    );
}

fn say(id: &CaseId, case: &Path, backup: &Backup, output: &mut Output) -> Result<(), Failure> {
    let device = |path: &Path| std::fs::metadata(path).map(|file| file.dev()).ok();
    let same_disk = device(case) == device(&backup.place);
    if output.is_json() {
        return output.object(&json!({
            "case": id.as_str(), "backup": backup.place.to_string_lossy(), "sha256": to_hex(&backup.sha256), "bytes": backup.bytes,
            "entries": backup.head.seq, "head": to_hex(&backup.head.hash), "same_disk": same_disk, "unrecorded": backup.unrecorded,
        }));
    }
    output.line(&format!(
        "Backup of case {id}: {} ({})",
        backup.place.display(),
        bytes(backup.bytes)
    ))?;
    output.line(&format!("  SHA-256       {}", to_hex(&backup.sha256)))?;
    output.line(&format!(
        "  ledger        {}; read back and checked",
        counted(backup.head.seq, "entry", "entries")
    ))?;
    for why in &backup.unrecorded {
        output.line(&format!("  NOT ON RECORD {why}"))?;
    }
    if same_disk {
        output.remark("  note: it lies on the same disk as the case: copy it to another one")?;
    }
    Ok(())
}
