//! `athar key revoke`.

use case_model::to_hex;
use casework::{Revocation, RevokeRequest};
use custody::KeyRole;
use serde_json::json;

use super::make::say;
use crate::arguments::RevokeKey;
use crate::desk::Desk;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &RevokeKey,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let session = desk.open()?;
    let request = RevokeRequest {
        key: arguments.key.clone(),
        reason: arguments.reason.clone(),
        since: arguments.since,
    };
    let revoked = match session.revoke_key(&request)? {
        Revocation::Before(seq, told) => {
            output.remark(&format!(
                "the key was revoked before, by entry {seq}; {} now.",
                counted(told, "case that did not know it does", "cases that did not know it do")
            ))?;
            return Ok(Exit::Complete);
        }
        Revocation::Now(revoked) => revoked,
    };
    for failure in &revoked.failed {
        crate::output::tell(&crate::display::safe_lines(&format!(
            "athar: not revoked in {failure}"
        )));
    }
    let key = &revoked.key;
    let cases = revoked.cases;
    if output.is_json() {
        output.object(
            &json!({ "revoked": to_hex(&key.id()), "cases": cases, "failed": revoked.failed }),
        )?;
    } else {
        output.line(&format!(
            "Revoked: {} {} in the lab's ledger and in {}.",
            to_hex(&key.id()),
            safe(key.name()),
            counted(cases, "case", "cases")
        ))?;
    }
    if let Some(new) = &revoked.successor {
        let lab = session.lab();
        say(new, KeyRole::Log, &lab.settings().name, Some(&lab.log_key_path()), output)?;
        output.remark("Put the new fingerprint on paper, and hand the new public key to witnesses (`athar key export`).")?;
    }
    Ok(if revoked.failed.is_empty() { Exit::Complete } else { Exit::Incomplete })
}
