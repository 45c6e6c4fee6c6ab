#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod beginning;
mod beside_entry;
mod case_file;
mod checkpoint;
mod copy;
mod digest;
mod entry;
mod error;
mod extents;
mod file_place;
mod find;
mod image;
mod indexes;
mod key_file;
mod lab;
mod last_known;
mod ledger;
mod matching;
mod open;
mod report;
mod run;
mod scan_checkpoint;
mod scan_lock;
mod schema_change;
mod standing;
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
pub use file_place::remote_file_system;
pub use find::{Filter, FoundRow};
pub use image::{FileSystemRow, ImageOutcome, ImageRow, NamedStream, ProblemRow, VolumeRow};
pub use lab::{Lab, LabSettings};
pub use last_known::RecordName;
pub use ledger::Ledger;
pub use matching::{ContentCheck, MatchingIndex, RecordedSet};
pub use open::{newest_layout, sqlite_version};
pub use report::{FileSystemReport, HitCount, ImageReport, Reconciliation, StreamCounts, VolumeReport};
pub use run::{BrokenOffRun, RunState};
pub use rusqlite::Connection;
pub use scan_checkpoint::{PartResults, ScanCheckpoint};
pub use schema_change::{Migration, MigrationNote, take_migration};
pub use standing::{Refusal, Standing, origin_of};
pub use writer::ImageWriter;
