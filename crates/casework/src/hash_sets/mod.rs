//! Acts with the lab's hash sets.

mod export;
mod import;
mod mapping;
mod ranking;
mod remove;
mod rules;

pub use mapping::{ChangedCode, RuleFile};
pub use ranking::{RankedFiles, ranking_shelf};
pub use remove::SetUsers;
pub use rules::{care_list, categories};
