#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cat;
mod config;
mod error;
mod folder_item;
mod gather;
mod image_item;
mod medium;
mod observer;
mod parts;
mod rows;
mod scan;
mod scribe;
mod stream;
mod verdict;

pub use cat::{CatError, CatReport, cat};
pub use config::ScanConfig;
pub use error::ScanError;
pub use observer::{Event, Observer, Stage};
pub use scan::{ItemResult, ScanReport, scan};
pub use scribe::Scribe;
