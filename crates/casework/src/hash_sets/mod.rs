//! Acts with the lab's hash sets.

mod export;
mod import;
mod mapping;
mod missing;
mod ranking;
mod remove;
mod rules;

pub use mapping::{ChangedCode, RuleFile};
pub use missing::MissingSet;
pub(crate) use missing::missing_of;
pub use ranking::{RankedFiles, bloom_filters};
pub use remove::SetUsers;
pub use rules::{care_list, categories};
