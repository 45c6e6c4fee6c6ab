//! What a worker is at, as it is said.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use words::{Statement, Term, term};

use crate::Stage;

/// What a worker is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Records of a file system's table: its slots, and the last record that came of them.
    Records {
        /// The word of the file system.
        file_system: &'static str,
        /// The slots.
        slots: Range<u64>,
        /// The last that came: its number.
        after: Option<u64>,
    },
    /// A stream that is read alone: its first byte on the medium, its size.
    Stream(u64, u64),
    /// A file of a folder.
    File(PathBuf),
    /// The whole item, in this stage: nothing of it was finished.
    Item(Term),
}

impl Work {
    /// Returns what a worker is at, as it is said.
    pub(crate) fn statement(&self) -> Statement {
        match self {
            Self::Records { file_system, slots, after: None } => {
                term!("work.records").with(*file_system).with(slots.start).with(slots.end)
            }
            Self::Records { file_system, slots, after: Some(after) } => {
                term!("work.records-after").with(*file_system).with(*after).with(slots.end)
            }
            Self::Stream(at, size) => term!("work.stream").with(*size).with(*at),
            Self::File(path) => term!("work.file").with(path.as_os_str()),
            Self::Item(stage) => term!("work.item").with(*stage),
        }
    }
}

/// What took long.
#[derive(Clone, Debug)]
pub(crate) struct Slow {
    pub(crate) work: Work,
    pub(crate) took: Duration,
}

pub(crate) fn stage_term(stage: Stage) -> Term {
    match stage {
        Stage::Open => term!("stage.open"),
        Stage::Gather => term!("stage.gather"),
        Stage::Hash(_) => term!("stage.hash"),
        Stage::Certify => term!("stage.certify"),
    }
}
