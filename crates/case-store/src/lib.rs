#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod case;
mod file;
mod index;
mod ledger;
mod scan;

pub use case::case_file::{CaseFile, LedgerFile};
pub use case::countersign::Countersign;
pub use case::transaction::CaseTransaction;
pub use case_model::{decode_times, encode_times};
pub use file::connection::sqlite_version;
pub use file::copy::UnfinishedCopy;
pub use file::error::{DatabaseError, StoreError};
pub use file::file_digest::file_digest;
pub use file::ids::{
    DirectoryId, EntryId, ExhibitId, FileSystemId, ImageId, RowsAbove, RunId, SetId, VolumeId,
};
pub use file::layout::newest_layout;
pub use file::migration::{Migration, MigrationNote};
pub use file::network_share::{refuse_network_share, remote_file_system};
pub use file::read_only::is_read_only;
pub use file::row_chain::ResumeKey;
pub use file::settle_alone::settle_alone;
pub use index::certificate::ImageDigests;
pub use index::digest_version::DigestVersion;
pub use index::entry::{
    DELETED_NAME_ALONE, DELETED_NAME_UNKNOWN_RECORD, EntryRow, LinkRow, NAME_IN_USE_ALONE,
    StoredEntry,
};
pub use index::entry_columns::FoundRow;
pub use index::extents::{
    MediumRun, decode_extents, encode_extents, encode_judged_extents, extents_exactness,
};
pub use index::filter::{Filter, PathFilter, Sort, SortKey, TimeBound, TimeEdge, TimeField};
pub use index::finding::{FindingRow, FoundFinding};
pub use index::hits::FoundHit;
pub use index::matching::{ContentCheck, MatchingIndex, RecordedSet};
pub use index::problem::{ProblemRow, StoredProblem};
pub use index::report::ImageReport;
pub use index::report_counts::{HitCount, StreamCounts};
pub use index::report_volumes::{FileSystemReport, Reconciliation, VolumeReport};
pub use ledger::checkpoint::StoredCheckpoint;
pub use ledger::rows::Ledger;
pub use scan::gaps::{ImageGaps, ImageState, LostStreams, RunRecord};
pub use scan::image_row::{FileSystemRow, ImageOutcome, ImageRow, NamedStream, VolumeRow};
pub use scan::media::{RecordedMedium, SameMedium};
pub use scan::nested::{CandidateRule, ImageCandidate, ImageParent, NestedReport, NestedRow};
pub use scan::run::{InterruptedRun, RunState};
pub use scan::saved_scan::{PartResults, ScanCheckpoint};
pub use scan::writer::ImageWriter;
