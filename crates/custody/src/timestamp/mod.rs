//! Time stamps of an authority (RFC 3161): the request, and what the answer says.
//!
//! What is stamped is the text of a checkpoint (its three lines, without signatures: a witness may sign later). This crate reads the
//! answer and compares its digest; that the authority signed it is verified by `openssl ts -verify`, which `verify.py --tsa-ca` calls.

mod der;
mod request;
mod response;

pub use request::timestamp_request;
pub use response::{Timestamp, TimestampError};
