//! A fault at each call in turn.

use crate::failure::Outcome;
use crate::figures::Figures;
use crate::judge::{same_index, verify, verify_signed};
use crate::known::Known;
use crate::program::{Place, Program};
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
        let calls = prepared.operations.iter().filter(|operation| operation.kind.concerns(*kind)).count();
        points.extend((1..=calls).step_by(stride.max(1)).map(|at| (*kind, at)));
    }
    let results = side_by_side(&points, |number, (kind, at)| point(&prepared, *kind, *at, number % 2 == 1))?;
    let mut figures = Figures::default();
    for ((kind, at), tried) in points.iter().zip(results) {
        if let Some((well, wrong)) = tried {
            let named =
                wrong.iter().map(|text| format!("{}, {} at call {at}: {text}", scenario.name, kind.key()));
            figures.add(kind.title(), well, named.collect());
        }
    }
    Ok(figures)
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
pub(crate) fn recover(prepared: &Prepared<'_>, place: &Place<'_>, resume: bool) -> Outcome<Vec<String>> {
    let mut wrong = prepared.again(place, resume)?;
    wrong.extend(verify_signed(place, "done again")?);
    match Known::of(place) {
        Ok(now) => {
            wrong.extend(prepared.before.entries_lost_in(&now));
            wrong.extend(same_index(&prepared.after, &now, "done again"));
            wrong.extend(prepared.after.acts_missing_in(&now));
        }
        Err(failure) => wrong.push(format!("done again: {failure}")),
    }
    Ok(wrong)
}
