//! Every container, by images that others made and by damaged ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a failed test is a panic"
)]

mod appended;
mod beside;
mod dmg;
mod ewf;
mod ewf2;
mod ewf_damage;
mod hostile;
mod logical;
mod medium_length;
mod names;
mod qcow;
mod qcow_backing;
mod raw;
mod shared_media;
mod vdi;
mod vhd;
mod vhdx;
mod vhdx_log;
mod vmdk;
mod vmdk_descriptor;
