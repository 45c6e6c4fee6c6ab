#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod beside_entry;
mod case_file;
mod checkpoint;
mod copy;
mod digest;
mod entry;
mod error;
mod extents;
mod find;
mod first_entry;
mod gaps;
mod image;
mod indexes;
mod ledger;
mod matching;
mod migration;
mod network_share;
mod open;
mod report;
mod run;
mod scan_checkpoint;
mod stoppable;
mod writer;

pub use beside_entry::FoundHit;
pub use case_file::{CaseFile, LedgerFile};
pub use case_model::{decode_times, encode_times};
pub use checkpoint::StoredCheckpoint;
pub use copy::{UnfinishedCopy, file_digest};
pub use digest::{RowsAbove, case_digest, image_digest};
pub use entry::{
    DELETED_NAME_ALONE, DELETED_NAME_UNKNOWN_RECORD, EntryRow, LinkRow, NAME_IN_USE_ALONE, StoredEntry,
};
pub use error::StoreError;
pub use extents::{MediumRun, decode_extents, encode_extents, encode_judged_extents, extents_exactness};
pub use find::{Filter, FoundRow};
pub use gaps::{ImageGaps, ImageState, LostStreams, RunRecord};
pub use image::{FileSystemRow, ImageOutcome, ImageRow, NamedStream, ProblemRow, VolumeRow};
pub use ledger::Ledger;
pub use matching::{ContentCheck, MatchingIndex, RecordedSet};
pub use migration::{Migration, MigrationNote};
pub use network_share::{refuse_network_share, remote_file_system};
pub use open::{newest_layout, sqlite_version};
pub use report::{FileSystemReport, HitCount, ImageReport, Reconciliation, StreamCounts, VolumeReport};
pub use run::{BrokenOffRun, RunState};
pub use rusqlite::Connection;
pub use scan_checkpoint::{PartResults, ScanCheckpoint};
pub use writer::ImageWriter;
