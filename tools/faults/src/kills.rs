//! `kill -9` at any moment, again and again, until the work is done.

use crate::failure::Outcome;
use crate::figures::Figures;
use crate::judge::{same_index, verify, verify_signed};
use crate::known::Known;
use crate::program::{Place, Program};
use crate::promises::{Promise, promises};
use crate::random::Random;
use crate::record::{self, Kind, Operation};
use crate::scenario::resumed;
use crate::shim::FaultKind;
use crate::workers::side_by_side;

/// Items of different kinds: two disks, a folder, an empty medium.
const SCAN: [&str; 7] = ["scan", "DEMO", "FOLDER", "LONGER", "BLANK", "--case", "c"];
/// A scan is killed so often in a row at most.
const MOST_IN_A_ROW: usize = 4;

/// Kills scans until they died `count` times, each at a call drawn by `seed`.
///
/// # Errors
/// What keeps the test from being carried out; what the program does wrong is in the figures.
pub fn kills(program: &Program, count: usize, seed: u64) -> Outcome<Figures> {
    let whole = program.place()?;
    let done = whole.recorded(&scan(&whole), None)?;
    if !done.is_well() {
        return Err(crate::Failure::new(done.shown()));
    }
    let operations = record::read(&whole.record)?;
    let expected = Known::of(&whole)?;
    let mut random = Random::new(seed);
    let mut figures = Figures::default();
    let mut died = 0;
    // A scan that goes on where another was killed may be over before the moment that was drawn: more are drawn then.
    while died < count {
        let mut chains = Vec::new();
        let mut left = count - died;
        while left > 0 {
            let length = (1 + random.below(MOST_IN_A_ROW)).min(left);
            chains.push((0..length).map(|_| moment(&operations, &mut random)).collect::<Vec<_>>());
            left -= length;
        }
        let results = side_by_side(&chains, |number, chain| {
            killed(program, chain, &expected, number % 2 == 1)
        })?;
        for (chain, tried) in chains.iter().zip(results) {
            for (kind, was_killed) in tried.kills {
                figures.add(kind.title(), !was_killed, Vec::new());
                died += usize::from(was_killed);
            }
            let wrong = tried.wrong.into_iter().map(|text| format!("killed at {chain:?}: {text}"));
            figures.add(SCANS, false, wrong.collect());
        }
    }
    Ok(figures)
}

const SCANS: &str = "scans that were killed so, once to four times, then brought to their end";

fn scan(place: &Place<'_>) -> Vec<String> {
    place.resolved(&SCAN, 1)
}

fn moment(operations: &[Operation], random: &mut Random) -> (FaultKind, u64) {
    let calls = operations.iter().filter(|operation| operation.kind != Kind::Said).count();
    let kind = if random.coin() { FaultKind::Kill } else { FaultKind::KillTorn };
    (kind, 1 + random.below(calls) as u64)
}

struct Tried {
    /// What was tried, and whether the program died of it.
    kills: Vec<(FaultKind, bool)>,
    wrong: Vec<String>,
}

fn killed(
    program: &Program,
    chain: &[(FaultKind, u64)],
    expected: &Known,
    resume: bool,
) -> Outcome<Tried> {
    let place = program.place()?;
    let mut tried = Tried { kills: Vec::new(), wrong: Vec::new() };
    let mut before = Known::default();
    let words = scan(&place);
    for (kind, at) in chain {
        let _ = std::fs::remove_file(&place.record);
        let run = place.recorded(&words, Some((*kind, *at)))?;
        tried.kills.push((*kind, run.was_killed()));
        if !run.was_killed() {
            // It needed fewer calls than the moment that was drawn, for most was done before.
            tried.wrong.extend(run.manners());
        }
        tried.wrong.extend(verify(&place, "after the kill")?);
        match Known::of(&place.copy()?) {
            Ok(now) => {
                tried.wrong.extend(before.entries_lost_in(&now));
                tried.wrong.extend(unkept(&record::read(&place.record)?, &now));
                before = now;
            }
            Err(failure) => tried.wrong.push(format!("after the kill: {failure}")),
        }
        if resume {
            tried.wrong.extend(resumed(&place)?);
        }
    }
    let again = place.run(&words)?;
    if !again.is_well() {
        tried.wrong.push(format!("brought to its end: {}", again.shown()));
    }
    tried.wrong.extend(verify_signed(&place, "brought to its end")?);
    let now = Known::of(&place)?;
    tried.wrong.extend(before.entries_lost_in(&now));
    tried.wrong.extend(same_index(expected, &now, "brought to its end"));
    Ok(tried)
}

/// Entries that were printed and are not there.
fn unkept(operations: &[Operation], now: &Known) -> Vec<String> {
    let mut broken = Vec::new();
    for (_, promise) in promises(operations) {
        if let Promise::Entries(ledger, count) = &promise
            && now.ledgers.get(ledger).map_or(0, Vec::len) < *count
        {
            broken.push(format!("it had said {promise:?}"));
        }
    }
    broken
}
