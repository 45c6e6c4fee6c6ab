//! The program itself, on real images.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bad_hash_sets;
mod bad_input;
mod custody;
mod custody_attacks;
mod custody_keys;
mod custody_kill;
mod custody_outside;
mod custody_record;
mod determinism;
mod digests;
mod evidence_verify;
mod export;
mod faults;
mod find;
mod folder;
mod hash_set;
mod hash_set_peers;
mod hits;
mod lab;
mod logical;
mod look;
mod match_sets;
mod program;
mod shared_data;
mod slack;
mod truth;
mod two_file_systems;
mod untouched;
