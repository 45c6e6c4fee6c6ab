//! A stream whose analysis a checkpoint cannot hold.

use analysis::StateNotSaved;
use serde::{Deserialize, Serialize};

use crate::stream::slot::Slot;

/// A stream on its way whose place a checkpoint does not hold: an analyser did not give its state.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct UnsavedStream {
    pub(crate) slot: Slot,
    /// The analyser's name.
    pub(crate) analyser: String,
    /// Bytes of the state that is too large; `None` when the analyser cannot save its state at all.
    pub(crate) state_bytes: Option<u64>,
}

impl UnsavedStream {
    pub(crate) fn new(slot: Slot, why: StateNotSaved) -> Self {
        let (analyser, state_bytes) = match why {
            StateNotSaved::Never(analyser) => (analyser, None),
            StateNotSaved::TooLarge(analyser, length) => {
                (analyser, Some(u64::try_from(length).unwrap_or(u64::MAX)))
            }
        };
        Self { slot, analyser: analyser.to_owned(), state_bytes }
    }
}
