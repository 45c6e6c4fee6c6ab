//! The NTFS reader against images that others made, and against programs that others wrote.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[path = "ntfs/damage.rs"]
mod damage;
#[path = "ntfs/fragmented_mft.rs"]
mod fragmented_mft;
#[path = "ntfs/generated.rs"]
mod generated;
#[path = "ntfs/last_names.rs"]
mod last_names;
#[path = "ntfs/limits.rs"]
mod limits;
#[path = "ntfs/listing.rs"]
mod listing;
#[path = "ntfs/mount.rs"]
mod mount;
#[path = "ntfs/mutants.rs"]
mod mutants;
#[path = "ntfs/truth.rs"]
mod truth;
#[path = "ntfs/wof.rs"]
mod wof;
