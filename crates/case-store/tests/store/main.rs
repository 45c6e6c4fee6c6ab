//! What the rooms of a case file promise to those who use them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod exhibits;
mod find;
mod findings;
mod frame;
mod harness;
mod index_digest;
mod matching;
mod nested;
mod scans;
mod seal;
mod summaries;
mod transactions;
