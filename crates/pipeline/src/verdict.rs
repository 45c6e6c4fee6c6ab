//! Is the item complete?

use case_model::Disposition;
use case_store::{EntryRow, RunState};
use serde::{Deserialize, Serialize};
use words::{Term, term};

/// Counts what keeps an item from being complete.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// Rows of the index: streams, and objects without content.
    pub(crate) entries: u64,
    /// Streams in use whose content is not in the index.
    pub(crate) lost_streams: u64,
    /// Problems that cost evidence.
    pub(crate) damages: u64,
    /// Counts that do not reconcile.
    pub(crate) unreconciled: u64,
    /// Bytes of the medium that could not be read.
    pub(crate) unreadable_bytes: u64,
    /// Stored digests that do not agree.
    pub(crate) wrong_digests: u64,
}

impl Verdict {
    pub(crate) fn take_entry(&mut self, row: &EntryRow) {
        self.entries = self.entries.saturating_add(1);
        let in_use = row.state == "allocated";
        let lost = u64::from(in_use && row.disposition.is_loss());
        self.lost_streams = self.lost_streams.saturating_add(lost);
        let damages =
            byte_source::length(row.problems.iter().filter(|problem| problem.damage).count());
        self.damages = self.damages.saturating_add(damages);
    }

    pub(crate) fn state(&self) -> RunState {
        if *self == (Self { entries: self.entries, ..Self::default() }) {
            RunState::Complete
        } else {
            RunState::Incomplete
        }
    }
}

/// What becomes of an object without content.
pub(crate) fn without_content(kind: filesystem::RecordKind, damaged: bool) -> (Disposition, Term) {
    use filesystem::RecordKind::{
        BlockDevice, CharacterDevice, Directory, Fifo, File, Reserved, Socket, SymbolicLink,
        Unknown,
    };
    match kind {
        Unknown if damaged => (Disposition::Unreadable, term!("stream.record-damaged")),
        Directory => (Disposition::Skipped, term!("skip.directory")),
        SymbolicLink => (Disposition::Skipped, term!("skip.link")),
        BlockDevice | CharacterDevice | Fifo | Socket => {
            (Disposition::Skipped, term!("skip.special"))
        }
        Reserved => (Disposition::Skipped, term!("skip.reserved")),
        File | Unknown => (Disposition::Skipped, term!("skip.no-data")),
    }
}
