//! Import, lookup and ranking of hash sets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a failed test is a panic"
)]

mod agreement;
mod hostile;
mod json_formats;
mod lists_as_found;
mod meaning;
mod nsrl_deltas;
mod old_sets;
mod rankings;
mod reference_sets;
mod registration;
mod support;
mod text_formats;
