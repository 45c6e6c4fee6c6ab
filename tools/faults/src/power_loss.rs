//! The power goes, at each call in turn.

use std::collections::{BTreeSet, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};
use std::path::Path;

use crate::failure::{Attempt, Failure, Outcome};
use crate::figures::Figures;
use crate::judge::{same_index, verify, verify_signed};
use crate::known::Known;
use crate::program::{Place, Program, Run};
use crate::promises::{Promise, promises};
use crate::random::Random;
use crate::record::{self, Operation};
use crate::scenario::succeed;
use crate::shim::FaultKind;
use crate::storage::{Loss, Storage};
use crate::workers::side_by_side;

/// A day in a lab, from the first scan on.
const DAY: [&[&str]; 9] = [
    &["scan", "DEMO", "--case", "c"],
    &["custody", "add", "note", "c", "--text", "seen"],
    &["key", "new", "--holder", "Amina"],
    &["hash-set", "import", "SET"],
    &["match", "--hash-set", "known-bad", "--case", "c"],
    &["scan", "BLANK", "--case", "c"],
    &["custody", "export", "c", "OUT"],
    &["custody", "export", "c", "OUT.zip"],
    &["hash-set", "export", "known-bad", "--format", "csv", "--to", "OUT.csv"],
];
/// What is done after the loss, whatever was done before.
const AFTERWARDS: [&[&str]; 2] =
    [&["scan", "DEMO", "BLANK", "--case", "c"], &["match", "--hash-set", "SET", "--case", "c"]];

/// Loses the power at each `stride`-th call of a day's work in a lab, in several ways each; then the work is done again.
///
/// # Errors
/// What keeps the test from being carried out; what the program does wrong is in the figures.
pub fn power_loss(program: &Program, stride: usize, seed: u64) -> Outcome<Figures> {
    let day = Day::recorded(program)?;
    let mut storage = Storage::empty(&day.place.storage);
    let mut random = Random::new(seed);
    let mut known = BTreeSet::new();
    let mut figures = Figures::default();
    let mut states = Vec::new();
    for (number, operation) in day.operations.iter().enumerate() {
        storage.follow(operation)?;
        let at = number + 1;
        let is_last = at == day.operations.len();
        if at % stride.max(1) == 0 || is_last {
            let some = Loss::Some(random.next());
            states.extend(day.states(&storage, at, some, &mut known, &mut figures)?);
        }
        // The disks of a batch lie side by side.
        if states.len() >= BATCH || is_last {
            let results = side_by_side(&states, |_, state| day.judge(state))?;
            for (state, wrong) in states.drain(..).zip(results) {
                let State { at, loss, .. } = state;
                let all = day.operations.len();
                let named = |text| format!("power lost after call {at} of {all}, {loss:?}: {text}");
                figures.add(STATES, false, wrong.into_iter().map(named).collect());
            }
        }
    }
    Ok(figures)
}

/// Lets each `stride`-th `fsync` of a day's work fail, once, and loses the power later: when the command has ended, and when it was done again.
/// What the failed call was to make last is gone then, though the kernel showed it and every later call succeeded.
///
/// # Errors
/// What keeps the test from being carried out; what the program does wrong is in the figures.
pub fn failed_sync_and_power_loss(program: &Program, stride: usize) -> Outcome<Figures> {
    let undisturbed = Day::recorded(program)?;
    let mut points = Vec::new();
    for number in 0..DAY.len() {
        let start = number
            .checked_sub(1)
            .and_then(|before| undisturbed.ends.get(before))
            .map_or(0, |end| end.0);
        let end = undisturbed.ends.get(number).map_or(start, |end| end.0);
        let calls = undisturbed.operations.get(start..end).unwrap_or_default();
        let syncs = calls.iter().filter(|call| call.kind.concerns(FaultKind::SyncFails)).count();
        points.extend((1..=syncs as u64).map(|at| (number, at)));
    }
    let points: Vec<_> = points.into_iter().step_by(stride.max(1)).collect();
    let results = side_by_side(&points, |_, (number, at)| {
        undisturbed.after_failed_sync(program, *number, *at)
    })?;
    let mut figures = Figures::default();
    for ((number, at), wrong) in points.iter().zip(results) {
        let command = DAY.get(*number).map(|words| words.join(" ")).unwrap_or_default();
        for (loss, wrong) in wrong {
            let named = |text| format!("{command}, fsync {at} failed, then {loss:?}: {text}");
            figures.add(FAILED_SYNCS, false, wrong.into_iter().map(named).collect());
        }
    }
    Ok(figures)
}

