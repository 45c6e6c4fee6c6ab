//! Reading the content of a hit again: marks of an attack on SHA-1, one byte repeated, the digests of the index.

use std::io::{self, Write};

use case_model::{Algorithm, Digests};
use case_store::ContentCheck;
use hash_engine::{CollisionDetector, Selection, StreamHasher};

/// Takes a stream's bytes, in order and without gaps, and tells what they are.
pub struct ContentReader {
    sha1: CollisionDetector,
    digests: StreamHasher,
    first: Option<u8>,
    repeated: bool,
}

impl Default for ContentReader {
    fn default() -> Self {
        Self {
            sha1: CollisionDetector::default(),
            digests: StreamHasher::new(Selection {
                md5: true,
                sha1: true,
                sha256: true,
                blake3: true,
            }),
            first: None,
            repeated: true,
        }
    }
}

impl Write for ContentReader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sha1.update(bytes);
        self.digests.update(bytes);
        if let Some(&byte) = bytes.first() {
            let first = *self.first.get_or_insert(byte);
            self.repeated = self.repeated && bytes.iter().all(|&byte| byte == first);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ContentReader {
    /// What the bytes are; `indexed` are the digests that they should have.
    ///
    /// The marks are those that attacks leave in a file's blocks (Stevens 2013, all 32 known disturbance vectors): they are found in a file that
    /// belongs to a colliding pair whichever of the two it is, and without the other one.
    #[must_use]
    pub fn finish(self, indexed: &Digests) -> ContentCheck {
        let digests = self.digests.finish();
        let differs = |algorithm: &Algorithm| {
            indexed.get(*algorithm).is_some_and(|digest| digests.get(*algorithm) != Some(digest))
        };
        ContentCheck {
            agrees: !Algorithm::ALL.iter().any(differs),
            sha1_collision: self.sha1.finish(),
            repeated_byte: self.first.filter(|_| self.repeated),
        }
    }
}

/// Checks a stream that `read` writes.
///
/// # Errors
/// What `read` says.
pub fn check_content<E>(
    indexed: &Digests,
    read: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<ContentCheck, E> {
    let mut reader = ContentReader::default();
    read(&mut reader)?;
    Ok(reader.finish(indexed))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn check(parts: &[&[u8]]) -> ContentCheck {
        let mut reader = ContentReader::default();
        parts.iter().for_each(|part| reader.write_all(part).unwrap());
        reader.finish(&Digests::default())
    }

    /// The 320 bytes that the two files of SHAttered begin with (https://shattered.io, 2017): the first pair found. Both have the
    /// same SHA-1 state behind them.
    const SHATTERED_1: &str = "255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f4865696768742033203020522f547970652034203020522f537562747970652035203020522f46696c7465722036203020522f436f6c6f7253706163652037203020522f4c656e6774682038203020522f42697473506572436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d3120697320646561642121212121852fec092339759c39b1a1c63c4c97e1fffe017f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c56b45c1530afedfb76038e972722fe7ad728f0e4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70f2a332ec37fac3514e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf3f98cda8044629a1";

    #[test]
    fn marks_of_an_attack_on_sha1_are_found_and_ordinary_files_have_none() {
        let bytes = case_model::from_hex(SHATTERED_1).unwrap();
        assert!(check(&[&bytes]).sha1_collision);
        assert!(check(&[&bytes[..100], &bytes[100..], b"any end"]).sha1_collision);
        assert!(!check(&[&bytes[..256]]).sha1_collision);
        assert!(!check(&[b"an ordinary file"]).sha1_collision);
    }

    #[test]
    fn one_byte_repeated_is_told_from_anything_else() {
        assert_eq!(check(&[&[0xf6; 700], &[], &[0xf6; 3]]).repeated_byte, Some(0xf6));
        assert_eq!(check(&[&[0; 700], &[1]]).repeated_byte, None);
        assert_eq!(check(&[]).repeated_byte, None);
    }

    #[test]
    fn bytes_that_changed_since_the_scan_do_not_agree() {
        let mut hasher = StreamHasher::new(Selection::FILES);
        hasher.update(b"abc");
        let indexed = hasher.finish();
        let of =
            |bytes: &'static [u8]| check_content(&indexed, |out| out.write_all(bytes)).unwrap();
        assert!(of(b"abc").agrees);
        assert!(!of(b"abd").agrees);
    }
}
