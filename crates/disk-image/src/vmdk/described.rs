//! What a descriptor says: its values and extents.

use byte_source::Problem;

/// What a descriptor is called in problems.
pub(super) const NAME: &str = "VMDK descriptor";

/// What a descriptor says.
#[derive(Default)]
pub(super) struct Descriptor {
    pub(super) values: Vec<(String, String)>,
    pub(super) extents: Vec<Extent>,
    /// What is worth knowing: unknown keys, keys with two values, bytes behind the text.
    pub(super) notes: Vec<Problem>,
}

/// A line `RW 4192256 SPARSE "disk-s001.vmdk" 0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Number of its line, from 1.
    pub(super) line: u64,
    /// Its line.
    pub(super) text: String,
    pub(super) sectors: u64,
    /// `SPARSE`, `FLAT`, `ZERO`, `VMFS`, `VMFSSPARSE`, …
    pub(super) kind: String,
    /// File name, without folders; empty for `ZERO`.
    pub(super) name: String,
    /// Where the extent begins in its file, in sectors.
    pub(super) offset: u64,
}

impl Descriptor {
    /// The value of `key`, in any case.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
    }
}