const FAILED_SYNCS: &str = "an fsync failed, and later the power went";

/// Disks that are judged at a time.
const BATCH: usize = 256;
const STATES: &str = "different disks that these left, each opened, verified and worked on";

struct Day<'p> {
    place: Place<'p>,
    operations: Vec<Operation>,
    /// What was acknowledged when a command ended: calls until then, what the lab held.
    ends: Vec<(usize, Known)>,
    promises: Vec<(usize, Promise)>,
    /// As the case is when all was done undisturbed.
    expected: Known,
}

/// A disk to be judged.
struct State<'p> {
    at: usize,
    loss: Loss,
    place: Place<'p>,
}

impl<'p> Day<'p> {
    fn recorded(program: &'p Program) -> Outcome<Self> {
        let place = program.place()?;
        let mut ends = Vec::new();
        for command in DAY {
            let run = place.recorded(&place.resolved(command, 1), None)?;
            if !run.is_well() {
                return Err(Failure::new(format!("{}: {}", command.join(" "), run.shown())));
            }
            ends.push((record::read(&place.record)?.len(), Known::of(&place.copy()?)?));
        }
        let operations = record::read(&place.record)?;
        check_record(&place, &operations)?;
        let undisturbed = place.copy()?;
        for command in AFTERWARDS {
            succeed(&undisturbed, &undisturbed.resolved(command, 2))?;
        }
        let expected = Known::of(&undisturbed)?;
        let promises = promises(&operations);
        Ok(Self { place, operations, ends, promises, expected })
    }

    /// A day until the command `number`, whose `at`-th sync fails, and which is then done again; what is wrong with the disks that losses of power
    /// leave after each of the two.
    fn after_failed_sync(
        &self,
        program: &'p Program,
        number: usize,
        at: u64,
    ) -> Outcome<Vec<(Loss, Vec<String>)>> {
        let place = program.place()?;
        let mut ends = Vec::new();
        let run = |words: &[&str], attempt, fault, ends: &mut Vec<(usize, Known)>| -> Outcome<()> {
            let run = place.recorded(&place.resolved(words, attempt), fault)?;
            if run.is_well() {
                let mut known = Known::of(&place.copy()?)?;
                // What a command wrote for its caller and did not acknowledge is not promised: it is written again elsewhere.
                if attempt > 1 {
                    known.files.retain(|path, _| !path.starts_with("out-1"));
                }
                ends.push((record::read(&place.record)?.len(), known));
            } else if fault.is_none() {
                return Err(Failure::new(format!("{}: {}", words.join(" "), run.shown())));
            }
            Ok(())
        };
        for command in DAY.iter().take(number) {
            run(command, 1, None, &mut ends)?;
        }
        let mut moments = Vec::new();
        for (attempt, fault) in [(1, Some((FaultKind::SyncFails, at))), (3, None)] {
            run(DAY.get(number).copied().unwrap_or_default(), attempt, fault, &mut ends)?;
            moments.push(record::read(&place.record)?.len());
        }
        let operations = record::read(&place.record)?;
        let promises = promises(&operations);
        let day = Day { place, operations, ends, promises, expected: self.expected.clone() };
        let mut storage = Storage::empty(&day.place.storage);
        let mut wrong = Vec::new();
        for (done, operation) in (1..).zip(&day.operations) {
            storage.follow(operation)?;
            for loss in
                [Loss::Nothing, Loss::Everything].into_iter().filter(|_| moments.contains(&done))
            {
                let place = program.place()?;
                storage.write_what_is_left(loss, &place.storage)?;
                wrong.push((loss, day.judge(&State { at: done, loss, place })?));
            }
        }
        Ok(wrong)
    }

