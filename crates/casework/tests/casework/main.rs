//! Acts in a lab, and what the record says of them afterwards. No process, no terminal, no environment.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod case_acts;
mod copies;
mod coverage;
mod evidence;
mod harness;
mod hash_sets;
mod index;
mod keys;
mod ledger_check;
mod outside;
mod people;
mod scans;
mod sessions;
