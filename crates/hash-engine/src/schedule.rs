//! Keeps lanes full: a lane that ends its message takes the next, and the last few messages go on alone.

use crate::Selection;
use crate::lane::{Lane, Message};
use crate::midstates::Midstates;
use crate::simd::{LaneStates, Simd};

/// Blocks of each lane that are hashed before the digests beside the lanes take them: eight lanes of 2 KiB stay in the first-level cache.
const STRIDE_BLOCKS: usize = 32;

/// Messages that wait for a lane.
pub(crate) trait Queue<'a> {
    /// The next message and its chaining values.
    fn next(&mut self) -> Option<(Message<'a>, Midstates)>;
    /// A message's segments are hashed. `values` is `None` if they made no whole block, so that the chaining values are what they were.
    fn done(&mut self, lane: &Lane<'a>, values: Option<Midstates>);
}

/// Which digests are computed how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Side by side.
    pub(crate) in_lanes: Selection,
    /// Of the same blocks right afterwards, message by message.
    pub(crate) beside: Selection,
    /// Of the last messages, when there are so many or fewer: they cost less one after the other.
    pub(crate) few: usize,
}

/// Hashes all messages of the queue.
pub(crate) fn run<'a, const L: usize, S: Simd<L>>(simd: S, plan: Plan, queue: &mut impl Queue<'a>) {
    let mut states = States { lanes: LaneStates::new(), beside: [const { Midstates::INITIAL }; L] };
    let mut lanes: [Option<Lane<'a>>; L] = [const { None }; L];
    for (at, lane) in lanes.iter_mut().enumerate() {
        *lane = start(at, plan, &mut states, queue);
    }
    while lanes.iter().flatten().count() > plan.few {
        let count = step(simd, plan, &mut states, &lanes);
        for (at, lane) in lanes.iter_mut().enumerate() {
            if let Some(message) = lane
                && !message.advance(count)
            {
                queue.done(message, Some(states.get(at, plan)));
                *lane = start(at, plan, &mut states, queue);
            }
        }
    }
    for (at, lane) in lanes.into_iter().enumerate() {
        if let Some(message) = lane {
            alone(message, states.get(at, plan), plan, queue);
        }
    }
    // None is left but when lanes do not pay at all.
    while let Some(message) = start(0, plan, &mut states, queue) {
        alone(message, states.get(0, plan), plan, queue);
    }
}

/// The chaining values of the messages in the lanes.
struct States<const L: usize> {
    lanes: LaneStates<L>,
    beside: [Midstates; L],
}

impl<const L: usize> States<L> {
    fn put(&mut self, at: usize, plan: Plan, values: Midstates) {
        self.lanes.put(at, plan.in_lanes, &values);
        self.beside[at] = values;
    }

    fn get(&self, at: usize, plan: Plan) -> Midstates {
        let mut values = self.beside[at].clone();
        self.lanes.get(at, plan.in_lanes, &mut values);
        values
    }
}

/// The next message that has blocks to hash.
fn start<'a, const L: usize>(
    at: usize,
    plan: Plan,
    states: &mut States<L>,
    queue: &mut impl Queue<'a>,
) -> Option<Lane<'a>> {
    loop {
        let (message, values) = queue.next()?;
        let mut lane = Lane::new(&message);
        if lane.next_run() {
            states.put(at, plan, values);
            return Some(lane);
        }
        queue.done(&lane, None);
    }
}

/// As many blocks of each lane as all of them have side by side; idle lanes hash what another one does, for nothing.
fn step<const L: usize, S: Simd<L>>(
    simd: S,
    plan: Plan,
    states: &mut States<L>,
    lanes: &[Option<Lane<'_>>; L],
) -> usize {
    let active = lanes.iter().flatten().map(Lane::blocks);
    let Some(shortest) = active.min_by_key(|blocks| blocks.len()) else { return 0 };
    let count =
        if plan.beside.is_empty() { shortest.len() } else { shortest.len().min(STRIDE_BLOCKS) };
    let mut blocks = [shortest; L];
    let mut last = 0;
    for (at, lane) in lanes.iter().enumerate() {
        if let Some(lane) = lane {
            blocks[at] = lane.blocks();
            last |= u32::from(lane.is_padding() && blocks[at].len() == count) << at;
        }
    }
    simd.compress(plan.in_lanes, &mut states.lanes, &blocks, count, last);
    if !plan.beside.is_empty() {
        for (lane, values) in lanes.iter().zip(&mut states.beside) {
            if let Some(lane) = lane {
                compress(lane, count, plan.beside, values);
            }
        }
    }
    count
}

/// The rest of a message without the others.
fn alone<'a>(mut lane: Lane<'a>, mut values: Midstates, plan: Plan, queue: &mut impl Queue<'a>) {
    loop {
        let count = lane.blocks().len();
        compress(&lane, count, plan.in_lanes.and(plan.beside), &mut values);
        if !lane.advance(count) {
            return queue.done(&lane, Some(values));
        }
    }
}

/// The next `count` blocks of one lane.
fn compress(lane: &Lane<'_>, count: usize, selection: Selection, values: &mut Midstates) {
    let blocks = lane.blocks();
    if lane.is_padding() && blocks.len() == count {
        values.compress_padding(selection, blocks);
    } else {
        values.compress(selection, &blocks[..count]);
    }
}

#[cfg(test)]
#[cfg(target_arch = "x86_64")]
mod tests {
    use super::*;
    use crate::queue::MessageQueue;
    use crate::reference;
    use crate::simd::{Avx2, Avx512};

    /// Every plan, also those that this processor would not choose.
    fn assert_every_plan<const L: usize, S: Simd<L>>(simd: S) {
        let data: Vec<u8> = (0..3000).map(|at: usize| (at * at % 251) as u8).collect();
        let messages: Vec<[&[u8]; 1]> =
            (0..40).map(|at| [&data[at..][..at * at * 131 % 2901]]).collect();
        let messages: Vec<&[&[u8]]> = messages.iter().map(<[&[u8]; 1]>::as_slice).collect();
        for in_lanes in [Selection::FILES, Selection::FILES.only_md5(), Selection::FILES.only_sha()]
        {
            for few in [0, 1, 4, L] {
                let beside = if in_lanes.md5 {
                    Selection::FILES.only_sha()
                } else {
                    Selection::FILES.only_md5()
                };
                let beside = if in_lanes == Selection::FILES { Selection::NONE } else { beside };
                let mut count = 0;
                let mut queue = MessageQueue::new(
                    &messages,
                    Selection::FILES,
                    |place: usize, digests: case_model::Digests| {
                        let message = messages[place][0];
                        assert_eq!(
                            digests.md5,
                            Some(reference::md5(message)),
                            "{} bytes",
                            message.len()
                        );
                        assert_eq!(
                            digests.sha1,
                            Some(reference::sha1(message)),
                            "{} bytes",
                            message.len()
                        );
                        assert_eq!(
                            digests.sha256,
                            Some(reference::sha256(message)),
                            "{} bytes",
                            message.len()
                        );
                        count += 1;
                    },
                );
                run(simd, Plan { in_lanes, beside, few }, &mut queue);
                assert_eq!(count, messages.len());
            }
        }
    }

    #[test]
    fn every_plan_with_avx512() {
        match Avx512::detect() {
            Some(simd) => assert_every_plan(simd),
            None => println!("skipped: this processor has no AVX-512"),
        }
    }

    #[test]
    fn every_plan_with_avx2() {
        match Avx2::detect() {
            Some(simd) => assert_every_plan(simd),
            None => println!("skipped: this processor has no AVX2"),
        }
    }
}
