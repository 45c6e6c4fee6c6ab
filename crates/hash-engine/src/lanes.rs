//! Many messages at once on one thread.

use case_model::Digests;

use crate::{MessageState, Path, Selection};

/// One message and the bytes that come next in it.
#[derive(Debug)]
pub struct Job<'a> {
    /// What is advanced.
    pub state: &'a mut MessageState,
    /// The next bytes, in order; any lengths, also none.
    pub segments: &'a [&'a [u8]],
}

/// Hashes many messages at once on this thread: one message a lane of a SIMD register, and a lane that ends its message takes the next.
///
/// Give it many messages at a time (hundreds): the last few of a call cannot fill all lanes.
#[derive(Debug)]
pub struct Lanes {
    selection: Selection,
    path: Path,
}

impl Lanes {
    /// Lanes for the selected digests, by the best path that this processor has.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self { selection, path: Path::best() }
    }

    /// Lanes by a given path; `None` if this processor does not have it.
    #[must_use]
    pub fn with_path(selection: Selection, path: Path) -> Option<Self> {
        path.is_available().then_some(Self { selection, path })
    }

    /// The path taken.
    #[must_use]
    pub fn path(&self) -> Path {
        self.path
    }

    /// Which digests.
    #[must_use]
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// Advances every job's state by its segments. A state of another selection than that of the lanes is advanced all the same, alone.
    pub fn update_many(&mut self, jobs: &mut [Job<'_>]) {
        for job in jobs {
            job.segments.iter().for_each(|segment| job.state.update(segment));
        }
    }

    /// Advances every job's state by its last segments and ends it: `done` is given each job's place and its digests, in any order, each
    /// place once. The states are left new, ready for other messages.
    pub fn finish_many(&mut self, jobs: &mut [Job<'_>], mut done: impl FnMut(usize, Digests)) {
        for (place, job) in jobs.iter_mut().enumerate() {
            job.segments.iter().for_each(|segment| job.state.update(segment));
            let fresh = MessageState::new(job.state.selection());
            done(place, std::mem::replace(job.state, fresh).finish());
        }
    }

    /// Whole messages, each given as its segments: `done` is given each message's place and its digests, in any order, each place once.
    pub fn digest_many(&mut self, messages: &[&[&[u8]]], mut done: impl FnMut(usize, Digests)) {
        for (place, segments) in messages.iter().enumerate() {
            let mut state = MessageState::new(self.selection);
            segments.iter().for_each(|segment| state.update(segment));
            done(place, state.finish());
        }
    }
}
