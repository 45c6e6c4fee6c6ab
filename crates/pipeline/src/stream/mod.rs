//! One stream: bytes in, digests and a disposition out.

pub(crate) mod bad_ranges;
pub(crate) mod collision;
pub(crate) mod reader;
pub(crate) mod slot;
#[cfg(test)]
pub(crate) mod test_reading;
pub(crate) mod unbatched;
pub(crate) mod unsaved_stream;
pub(crate) mod zeros;
