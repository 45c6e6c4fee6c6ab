#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod set_info;

mod aside;
mod bloom;
mod bloom_filters;
mod compiled;
mod import;
mod library;
mod low_information;

pub use aside::Beside;
pub use bloom::{BloomError, BloomRanking, RankingKey};
pub use bloom_filters::{BloomFilters, RankingError, RankingInfo, RankingOptions};
pub use import::{
    CareList, CareListError, CategoryMapping, ColumnRole, DeltaFault, Format, ImportError,
    ImportNote, ImportOptions, ImportReport, MappingError, Outcome, Position, PreviewColumn,
    Progress, RejectReason, Rejection, Stage, TablePreview, preview_table,
};
pub use library::{
    Change, DamageKind, Difference, ExportError, ExportFormat, Exported, Finding, HashSetError,
    Library, SetEntry, SetLookup,
};
pub use low_information::is_low_information;
pub use set_info::{AlgorithmCount, FileIdentity, SetInfo, Tally};
