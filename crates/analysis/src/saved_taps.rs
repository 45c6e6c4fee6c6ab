//! Analysis of a stream on its way, in a form that a checkpoint stores.

use serde::{Deserialize, Serialize};

use crate::Findings;

/// Where the analysis of one stream stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct SavedTaps {
    /// Tells analysers and versions.
    pub(crate) fingerprint: u64,
    pub(crate) at: u64,
    /// The start so far; `None` when it is done, or nobody wants it.
    pub(crate) head: Option<Vec<u8>>,
    /// Of the analysers that want all bytes.
    pub(crate) states: Vec<SavedTap>,
    pub(crate) findings: Findings,
}

impl SavedTaps {
    /// Returns the bytes of the stream that were taken.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.at
    }
}

/// Where one analyser stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct SavedTap {
    pub(crate) analyser: u8,
    /// `None` when it panicked.
    pub(crate) state: Option<Vec<u8>>,
    /// It wants no more bytes.
    pub(crate) is_sated: bool,
}

/// A checkpoint must do without a stream: after a break it is read from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateNotSaved {
    /// The analyser cannot save its state.
    Never(&'static str),
    /// The state of the analyser has so many bytes, more than [`crate::MAX_STATE_BYTES`].
    TooLarge(&'static str, usize),
}
