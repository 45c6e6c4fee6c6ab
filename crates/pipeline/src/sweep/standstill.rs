//! The proof, at every wait of a worker, that somebody else goes on; and what happens where there is no such proof.
//!
//! A worker that finds nothing to do may wait for three things only: for a worker that has a task, for the rows to be opened, or for the
//! writer that has rows in its hands. Each of them wakes all workers when it is done. When there is none of them, the pass stands still:
//! first it goes on without the streams that hold it back, and if nothing becomes possible then, it ends what is left as *unreadable*.

use case_model::Disposition;
use words::Statement;

use super::frontier::Frontier;
use super::pass::{State, Sweep};
use crate::stream::reader::{STANDSTILL, StreamResult};

/// A moment at which no task is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standstill {
    /// Something was changed that may make a task possible: look again.
    LookAgain,
    /// Somebody else is at work and wakes all workers when it is done.
    Wait,
    /// Nobody is at work, and every part has its results: the rows of a part cannot be made. The sweep must stop.
    Stop,
}

impl Sweep<'_> {
    /// Decides what to do when no task is possible and not everything has begun.
    pub(super) fn standstill(&self, state: &mut State) -> Standstill {
        if state.running > 0 {
            return Standstill::Wait;
        }
        if self.work_is_left(state) {
            if !self.let_lagging_go(state) {
                self.give_up(state);
            }
            return Standstill::LookAgain;
        }
        if !state.results_checked {
            state.results_checked = true;
            self.fill_missing(state);
            return Standstill::LookAgain;
        }
        if !state.rows_open || state.written_parts < state.next_part {
            return Standstill::Wait;
        }
        Standstill::Stop
    }

    /// Returns whether streams or windows of the medium wait to be hashed.
    fn work_is_left(&self, state: &State) -> bool {
        state.small.first().is_some()
            || state.big.first().is_some()
            || !state.active.is_empty()
            || state.chains.iter().any(|chain| chain.next < self.window_count)
    }

    /// Lets the pass go on without the streams that lag behind it: their bytes are read again later. Returns false when none holds the
    /// pass back.
    ///
    /// Streams hold the pass so that their bytes stay in memory. Without this, streams that wait for bytes far ahead could hold the
    /// pass back from these very bytes.
    fn let_lagging_go(&self, state: &mut State) -> bool {
        let pass_is_at = match self.frontier(state) {
            Frontier::End => self.window_count,
            Frontier::Before(byte) => self.window_of(byte),
        };
        let lags = state.let_go < pass_is_at;
        if lags {
            state.let_go = pass_is_at;
            state.times_let_go = state.times_let_go.saturating_add(1);
        }
        lags
    }

    /// Gives up what no worker can take: the rest of the medium's digests (zeros in its place, named as unread), and all streams left.
    fn give_up(&self, state: &mut State) {
        let State { chains, unread, small, big, active, .. } = state;
        for (at, chain) in
            chains.iter_mut().enumerate().filter(|(_, chain)| chain.next < self.window_count)
        {
            let start = chain.next.saturating_mul(self.window_bytes);
            let count = self.medium.len().saturating_sub(start);
            chain.pass_over(count, self.window_count);
            // The first chain names what none of them has read.
            if at == 0 {
                unread.add(start, count, Statement::from(STANDSTILL).encode());
            }
        }
        small.clear();
        big.clear();
        active.clear();
        (state.decoded, state.next_decode) = (self.window_count, self.window_count);
        state.results_checked = false;
    }

    /// Gives every stream that has no result one that says so: its row names it, and the item is not complete.
    fn fill_missing(&self, state: &mut State) {
        let result = StreamResult::without_content(Disposition::Unreadable, STANDSTILL);
        let parts = self.slots.get(state.next_part..).unwrap_or_default();
        let filled = parts.iter().map(|slots| slots.fill_missing(&result));
        state.given_up = state.given_up.saturating_add(filled.sum());
    }
}

/// Stops the sweep when a worker panics: nobody may wait for the task that it had.
pub(super) struct StopOnPanic<'s, 'm>(pub(super) &'s Sweep<'m>);

impl Drop for StopOnPanic<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}
