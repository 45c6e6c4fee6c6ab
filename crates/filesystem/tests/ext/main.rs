//! The ext reader against independent programs: recorded truth of foreign images, the kernel's mounts, The Sleuth Kit, e2fsprogs.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod reading;
mod truth;

mod population;
mod workshop;

mod damage;
mod deleted_files;
mod extent_order;
mod fast_commits;
mod foreign_images;
mod inline_places;
mod journal_replay;
mod known_faults;
mod mount_comparison;
mod past_unused;
mod root_inode;
mod shared_blocks;
mod unasked_journal;
