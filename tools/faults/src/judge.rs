//! What must hold once the storage works again.

use crate::failure::Outcome;
use crate::known::Known;
use crate::program::{Place, words};

/// Verifies the ledgers that are there. Gives what is wrong.
pub(crate) fn verify(place: &Place<'_>, when: &str) -> Outcome<Vec<String>> {
    let mut wrong = Vec::new();
    if !place.lab().join("ledger.db").exists() {
        return Ok(wrong);
    }
    let case = place.lab().join("cases/c.db").exists().then_some("c");
    for ledger in [None, case].into_iter().take(if case.is_some() { 2 } else { 1 }) {
        let mut command = vec!["custody", "verify"];
        command.extend(ledger);
        let run = place.run(&words(&command))?;
        // True of a revocation that was broken off, until it is done again.
        let unfinished =
            run.out.contains("was revoked by the lab, and this ledger does not say so");
        if !run.is_consistent() && !unfinished {
            wrong.push(format!("{when}: {}: {}", command.join(" "), run.shown()));
        }
    }
    Ok(wrong)
}

/// Verifies, and demands that everything is signed.
pub(crate) fn verify_signed(place: &Place<'_>, when: &str) -> Outcome<Vec<String>> {
    let mut wrong = Vec::new();
    for ledger in [None, Some("c")] {
        let mut command = vec!["custody", "verify", "--json"];
        command.extend(ledger);
        let run = place.run(&words(&command))?;
        let verdict: serde_json::Value = serde_json::from_str(run.out.trim()).unwrap_or_default();
        let signed = verdict.get("signed_up_to").is_some()
            && verdict.get("signed_up_to") == verdict.get("entries");
        let kept =
            verdict.get("checkpoints_kept_outside").and_then(serde_json::Value::as_u64) == Some(1);
        if !run.is_consistent() || !signed || !kept {
            wrong.push(format!("{when}: {}: {}", command.join(" "), run.shown()));
        }
    }
    Ok(wrong)
}

/// The index must be that of an undisturbed run.
pub(crate) fn same_index(expected: &Known, now: &Known, when: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if expected.digests != now.digests {
        wrong.push(format!("{when}: the digest is {:?}, not {:?}", now.digests, expected.digests));
    }
    if expected.rows != now.rows {
        wrong.push(format!("{when}: the case has {:?}, not {:?}", now.rows, expected.rows));
    }
    wrong
}
