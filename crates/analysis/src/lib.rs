#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod analyser;
mod analysers;
pub mod conformance;
mod content_type;
mod facts;
mod failure;
mod finding;
mod findings_of_analyser;
mod head;
mod limits;
mod saved_taps;
mod taps;

pub use analyser::{Analyser, StreamAnalysis, Wants};
pub use analysers::{AnalyserSetError, Analysers};
pub use content_type::ContentType;
pub use facts::{NamedStream, RecordFacts, StreamFacts};
pub use finding::{Finding, Findings, NamedFinding};
pub use findings_of_analyser::FindingsOfAnalyser;
pub use head::Head;
pub use limits::{
    MAX_ANALYSERS, MAX_FINDINGS, MAX_FINDINGS_BYTES, MAX_HEAD_BYTES, MAX_STATE_BYTES,
    MAX_VALUE_BYTES,
};
pub use saved_taps::{SavedTaps, StateNotSaved};
pub use taps::Taps;
