//! The limits of analysis, all of them.

/// Analysers of one scan.
pub const MAX_ANALYSERS: usize = 64;

/// Bytes from the start of a stream that an analyser may ask for as [`crate::Wants::Head`].
pub const MAX_HEAD_BYTES: usize = 64 << 10;

/// Findings of one analyser in one stream. What goes beyond is counted and reported.
pub const MAX_FINDINGS: usize = 1000;

/// Bytes of the value of one finding. A longer value is not cut, since a part may say something else: it is left out and reported.
pub const MAX_VALUE_BYTES: usize = 4 << 10;

/// Bytes of all values of one analyser in one stream: a hostile stream costs the index no more than that.
pub const MAX_FINDINGS_BYTES: usize = 256 << 10;

/// Bytes of the saved state of one analyser in one stream. A checkpoint does without a larger one: after a break the stream is read from
/// its start.
pub const MAX_STATE_BYTES: usize = 64 << 10;
