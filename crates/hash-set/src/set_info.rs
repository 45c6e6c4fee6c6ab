//! What is known about a set as a whole: provenance, meaning, counts.

use case_model::{Algorithm, HitDisposition};
use serde::{Deserialize, Serialize};

use crate::Format;

/// Provenance, meaning and counts of one set. Stored as `set.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetInfo {
    /// Identity: SHA-256 over the canonical form of the entries and the category scheme.
    #[serde(with = "hex_digest")]
    pub digest: [u8; 32],
    /// Name for people.
    pub name: String,
    /// Version as its publisher says, empty when not said.
    pub version: String,
    /// Who published it, empty when not said.
    pub publisher: String,
    /// When it was published, as its publisher says, empty when not said.
    pub released: String,
    /// When it was imported, nanoseconds since 1970-01-01 UTC, as the caller said.
    pub imported_at_ns: i64,
    /// Who imported it, as the caller said.
    pub imported_by: String,
    /// Licence or terms of use, empty when not said.
    pub licence: String,
    /// How it may be passed on (a TLP label, say), empty when not said.
    pub handling: String,
    /// What the set says about a file where the entry itself does not say.
    #[serde(with = "disposition_key")]
    pub disposition: HitDisposition,
    /// The scheme (a URI where there is one) that the entries' category codes belong to, empty when there is none.
    pub category_scheme: String,
    /// The format it was imported from.
    pub format: Format,
    /// The imported file.
    pub source: FileIdentity,
    /// Other files that were read with it: a description beside it, deltas.
    pub companions: Vec<FileIdentity>,
    /// Unique digests of each algorithm, algorithms without any left out.
    pub digests: Vec<AlgorithmCount>,
    /// What became of the records of the imported file.
    pub tally: Tally,
}

impl SetInfo {
    /// Number of entries.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.tally.entries
    }

    /// Unique digests by `algorithm`.
    #[must_use]
    pub fn count(&self, algorithm: Algorithm) -> u64 {
        self.digests
            .iter()
            .find(|count| count.algorithm == algorithm)
            .map_or(0, |count| count.digests)
    }
}

/// Identity of a file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIdentity {
    /// Name, without its folder.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    #[serde(with = "hex_digest")]
    pub sha256: [u8; 32],
}

/// Unique digests of one algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlgorithmCount {
    /// The algorithm.
    #[serde(with = "algorithm_key")]
    pub algorithm: Algorithm,
    /// How many different digests.
    pub digests: u64,
}

/// What became of the records of an imported file: the four numbers add up to the records read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Entries of the set.
    pub entries: u64,
    /// Records that repeat an entry (their names are kept with it).
    pub duplicates: u64,
    /// Records that could not be used.
    pub rejected: u64,
    /// Records dropped because their digests are those of the empty file.
    pub empty_files: u64,
}

/// A disposition as its key.
pub(crate) mod disposition_key {
    use case_model::HitDisposition;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        value: &HitDisposition,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.key())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<HitDisposition, D::Error> {
        let key = String::deserialize(from)?;
        HitDisposition::from_key(&key)
            .ok_or_else(|| D::Error::custom(format_args!("no disposition {key:?}")))
    }
}

mod algorithm_key {
    use case_model::Algorithm;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Algorithm, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.key())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Algorithm, D::Error> {
        let key = String::deserialize(from)?;
        Algorithm::from_key(&key)
            .ok_or_else(|| D::Error::custom(format_args!("no algorithm {key:?}")))
    }
}

/// 32 bytes as 64 lower-case hexadecimal digits.
pub(crate) mod hex_digest {
    use case_model::{from_hex, to_hex};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&to_hex(value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let bytes = from_hex(&text).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("not 32 bytes"))
    }
}
