//! Many messages at once on one thread.

use case_model::Digests;

use crate::queue::{JobQueue, MessageQueue};
use crate::schedule::{self, Plan, Queue};
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512, ShaExtensions};
use crate::{Engine, Job, Selection};

/// Hashes many messages at once on this thread: one message a lane of a SIMD register, and a lane that ends its message takes the next.
///
/// Give it many messages at a time (hundreds): the last few of a call cannot fill all lanes.
#[derive(Debug)]
pub struct Lanes {
    selection: Selection,
    engine: Engine,
}

impl Lanes {
    /// Lanes for the selected digests, by the best engine that this processor has.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self { selection, engine: Engine::best() }
    }

    /// Lanes by a given engine; `None` if this processor does not have it.
    #[must_use]
    pub fn with_engine(selection: Selection, engine: Engine) -> Option<Self> {
        engine.is_available().then_some(Self { selection, engine })
    }

    /// The engine taken.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
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

    /// Hashes a queue by the engine; false, and nothing done, if there is nothing for lanes to do.
    fn run<'a>(&self, queue: &mut impl Queue<'a>) -> bool {
        #[cfg(target_arch = "x86_64")]
        match self.engine {
            Engine::Avx512 => run_avx512(self.selection, queue).is_some(),
            Engine::Avx2 => run_avx2(self.selection, queue).is_some(),
            Engine::Portable => false,
        }
        #[cfg(not(target_arch = "x86_64"))]
        false
    }
}

/// All digests in lanes: sixteen of them are three times as fast as the SHA extensions for SHA-1, and twice for SHA-256.
#[cfg(target_arch = "x86_64")]
fn run_avx512<'a>(selection: Selection, queue: &mut impl Queue<'a>) -> Option<()> {
    let in_lanes = Some(selection.without_blake3()).filter(|selection| !selection.is_empty())?;
    // A step of the lanes takes as long as so many blocks alone.
    let few = match (selection.md5, selection.sha1, selection.sha256) {
        _ if ShaExtensions::detect().is_none() => 1,
        (false, _, true) => 7,
        (true, false, false) => 1,
        _ => 4,
    };
    schedule::run(Avx512::detect()?, Plan { in_lanes, beside: Selection::NONE, few }, queue);
    Some(())
}

/// With SHA extensions only MD5 in lanes: eight of them are slower for SHA-256, and hardly faster for SHA-1.
#[cfg(target_arch = "x86_64")]
fn run_avx2<'a>(selection: Selection, queue: &mut impl Queue<'a>) -> Option<()> {
    let extensions = ShaExtensions::detect().is_some();
    let in_lanes = if extensions { selection.only_md5() } else { selection.without_blake3() };
    let in_lanes = Some(in_lanes).filter(|selection| !selection.is_empty())?;
    let beside = if extensions { selection.only_sha() } else { Selection::NONE };
    schedule::run(Avx2::detect()?, Plan { in_lanes, beside, few: 1 }, queue);
    Some(())
}
