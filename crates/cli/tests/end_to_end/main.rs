//! The program itself, on real images.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bad_input;
mod custody;
mod determinism;
mod export;
mod find;
mod folder;
mod hits;
mod lab;
mod look;
mod program;
mod shared_data;
mod slack;
mod truth;
mod two_file_systems;
mod untouched;
