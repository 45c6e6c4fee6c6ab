//! A fault at each call in turn.

use crate::failure::{Failure, Outcome};
use crate::figures::Figures;
use crate::judge::{same_index, verify, verify_signed};
use crate::known::Known;
use crate::program::{Place, Program, words};
use crate::record::{self, Ended};
use crate::scenario::{Prepared, Scenario};
use crate::shim::FaultKind;
use crate::workers::side_by_side;

/// Lets each `stride`-th call of each kind fail while the scenario's command runs; then the command is done again on storage that works.
///
/// # Errors
/// What keeps the test from being carried out; what the program does wrong is in the figures.
pub fn fault_points(
    program: &Program,
    scenario: &Scenario,
    kinds: &[FaultKind],
    stride: usize,
) -> Outcome<Figures> {
    let prepared = scenario.prepared(program)?;
    let mut points = Vec::new();
    for kind in kinds {
        let calls =
            prepared.operations.iter().filter(|operation| operation.kind.concerns(*kind)).count();
        points.extend((1..=calls).step_by(stride.max(1)).map(|at| (*kind, at)));
    }
    let results =
        side_by_side(&points, |number, (kind, at)| point(&prepared, *kind, *at, number % 2 == 1))?;
    let mut figures = Figures::default();
    for ((kind, at), tried) in points.iter().zip(results) {
        if let Some((well, wrong)) = tried {
            let named = wrong
                .iter()
                .map(|text| format!("{}, {} at call {at}: {text}", scenario.name, kind.key()));
            figures.add(kind.title(), well, named.collect());
        }
    }
    Ok(figures)
}

/// Kills the scenario's command before each call from the first to the last that concern files below `folder` of the storage; what it left is
/// worked with, and the command is done again.
///
/// # Errors
/// What keeps the test from being carried out; what the program does wrong is in the figures.
pub fn kill_points(program: &Program, scenario: &Scenario, folder: &str) -> Outcome<Figures> {
    let prepared = scenario.prepared(program)?;
    let calls: Vec<_> =
        prepared.operations.iter().filter(|one| one.kind.concerns(FaultKind::Kill)).collect();
    let concerned: Vec<usize> = (1..)
        .zip(&calls)
        .filter(|(_, call)| call.path.to_string_lossy().contains(folder))
        .map(|(at, _)| at)
        .collect();
    let (Some(first), Some(last)) = (concerned.first(), concerned.last()) else {
        return Err(Failure::new(format!("{}: no call concerns {folder}", scenario.name)));
    };
    // One more: what was done last is done then.
    let points: Vec<usize> = (*first..=last + 1).collect();
    let results = side_by_side(&points, |_, at| kill_point(&prepared, *at))?;
    let mut figures = Figures::default();
    for (at, (was_killed, wrong)) in points.iter().zip(results) {
        let named =
            wrong.iter().map(|text| format!("{}, killed at call {at}: {text}", scenario.name));
        figures.add(FaultKind::Kill.title(), !was_killed, named.collect());
    }
    Ok(figures)
}

fn kill_point(prepared: &Prepared<'_>, at: usize) -> Outcome<(bool, Vec<String>)> {
    let place = prepared.place.copy()?;
    let run = place.recorded(&prepared.command(&place), Some((FaultKind::Kill, at as u64)))?;
    let mut wrong = if run.was_killed() { Vec::new() } else { run.manners() };
    wrong.extend(verify(&place, "as it was left")?);
    // Whoever does not do it again can work and sign.
    if place.lab().join("cases/c.db").exists() {
        let other = place.copy()?;
        let note =
            other.run(&words(&["custody", "add", "note", "c", "--text", "after the kill"]))?;
        if !note.is_well() {
            wrong.push(format!("an entry afterwards: {}", note.shown()));
        }
        other.run(&words(&["custody", "checkpoint"]))?;
        wrong.extend(verify_signed(&other, "an entry afterwards")?);
    }
    wrong.extend(recover(prepared, &place, false)?);
    Ok((run.was_killed(), wrong))
}

/// `None` when nothing failed: the command made fewer calls of that kind this time.
fn point(
    prepared: &Prepared<'_>,
    kind: FaultKind,
    at: usize,
    resume: bool,
) -> Outcome<Option<(bool, Vec<String>)>> {
    let place = prepared.place.copy()?;
    let run = place.recorded(&prepared.command(&place), Some((kind, at as u64)))?;
    let operations = record::read(&place.record)?;
    if !operations.iter().any(|operation| operation.outcome == Ended::Injected) {
        return Ok(None);
    }
    let mut wrong = run.manners();
    wrong.extend(verify(&place, "as it was left")?);
    if run.is_well() {
        match Known::of(&place) {
            Ok(now) => {
                wrong.extend(same_index(&prepared.after, &now, "said to be done"));
                if now.acts() != prepared.after.acts() {
                    wrong.push(format!("said to be done: the acts are {:?}", now.acts()));
                }
            }
            Err(failure) => wrong.push(format!("said to be done: {failure}")),
        }
    }
    wrong.extend(recover(prepared, &place, resume)?);
    if !wrong.is_empty() {
        wrong.push(format!("(the faulty run: {})", run.shown()));
    }
    Ok(Some((run.is_well(), wrong)))
}

/// Does the command again and looks whether everything is there.
pub(crate) fn recover(
    prepared: &Prepared<'_>,
    place: &Place<'_>,
    resume: bool,
) -> Outcome<Vec<String>> {
    let mut wrong = prepared.again(place, resume)?;
    wrong.extend(verify_signed(place, "done again")?);
    match Known::of(place) {
        Ok(now) => {
            wrong.extend(prepared.before.entries_lost_in(&now));
            wrong.extend(prepared.before.keys_lost_in(&now));
            wrong.extend(same_index(&prepared.after, &now, "done again"));
            wrong.extend(prepared.after.acts_missing_in(&now));
        }
        Err(failure) => wrong.push(format!("done again: {failure}")),
    }
    Ok(wrong)
}