    /// The disks that losses of power leave after call `at`, but for those that were seen before.
    fn states(
        &self,
        storage: &Storage,
        at: usize,
        some: Loss,
        known: &mut BTreeSet<(u64, usize, usize)>,
        figures: &mut Figures,
    ) -> Outcome<Vec<State<'p>>> {
        let mut states = Vec::new();
        let losses = [
            Loss::Nothing,
            Loss::Everything,
            Loss::Bytes,
            Loss::Zeros,
            Loss::Names,
            Loss::Torn,
            some,
        ];
        for loss in losses {
            figures.add(name_of(loss), false, Vec::new());
            let place = self.place.program.place()?;
            storage.write_what_is_left(loss, &place.storage)?;
            // The same disk may be right before a promise and wrong after it.
            let promised = self.promises.iter().filter(|(said, _)| *said < at).count();
            let ended = self.ends.iter().filter(|(end, _)| *end <= at).count();
            if known.insert((digest(&place.storage)?, promised, ended)) {
                states.push(State { at, loss, place });
            }
        }
        Ok(states)
    }

    fn judge(&self, state: &State<'_>) -> Outcome<Vec<String>> {
        let place = &state.place;
        let mut wrong = verify(place, "after the loss")?;
        match Known::of(&place.copy()?) {
            Ok(now) => wrong.extend(self.broken_promises(state.at, place, &now)),
            Err(failure) => wrong.push(format!("after the loss: {failure}")),
        }
        for command in AFTERWARDS {
            let run: Run = place.run(&place.resolved(command, 2))?;
            wrong.extend(run.manners());
            if !run.is_well() {
                wrong.push(format!("{} after the loss: {}", command.join(" "), run.shown()));
            }
        }
        wrong.extend(verify_signed(place, "done again")?);
        match Known::of(place) {
            Ok(now) => {
                wrong.extend(same_index(&self.expected, &now, "done again"));
                wrong.extend(
                    self.acknowledged(state.at)
                        .map_or(Vec::new(), |known| known.entries_lost_in(&now)),
                );
            }
            Err(failure) => wrong.push(format!("done again: {failure}")),
        }
        Ok(wrong)
    }

    /// What was acknowledged by the end of a command.
    fn acknowledged(&self, at: usize) -> Option<&Known> {
        self.ends.iter().rev().find(|(end, _)| *end <= at).map(|(_, known)| known)
    }

    fn broken_promises(&self, at: usize, place: &Place<'_>, now: &Known) -> Vec<String> {
        let mut broken = self.acknowledged(at).map_or(Vec::new(), |known| known.lost_in(now));
        for (_, promise) in self.promises.iter().filter(|(said, _)| *said < at) {
            let entries = |ledger: &str| now.ledgers.get(ledger).map_or(&[][..], Vec::as_slice);
            let holds = match promise {
                Promise::Entries(ledger, count) => entries(ledger).len() >= *count,
                Promise::Finished(count) => {
                    entries("c").iter().filter(|(_, act)| act == "scan_finish").count() >= *count
                }
                Promise::Kept(count) => kept(&place.lab()).is_some_and(|size| size >= *count),
            };
            if !holds {
                broken.push(format!("it had said {promise:?}"));
            }
        }
        broken
    }
}

/// The size of the case's checkpoint that the lab keeps.
fn kept(lab: &Path) -> Option<u64> {
    let note = std::fs::read_to_string(lab.join("checkpoints/cases/c.note")).ok()?;
    note.lines().nth(1)?.parse().ok()
}

/// When nothing is lost, what the record says is what is there: no write passed by.
fn check_record(place: &Place<'_>, operations: &[Operation]) -> Outcome<()> {
    let mut storage = Storage::empty(&place.storage);
    for operation in operations {
        storage.follow(operation)?;
    }
    let replayed = place.program.place()?;
    storage.write_what_is_left(Loss::Nothing, &replayed.storage)?;
    match digest(&replayed.storage)? == digest(&place.storage)? {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "the record is not what was done: compare {} and {}",
            place.storage.display(),
            replayed.storage.display()
        ))),
    }
}

/// Of all names and bytes.
fn digest(folder: &Path) -> Outcome<u64> {
    let mut hasher = DefaultHasher::new();
    digest_folder(folder, &mut hasher)?;
    Ok(hasher.finish())
}

fn digest_folder(folder: &Path, hasher: &mut DefaultHasher) -> Outcome<()> {
    let entries = std::fs::read_dir(folder).when(folder.display())?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .when("a folder")?;
    paths.sort();
    for path in paths {
        path.file_name().hash(hasher);
        if path.is_dir() {
            "folder".hash(hasher);
            digest_folder(&path, hasher)?;
            "end".hash(hasher);
        } else {
            std::fs::read(&path).when(path.display())?.hash(hasher);
        }
    }
    Ok(())
}

fn name_of(loss: Loss) -> &'static str {
    match loss {
        Loss::Nothing => "power lost, nothing else",
        Loss::Everything => "all that was not synced is lost",
        Loss::Bytes => "bytes that were not synced are lost",
        Loss::Zeros => "bytes that were not synced are zeros",
        Loss::Names => "names that were not synced are lost",
        Loss::Torn => "the last write of each file is torn",
        Loss::Some(_) => "any sectors of any writes are lost, in any order",
    }
}
