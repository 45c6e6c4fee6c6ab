#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod beginning;
mod case_file;
mod checkpoint;
mod digest;
mod entry;
mod error;
mod extents;
mod find;
mod image;
mod indexes;
mod key_file;
mod lab;
mod last_known;
mod ledger;
mod matching;
mod open;
mod raw_times;
mod report;
mod run;
mod schema_change;
mod standing;
mod writer;

pub use case_file::{CaseFile, LedgerFile};
pub use checkpoint::StoredCheckpoint;
pub use digest::{RowsAbove, case_digest, image_digest};
pub use entry::{EntryRow, LinkRow, StoredEntry};
pub use error::StoreError;
pub use extents::{MediumRun, decode_extents, encode_extents};
pub use find::{Filter, FoundHit, FoundRow};
pub use image::{FileSystemRow, ImageOutcome, ImageRow, ProblemRow, VolumeRow};
pub use lab::{Lab, LabSettings};
pub use last_known::RecordName;
pub use ledger::Ledger;
pub use matching::{ContentCheck, MatchingIndex, RecordedSet};
pub use raw_times::{decode_times, encode_times};
pub use report::{FileSystemReport, HitCount, ImageReport, Reconciliation, StreamCounts, VolumeReport};
pub use run::RunState;
pub use rusqlite::Connection;
pub use schema_change::take_migration;
pub use standing::{Refusal, Standing, origin_of};
pub use writer::ImageWriter;
