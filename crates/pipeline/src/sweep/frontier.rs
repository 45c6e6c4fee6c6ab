//! How far the pass over the medium has come, and what is still needed behind it.

use super::pass::{SMALL_BYTES, State, Sweep};

/// The bytes of the medium that the pass has reached.
///
/// The end is a value of its own. A number cannot stand for it: a damaged layout may claim any byte, the largest number included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frontier {
    /// All bytes before this one.
    Before(u64),
    /// Every place, also one past the end of the medium.
    End,
}

impl Frontier {
    /// Returns whether the byte `at` was reached.
    pub(super) fn has(self, at: u64) -> bool {
        match self {
            Self::Before(end) => at < end,
            Self::End => true,
        }
    }

    /// Returns whether all bytes before `end` were reached.
    pub(super) fn covers(self, end: u64) -> bool {
        match self {
            Self::Before(before) => end <= before,
            Self::End => true,
        }
    }

    /// Returns `at`, or the frontier where that comes first.
    pub(super) fn clamp(self, at: u64) -> u64 {
        match self {
            Self::Before(end) => at.min(end),
            Self::End => at,
        }
    }
}

impl Sweep<'_> {
    /// The bytes of the medium that streams may read.
    pub(super) fn frontier(&self, state: &State) -> Frontier {
        let windows = match self.windows {
            Some(_) => state.decoded,
            // A digest that a worker has is reading its window now.
            None => {
                let reached = state
                    .chains
                    .iter()
                    .map(|chain| chain.next.saturating_add(u64::from(chain.busy)))
                    .max();
                reached.unwrap_or(self.window_count)
            }
        };
        if windows >= self.window_count {
            Frontier::End
        } else {
            Frontier::Before(windows.saturating_mul(self.window_bytes))
        }
    }

    /// The first window that the medium's digests or a small stream still need.
    pub(super) fn near_tail(&self, state: &State, frontier: Frontier) -> u64 {
        let small = state.small.first().map(|job| job.draft.last.saturating_sub(SMALL_BYTES));
        let busy = state.busy.values().copied().min();
        self.held_by(state, frontier, small.into_iter().chain(busy))
    }

    /// The first window that is still needed.
    pub(super) fn tail(&self, state: &State, frontier: Frontier) -> u64 {
        let waiting = state.big.first().map(|job| job.draft.first);
        let on_their_way = state.active.iter().flat_map(|active| {
            let job = &active.job;
            active.heads.iter().filter_map(move |head| {
                let place = head.cursor.next_place(job.plain_runs()?)?;
                let volume = self.volumes.get(job.volume)?;
                (head.cursor.position < job.draft.size).then(|| volume.medium.at(place))
            })
        });
        let far = self.held_by(state, frontier, waiting.into_iter().chain(on_their_way));
        far.min(self.near_tail(state, frontier))
    }

    /// The first window that the medium's digests need, or the streams that begin at `places`, unless these were let go.
    fn held_by(&self, state: &State, frontier: Frontier, places: impl Iterator<Item = u64>) -> u64 {
        let digests =
            state.chains.iter().map(|chain| chain.next).min().unwrap_or(self.window_count);
        let streams = places.map(|at| self.window_of(frontier.clamp(at))).min();
        streams.map_or(digests, |window| digests.min(window.max(state.let_go)))
    }
}
