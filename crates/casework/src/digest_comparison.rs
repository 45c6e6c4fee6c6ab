//! Digests on record, compared with those that were found.

use case_model::{Algorithm, Digests, to_hex};
use case_store::FoundRow;

/// A digest on record, where there is one.
pub(crate) type RecordedDigest<'d> = (Algorithm, Option<&'d [u8]>);

/// A digest that is on record and was found.
pub(crate) struct ComparedDigest<'d> {
    algorithm: Algorithm,
    recorded: &'d [u8],
    found: &'d [u8],
}

impl ComparedDigest<'_> {
    /// Returns true when both are the same.
    pub(crate) fn is_same(&self) -> bool {
        self.recorded == self.found
    }

    /// Returns in words how they differ; `None` when both are the same.
    pub(crate) fn difference(&self) -> Option<String> {
        let Self { algorithm, recorded, found } = self;
        let text =
            || format!("{algorithm} is {}, recorded was {}", to_hex(found), to_hex(recorded));
        (!self.is_same()).then(text)
    }
}

/// Returns the digests that the index has of a stream, the strongest first.
pub(crate) fn digests_of_row(row: &FoundRow) -> [RecordedDigest<'_>; 4] {
    [
        (Algorithm::Sha256, row.sha256.as_deref()),
        (Algorithm::Blake3, row.blake3.as_deref()),
        (Algorithm::Sha1, row.sha1.as_deref()),
        (Algorithm::Md5, row.md5.as_deref()),
    ]
}

/// Compares digests. An algorithm that one side lacks is left out.
pub(crate) fn compared<'d>(
    recorded: impl IntoIterator<Item = RecordedDigest<'d>>,
    found: &'d Digests,
) -> impl Iterator<Item = ComparedDigest<'d>> {
    recorded.into_iter().filter_map(|(algorithm, recorded)| {
        Some(ComparedDigest { algorithm, recorded: recorded?, found: found.get(algorithm)? })
    })
}
