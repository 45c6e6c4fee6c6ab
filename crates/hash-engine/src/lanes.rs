//! Many messages at once on one thread.

use case_model::Digests;

use crate::queue::{JobQueue, MessageQueue};
use crate::schedule::{self, Queue};
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
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
        self.run_jobs(JobQueue::new(jobs, self.selection, None::<fn(usize, Digests)>));
    }

    /// Advances every job's state by its last segments and ends it: `done` is given each job's place and its digests, in any order, each
    /// place once. The states are left new, ready for other messages.
    pub fn finish_many(&mut self, jobs: &mut [Job<'_>], done: impl FnMut(usize, Digests)) {
        self.run_jobs(JobQueue::new(jobs, self.selection, Some(done)));
    }

    /// Whole messages, each given as its segments: `done` is given each message's place and its digests, in any order, each place once.
    pub fn digest_many(&mut self, messages: &[&[&[u8]]], done: impl FnMut(usize, Digests)) {
        let mut queue = MessageQueue::new(messages, self.selection, done);
        if !self.run(&mut queue) {
            queue.all_alone();
        }
    }

    fn run_jobs<D: FnMut(usize, Digests)>(&self, mut queue: JobQueue<'_, '_, D>) {
        if !self.run(&mut queue) {
            queue.all_alone();
        }
    }

    /// Hashes a queue by the path; false, and nothing done, if there is nothing for lanes to do.
    fn run<'a>(&self, queue: &mut impl Queue<'a>) -> bool {
        let Selection { md5, sha1, sha256, .. } = self.selection;
        if !(md5 || sha1 || sha256) {
            return false;
        }
        match self.path {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => Avx512::detect().map(|simd| schedule::run(simd, self.selection, queue)).is_some(),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => Avx2::detect().map(|simd| schedule::run(simd, self.selection, queue)).is_some(),
            _ => false,
        }
    }
}
