//! Where the details of a digest are.

/// Marks a row number as "several rows".
const SHARED: u32 = 1 << 31;

/// Where the details of a digest are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// One entry has this digest.
    One(u32),
    /// Several entries have it: see the table `shared`.
    Several,
}

impl Row {
    /// As stored.
    pub(super) fn encode(self) -> u32 {
        match self {
            Self::One(row) => row & !SHARED,
            Self::Several => SHARED,
        }
    }

    pub(super) fn decode(stored: u32) -> Self {
        if stored & SHARED == 0 { Self::One(stored) } else { Self::Several }
    }
}
