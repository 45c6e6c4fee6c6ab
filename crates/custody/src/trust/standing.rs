//! What a verification comes to: one of three words, and against whom it protects.

use std::fmt;

use super::record::JudgedSignature;
use crate::entry::UtcTime;
use crate::keys::KeyKind;

/// What a verification comes to. Nothing but [`Self::Proved`] may be called valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything agrees, and something from outside covers every entry.
    Proved,
    /// Everything agrees with itself. Who could write all of it could have forged all of it.
    Consistent,
    /// Something does not agree.
    NotValid,
}

impl Standing {
    /// Returns the verdict over `entries`, of which the first `proved` are covered by something from outside.
    #[must_use]
    pub const fn of(is_sound: bool, entries: u64, proved: u64) -> Self {
        match is_sound {
            false => Self::NotValid,
            true if entries > 0 && proved >= entries => Self::Proved,
            true => Self::Consistent,
        }
    }

    /// Returns the word for machines.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Consistent => "consistent",
            Self::NotValid => "not_valid",
        }
    }

    /// Returns the words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Consistent => "consistent, proved by nobody outside",
            Self::NotValid => "not valid",
        }
    }
}

/// Something from outside that covers the first entries of a record, and agrees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Signed by a key that was given from outside.
    Key {
        /// Its name.
        name: String,
        /// Entries that its largest checkpoint covers.
        entries: u64,
    },
    /// Signed by a witness whose key was given from outside.
    Witness {
        /// Its name.
        name: String,
        /// Entries that its largest checkpoint covers.
        entries: u64,
        /// When it saw them, in seconds since 1970.
        unix_seconds: u64,
    },
    /// A checkpoint that somebody kept elsewhere.
    Kept {
        /// The name under which it was given.
        name: String,
        /// Entries that it covers.
        entries: u64,
    },
}

impl Guarantee {
    /// Returns the number of entries, from the first, that it covers.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        match self {
            Self::Key { entries, .. }
            | Self::Witness { entries, .. }
            | Self::Kept { entries, .. } => *entries,
        }
    }

    fn giver(&self) -> (u8, &str) {
        match self {
            Self::Key { name, .. } => (0, name),
            Self::Witness { name, .. } => (1, name),
            Self::Kept { name, .. } => (2, name),
        }
    }
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { name, entries } => write!(
                f,
                "entries 1 to {entries} are signed by {name}, whose key was given: nobody without that key wrote or changed them"
            ),
            Self::Witness { name, entries, unix_seconds } => write!(
                f,
                "entries 1 to {entries} were seen by the witness {name} at {}: nobody changed them since, not even the laboratory",
                utc(*unix_seconds)
            ),
            Self::Kept { name, entries } => write!(
                f,
                "entries 1 to {entries} are those of {name}: nobody changed them since it was handed over, not even the laboratory"
            ),
        }
    }
}

fn utc(unix_seconds: u64) -> UtcTime {
    const SECOND_NS: i64 = 1_000_000_000;
    UtcTime::from_unix_ns(i64::try_from(unix_seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_NS))
}

/// Everything from outside that covers something and agrees: each giver once, with the most that it covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guarantees(Vec<Guarantee>);

impl Guarantees {
    /// Adds the signatures of a checkpoint of `entries` entries that are by keys from outside.
    pub fn signed(&mut self, entries: u64, judged: &[JudgedSignature]) {
        for signature in judged.iter().filter(|signature| signature.trusted_from_outside) {
            let key = &signature.verified.key;
            let name = key.name().to_owned();
            self.add(match (key.kind(), signature.verified.unix_seconds) {
                (KeyKind::Cosigner, Some(unix_seconds)) => {
                    Guarantee::Witness { name, entries, unix_seconds }
                }
                _ => Guarantee::Key { name, entries },
            });
        }
    }

    /// Adds a checkpoint that somebody kept elsewhere.
    pub fn kept(&mut self, name: &str, entries: u64) {
        self.add(Guarantee::Kept { name: name.to_owned(), entries });
    }

    fn add(&mut self, new: Guarantee) {
        match self.0.iter_mut().find(|old| old.giver() == new.giver()) {
            Some(old) if old.entries() < new.entries() => *old = new,
            Some(_) => {}
            None => self.0.push(new),
        }
    }

    /// Returns the number of entries, from the first, that something from outside covers.
    #[must_use]
    pub fn proved(&self) -> u64 {
        self.0.iter().map(Guarantee::entries).max().unwrap_or(0)
    }

    /// Returns the number of entries, from the first, that a key from outside signed.
    #[must_use]
    pub fn signed_by_given_keys(&self) -> u64 {
        let signed = self.0.iter().filter(|guarantee| !matches!(guarantee, Guarantee::Kept { .. }));
        signed.map(Guarantee::entries).max().unwrap_or(0)
    }

    /// Returns the guarantees.
    #[must_use]
    pub fn all(&self) -> &[Guarantee] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proved_is_only_what_is_covered_to_its_end() {
        assert_eq!(Standing::of(true, 5, 5), Standing::Proved);
        for (is_sound, entries, proved, standing) in [
            (true, 5, 4, Standing::Consistent),
            (true, 5, 0, Standing::Consistent),
            (true, 0, 0, Standing::Consistent),
            (false, 5, 5, Standing::NotValid),
        ] {
            assert_eq!(Standing::of(is_sound, entries, proved), standing);
        }
    }

    #[test]
    fn each_giver_counts_once_with_the_most_that_it_covers() {
        let mut guarantees = Guarantees::default();
        for (name, entries) in [("a", 3), ("b", 9), ("a", 5), ("a", 4)] {
            guarantees.kept(name, entries);
        }
        let covered: Vec<_> = guarantees.all().iter().map(Guarantee::entries).collect();
        assert_eq!(
            (covered, guarantees.proved(), guarantees.signed_by_given_keys()),
            (vec![5, 9], 9, 0)
        );
    }
}
