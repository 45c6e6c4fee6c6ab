#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod config;
mod entry_author;
mod error;
mod item;
mod match_set;
mod observer;
mod resume;
mod run;
mod stream;
mod sweep;
mod turn;
mod verdict;
mod verify;
mod workers;

pub use case_model::StopToken;
pub use config::ScanConfig;
pub use entry_author::EntryAuthor;
pub use error::ScanError;
pub use match_set::match_case::{MatchReport, match_case};
pub use match_set::set_match::SetMatch;
pub use observer::{Event, Observer, Stage};
pub use run::item_result::ItemResult;
pub use run::scan::{ScanReport, scan};
pub use stream::collision::{ContentReader, check_content};
pub use verify::verify_medium::{MediumVerdict, verify_medium};
pub use workers::background::beside;
