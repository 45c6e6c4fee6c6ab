//! Tables of partitions, groups of volumes and their members.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a failed test is a panic"
)]

mod apm;
mod beside;
mod encryption;
mod gpt;
mod lvm2;
mod lvm2_hostile;
mod lvm2_layers;
mod mbr;
mod members;
mod shared_tables;
