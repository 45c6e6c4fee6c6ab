//! Scans through the library.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod analysers;
mod changed_evidence;
mod harness;
mod slow;
mod stopping;
mod unsaved_states;
