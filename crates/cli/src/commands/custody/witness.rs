//! `athar custody witness`: requests and signatures as files.

use casework::{WitnessFolder, read_key};
use serde_json::json;

use crate::arguments::Witness;
use crate::desk::{Desk, record_name};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::passphrase::Terminal;
use crate::quantities::counted;

pub(super) fn run(
    desk: &mut Desk<'_>,
    command: &Witness,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        Witness::Request { case, out, witness, since } => {
            let name = record_name(case.as_deref())?;
            let asked = desk.open()?.ask_witness(&name, out, witness.as_deref(), *since)?;
            let size = asked.size;
            if output.is_json() {
                output.object(&json!({ "checkpoint": size, "old": asked.old_size, "witness": asked.witness.to_string(), "file": out.to_string_lossy() }))?;
            }
            output.remark(&format!(
                "Request to {} for the checkpoint of {}: {}. It holds no entry. At the witness: `athar custody witness sign`.",
                safe(asked.witness.name()),
                counted(size, "entry", "entries"),
                out.display()
            ))?;
        }
        Witness::Sign { request, key, log_key, seen, out } => {
            let holder = Terminal::new(desk.global);
            let key = read_key(key, &holder)?.ok_or_else(|| {
                Failure::Check(format!("{}: there is no such key", key.display()))
            })?;
            let signed = WitnessFolder::new(seen).sign(request, &key, log_key.as_deref(), out)?;
            let origin = signed.origin();
            let size = signed.size();
            if output.is_json() {
                output.object(
                    &json!({ "origin": origin, "checkpoint": size, "file": out.to_string_lossy() }),
                )?;
            }
            output.remark(&format!(
                "Signed: {} with {}, which continue what was signed before. For the lab: {}",
                safe(origin),
                counted(size, "entry", "entries"),
                out.display()
            ))?;
        }
        Witness::Import { reply, case } => {
            let taken = desk.open()?.take_cosignature(&record_name(case.as_deref())?, reply)?;
            let size = taken.size;
            let by = &taken.by.verified;
            if output.is_json() {
                output.object(&json!({ "checkpoint": size, "witness": by.key.to_string(), "unix_seconds": by.unix_seconds }))?;
            }
            output.remark(&format!(
                "The checkpoint of {} is cosigned by {}.",
                counted(size, "entry", "entries"),
                safe(by.key.name())
            ))?;
        }
    }
    Ok(Exit::Complete)
}
