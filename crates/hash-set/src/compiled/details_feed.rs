//! Writing `details.db`, on another thread where the caller gives one: it takes as long as all the rest of compiling.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::build_error::BuildError;
use super::details::DetailsWriter;
use super::entry::NumberedEntry;
use crate::Beside;

/// Entries handed over at once, at most: fewer when they are long.
const ENTRIES_AT_ONCE: usize = 1024;
/// Bytes of names and comments after which entries are handed over.
const BYTES_AT_ONCE: usize = 1 << 20;
/// Hand-overs that may wait: one being filled, one being written, so many between them.
const WAITING: usize = 2;

/// Takes the entries of a set, in order.
pub(super) enum DetailsFeed {
    /// Written as they come.
    Here(DetailsWriter),
    /// Written on another thread.
    Beside {
        entries: SyncSender<Vec<NumberedEntry>>,
        writer: Receiver<Writing>,
        batch: Vec<NumberedEntry>,
        bytes: usize,
    },
}

/// What comes back of the writer when all entries are written.
type Writing = rusqlite::Result<DetailsWriter>;

impl DetailsFeed {
    pub(super) fn new(writer: DetailsWriter, beside: Option<Beside>) -> io::Result<Self> {
        let Some(beside) = beside else {
            return Ok(Self::Here(writer));
        };
        let (entries, coming) = sync_channel(WAITING);
        let (result, writing) = sync_channel(1);
        beside(Box::new(move || {
            // Nobody waits for it any more when it cannot be sent.
            let _ = result.send(write_all(writer, &coming));
        }))?;
        Ok(Self::Beside { entries, writer: writing, batch: Vec::new(), bytes: 0 })
    }

    /// Takes an entry. What went wrong with it may be said only by [`DetailsFeed::finish`].
    pub(super) fn take(&mut self, entry: NumberedEntry) -> rusqlite::Result<()> {
        match self {
            Self::Here(writer) => writer.entry(entry.row, &entry.record, &entry.more_names),
            Self::Beside { entries, batch, bytes, .. } => {
                *bytes = bytes.saturating_add(entry.bytes());
                batch.push(entry);
                if batch.len() >= ENTRIES_AT_ONCE || *bytes >= BYTES_AT_ONCE {
                    *bytes = 0;
                    // The writer stops only at an error, which it keeps for the end.
                    let _ = entries.send(std::mem::take(batch));
                }
                Ok(())
            }
        }
    }

    /// Waits until all is written, and gives the writer back.
    pub(super) fn finish(self) -> Result<DetailsWriter, BuildError> {
        match self {
            Self::Here(writer) => Ok(writer),
            Self::Beside { entries, writer, batch, .. } => {
                let _ = entries.send(batch);
                drop(entries);
                Ok(writer.recv().map_err(io::Error::other)??)
            }
        }
    }
}

fn write_all(writer: DetailsWriter, coming: &Receiver<Vec<NumberedEntry>>) -> Writing {
    writer.entries(coming.iter())?;
    Ok(writer)
}
