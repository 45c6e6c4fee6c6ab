//! In which state a disk comes to the laboratory.

use std::fmt;

/// How the writing of a disk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskState {
    /// It was unmounted.
    Clean,
    /// It was copied while it was mounted, after everything had been written: an ext journal is not empty, files that were deleted
    /// while they were open are still there.
    CopiedWhileMounted,
    /// The power went: what the driver had not yet written is not there; an ext journal must be replayed.
    PowerLoss,
}

impl fmt::Display for DiskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "clean",
            Self::CopiedWhileMounted => "copied while mounted",
            Self::PowerLoss => "power loss",
        })
    }
}
