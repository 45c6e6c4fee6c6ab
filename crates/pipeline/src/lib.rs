#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod batch;
mod config;
mod error;
mod item;
mod match_set;
mod observer;
mod resume;
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
