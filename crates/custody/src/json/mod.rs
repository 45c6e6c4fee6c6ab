//! JSON without floating point, in the one form that RFC 8785 gives every value.

mod canonical;
mod parse;
mod value;

pub use canonical::canonical_bytes;
pub use parse::parse_canonical;
pub use value::{Json, JsonError, MAX_DEPTH, MAX_INTEGER, Object};
