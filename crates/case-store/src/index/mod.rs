//! The index: entries and names with what is known of them, questions to it, and its digest.

pub(crate) mod certificate;
pub(crate) mod closed_words;
pub(crate) mod columns;
mod conditions;
pub(crate) mod digest;
pub(crate) mod digest_sections;
pub(crate) mod digest_version;
pub(crate) mod entry;
pub(crate) mod entry_columns;
pub(crate) mod extents;
pub(crate) mod filter;
pub(crate) mod find;
pub(crate) mod finding;
pub(crate) mod frame;
pub(crate) mod hits;
pub(crate) mod link_columns;
pub(crate) mod local_time;
pub(crate) mod matching;
pub(crate) mod pattern_functions;
pub(crate) mod problem;
pub(crate) mod report;
pub(crate) mod secondary;
pub(crate) mod severity;
pub(crate) mod vocabulary;
pub(crate) mod write_hits;
