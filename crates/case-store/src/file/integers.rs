//! Unsigned numbers in SQLite's signed columns.

/// Returns an offset or a size as SQLite keeps it. They are below 2^63 on every medium that exists; what hostile metadata claims above
/// becomes the largest value, and the problem says the rest.
pub(crate) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Returns an offset or a size from its column; a negative one, which only a file edited by others holds, becomes 0.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Returns a length in memory as digests take it.
pub(crate) fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
