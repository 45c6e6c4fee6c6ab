//! Keeps lanes full: a lane that ends its message takes the next, and the last few messages go on alone.

use crate::Selection;
use crate::lane::{Lane, Message};
use crate::midstates::Midstates;
use crate::simd::{LaneStates, Simd};

/// Messages that wait for a lane.
pub(crate) trait Queue<'a> {
    /// The next message and its chaining values.
    fn next(&mut self) -> Option<(Message<'a>, Midstates)>;
    /// A message's segments are hashed. `values` is `None` if they made no whole block, so that the chaining values are what they were.
    fn done(&mut self, lane: &Lane<'a>, values: Option<Midstates>);
}

/// Hashes all messages of the queue.
pub(crate) fn run<'a, const L: usize, S: Simd<L>>(simd: S, selection: Selection, queue: &mut impl Queue<'a>) {
    let mut states = LaneStates::new();
    let mut lanes: [Option<Lane<'a>>; L] = [const { None }; L];
    for (at, lane) in lanes.iter_mut().enumerate() {
        *lane = start(at, selection, &mut states, queue);
    }
    while lanes.iter().flatten().count() > few_lanes(selection) {
        let count = step(simd, selection, &mut states, &lanes);
        for (at, lane) in lanes.iter_mut().enumerate() {
            if let Some(message) = lane
                && !message.advance(count)
            {
                queue.done(message, Some(states.get(at, selection)));
                *lane = start(at, selection, &mut states, queue);
            }
        }
    }
    for (at, lane) in lanes.into_iter().enumerate() {
        if let Some(message) = lane {
            alone(message, states.get(at, selection), selection, queue);
        }
    }
}

/// So many lanes or fewer cost more side by side than one after the other.
fn few_lanes(_selection: Selection) -> usize {
    2
}

/// The next message that has blocks to hash.
fn start<'a, const L: usize>(
    at: usize,
    selection: Selection,
    states: &mut LaneStates<L>,
    queue: &mut impl Queue<'a>,
) -> Option<Lane<'a>> {
    loop {
        let (message, values) = queue.next()?;
        let mut lane = Lane::new(&message);
        if lane.next_run() {
            states.put(at, selection, &values);
            return Some(lane);
        }
        queue.done(&lane, None);
    }
}

/// As many blocks of each lane as all of them have side by side; idle lanes hash what another one does, for nothing.
fn step<const L: usize, S: Simd<L>>(
    simd: S,
    selection: Selection,
    states: &mut LaneStates<L>,
    lanes: &[Option<Lane<'_>>; L],
) -> usize {
    let active = || lanes.iter().flatten().map(Lane::blocks);
    let Some(shortest) = active().min_by_key(|blocks| blocks.len()) else { return 0 };
    let count = shortest.len();
    let blocks = lanes.each_ref().map(|lane| lane.as_ref().map_or(shortest, Lane::blocks));
    let last = lanes.iter().enumerate().fold(0, |mask, (at, lane)| {
        let ends = lane.as_ref().is_some_and(|lane| lane.is_padding() && lane.blocks().len() == count);
        mask | u32::from(ends) << at
    });
    simd.compress(selection, states, &blocks, count, last);
    count
}

/// The rest of a message without the others.
fn alone<'a>(mut lane: Lane<'a>, mut values: Midstates, selection: Selection, queue: &mut impl Queue<'a>) {
    loop {
        if lane.is_padding() {
            values.compress_padding(selection, lane.blocks());
        } else {
            values.compress(selection, lane.blocks());
        }
        if !lane.advance(lane.blocks().len()) {
            return queue.done(&lane, Some(values));
        }
    }
}
