//! NIST National Software Reference Library: RDSv3 (SQLite), its deltas, and RDSv2 (text).
//!
//! The library says that a file is *known*, not that it is good.

mod database_hash;
mod delta;
mod grouping;
mod rds_v2;
mod rds_v3;

pub(crate) use rds_v2::{HEADER_V1_5, HEADER_V2};
pub(super) use rds_v2::{Layout, read as read_v2};
pub(super) use rds_v3::read as read_v3;
