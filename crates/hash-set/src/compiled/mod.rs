//! A compiled set: sorted digests with a prefix index, one file an algorithm, and the details of the entries beside them.

mod build;
mod build_error;
mod details;
mod details_feed;
mod entry;
mod hset;
mod hset_header;
mod hset_records;
mod hset_search;
mod hset_writer;
mod piece_writer;
mod row;
mod sorter;

pub(crate) use build::build;
pub(crate) use build_error::BuildError;
pub(crate) use details::{DETAILS_FILE, Details, DetailsError, StoredEntry, immutable_uri};
pub(crate) use entry::{ContentDigest, Entry, Record};
pub(crate) use hset::{Hset, hset_file};
pub(crate) use hset_header::HsetFault;
pub(crate) use hset_search::HsetSearch;
pub(crate) use row::Row;
pub(crate) use sorter::Sorter;
