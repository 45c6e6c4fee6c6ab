#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod batch;
mod changed_evidence;
mod claims;
mod config;
mod error;
mod folder_item;
mod folder_progress;
mod folder_rows;
mod folder_sparse;
mod gather;
mod image_item;
mod image_rows;
mod item_end;
mod match_set;
mod names_alone;
mod observer;
mod part_rows;
mod plan_digest;
mod resume;
mod rows;
mod scan;
mod scribe;
mod stream;
mod sweep;
mod turn_observer;
mod turns;
mod verdict;
mod verify;
mod workers;

pub use case_model::StopToken;
pub use config::ScanConfig;
pub use error::ScanError;
pub use match_set::match_case::{MatchReport, SetMatch, match_case};
pub use observer::{Event, Observer, Stage};
pub use scan::{ItemResult, ScanReport, scan};
pub use scribe::Scribe;
pub use stream::collision::{ContentReader, check_content};
pub use verify::verify_medium::{MediumVerdict, verify_medium};
pub use workers::background::beside;
