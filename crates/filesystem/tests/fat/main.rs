//! FAT12, FAT16, FAT32 and exFAT.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a failed test is a panic"
)]

mod builder;
mod damage;
mod deleted;
mod evidence;
mod exfat_generated;
mod exfat_truth;
mod exfat_unowned;
mod exfat_valid_length;
mod generated;
mod geometry;
mod listing;
mod lost_chains;
mod mutants;
mod tools;
mod truth;
