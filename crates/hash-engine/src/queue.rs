//! What waits for the lanes: jobs that advance or end stored states, or whole messages.

use case_model::Digests;

use crate::block::BLOCK_BYTES;
use crate::lane::{Lane, Message};
use crate::midstates::Midstates;
use crate::schedule::Queue;
use crate::{Job, MessageState, Selection};

/// Jobs, in order.
pub(crate) struct JobQueue<'q, 'a, D> {
    jobs: &'q mut [Job<'a>],
    next: usize,
    selection: Selection,
    /// Takes the digests of messages that end; `None` if they go on.
    done: Option<D>,
}

impl<'q, 'a, D: FnMut(usize, Digests)> JobQueue<'q, 'a, D> {
    pub(crate) fn new(jobs: &'q mut [Job<'a>], selection: Selection, done: Option<D>) -> Self {
        Self { jobs, next: 0, selection, done }
    }

    /// A job without lanes.
    fn alone(&mut self, place: usize) {
        let job = &mut self.jobs[place];
        job.segments.iter().for_each(|segment| job.state.update(segment));
        if let Some(done) = &mut self.done {
            done(place, job.state.take().finish());
        }
    }

    /// All jobs without lanes.
    pub(crate) fn all_alone(mut self) {
        (0..self.jobs.len()).for_each(|place| self.alone(place));
    }
}

impl<'a, D: FnMut(usize, Digests)> Queue<'a> for JobQueue<'_, 'a, D> {
    fn next(&mut self) -> Option<(Message<'a>, Midstates)> {
        loop {
            let place = self.next;
            let job = self.jobs.get_mut(place)?;
            self.next += 1;
            if job.state.selection() != self.selection {
                self.alone(place);
                continue;
            }
            if self.selection.blake3 {
                job.segments.iter().for_each(|segment| job.state.update_blake3(segment));
            }
            let length = job.state.length;
            let buffer = job.state.buffer;
            let message = Message {
                place,
                length,
                buffer,
                segments: job.segments,
                ends: self.done.is_some(),
            };
            return Some((message, job.state.midstates.clone()));
        }
    }

    fn done(&mut self, lane: &Lane<'a>, values: Option<Midstates>) {
        let state = &mut *self.jobs[lane.place()].state;
        if let Some(values) = values {
            state.midstates = values;
        }
        state.length = lane.length();
        if let Some(done) = &mut self.done {
            done(lane.place(), state.take().into_digests());
        } else {
            state.buffer = [0; BLOCK_BYTES];
            state.buffer[..lane.tail().len()].copy_from_slice(lane.tail());
        }
    }
}

/// Whole messages, in order.
pub(crate) struct MessageQueue<'a, D> {
    messages: &'a [&'a [&'a [u8]]],
    next: usize,
    selection: Selection,
    done: D,
}

impl<'a, D: FnMut(usize, Digests)> MessageQueue<'a, D> {
    pub(crate) fn new(messages: &'a [&'a [&'a [u8]]], selection: Selection, done: D) -> Self {
        Self { messages, next: 0, selection, done }
    }

    /// All messages without lanes.
    pub(crate) fn all_alone(mut self) {
        for (place, segments) in self.messages.iter().enumerate() {
            let mut state = MessageState::new(self.selection);
            segments.iter().for_each(|segment| state.update(segment));
            (self.done)(place, state.finish());
        }
    }
}

impl<'a, D: FnMut(usize, Digests)> Queue<'a> for MessageQueue<'a, D> {
    fn next(&mut self) -> Option<(Message<'a>, Midstates)> {
        let place = self.next;
        let segments = *self.messages.get(place)?;
        self.next += 1;
        let message = Message { place, length: 0, buffer: [0; BLOCK_BYTES], segments, ends: true };
        Some((message, Midstates::INITIAL))
    }

    fn done(&mut self, lane: &Lane<'a>, values: Option<Midstates>) {
        let mut digests = values.unwrap_or(Midstates::INITIAL).digests(self.selection);
        if self.selection.blake3 {
            let mut hasher = blake3::Hasher::new();
            self.messages[lane.place()].iter().for_each(|segment| _ = hasher.update(segment));
            digests.blake3 = Some(*hasher.finalize().as_bytes());
        }
        (self.done)(lane.place(), digests);
    }
}
