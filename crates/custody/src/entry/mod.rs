//! One entry: its body, its time, and the sealed row.

mod body;
mod sealed;
mod time;

pub use body::{EntryBody, EntryError, FORMAT, MAX_BODY_BYTES, Tool};
pub use sealed::{Head, StoredEntry, chain_hash, seal};
pub use time::{EntryTime, InvalidTime, UtcTime};
