//! An entry of a set in its canonical form: what the content digest is computed over.

use case_model::{Algorithm, Digests, HitDisposition};
use sha2::{Digest, Sha256};

/// What a set says about one file, without names: what makes two records the same entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// All digests of the file that the set has.
    pub(crate) digests: Digests,
    /// Size in bytes.
    pub(crate) size: Option<u64>,
    /// What the set says about it.
    pub(crate) disposition: HitDisposition,
    /// Category code as received.
    pub(crate) category: Option<String>,
}

impl Entry {
    /// The canonical form:
    ///
    /// ```text
    /// u8  which digests follow: 1 MD5, 2 SHA-1, 4 SHA-256, 8 BLAKE3
    /// ..  the digests, in that order
    /// u8  1 when a size follows; u64 big-endian size in bytes
    /// u8  disposition: 0 known, 1 no-change, 2 needs-review, 3 notable, 4 alert
    /// u8  1 when a category follows; u32 big-endian length in bytes, UTF-8
    /// ```
    ///
    /// No form is the beginning of another, so that forms can be sorted as bytes with anything behind them.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let flags = [
            (Algorithm::Md5, 1_u8),
            (Algorithm::Sha1, 2),
            (Algorithm::Sha256, 4),
            (Algorithm::Blake3, 8),
        ];
        let present =
            |(algorithm, flag): (Algorithm, u8)| self.digests.get(algorithm).map_or(0, |_| flag);
        out.push(flags.into_iter().map(present).fold(0, |mask, flag| mask | flag));
        for algorithm in Algorithm::ALL {
            out.extend_from_slice(self.digests.get(algorithm).unwrap_or_default());
        }
        out.push(u8::from(self.size.is_some()));
        if let Some(size) = self.size {
            out.extend_from_slice(&size.to_be_bytes());
        }
        out.push(disposition_code(self.disposition));
        encode_text(self.category.as_deref(), out);
    }

    /// Reads a canonical form from the front of `bytes`.
    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let digests = decode_digests(bytes)?;
        let size = match take(bytes)? {
            [0] => None,
            [_] => Some(u64::from_be_bytes(take(bytes)?)),
        };
        let [code] = take(bytes)?;
        let disposition =
            HitDisposition::ALL.into_iter().find(|&one| disposition_code(one) == code)?;
        Some(Self { digests, size, disposition, category: decode_text(bytes)? })
    }
}

/// The order is part of the canonical form.
fn disposition_code(disposition: HitDisposition) -> u8 {
    match disposition {
        HitDisposition::Known => 0,
        HitDisposition::NoChange => 1,
        HitDisposition::NeedsReview => 2,
        HitDisposition::Notable => 3,
        HitDisposition::Alert => 4,
    }
}

/// One accepted record of an imported file: an entry, and what does not make it another entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The entry.
    pub(crate) entry: Entry,
    /// Number of the record in the file, so that names keep the file's order.
    pub(crate) sequence: u64,
    /// Name of the file.
    pub(crate) name: Option<String>,
    /// What the set says about it in words.
    pub(crate) comment: Option<String>,
}

impl Record {
    /// The canonical form of the entry, then the rest: sorted as bytes, records of one entry are neighbours in file order.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        self.entry.encode(out);
        out.extend_from_slice(&self.sequence.to_be_bytes());
        encode_text(self.name.as_deref(), out);
        encode_text(self.comment.as_deref(), out);
    }

    /// The record, and its entry's canonical form; `None` for bytes that [`Record::encode`] did not write.
    pub(crate) fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut rest = bytes;
        let entry = Entry::decode(&mut rest)?;
        let form = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
        let sequence = u64::from_be_bytes(take(&mut rest)?);
        let name = decode_text(&mut rest)?;
        let comment = decode_text(&mut rest)?;
        Some((Self { entry, sequence, name, comment }, form))
    }
}

fn encode_text(text: Option<&str>, out: &mut Vec<u8>) {
    out.push(u8::from(text.is_some()));
    if let Some(text) = text {
        // Records are bounded by the longest line (1 MiB), far below 4 GiB.
        out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
}

/// Decodes which digests there are, and these.
fn decode_digests(bytes: &mut &[u8]) -> Option<Digests> {
    let [mask] = take(bytes)?;
    let mut digests = Digests::default();
    if mask & 1 != 0 {
        digests.md5 = Some(take(bytes)?);
    }
    if mask & 2 != 0 {
        digests.sha1 = Some(take(bytes)?);
    }
    if mask & 4 != 0 {
        digests.sha256 = Some(take(bytes)?);
    }
    if mask & 8 != 0 {
        digests.blake3 = Some(take(bytes)?);
    }
    Some(digests)
}

fn decode_text(bytes: &mut &[u8]) -> Option<Option<String>> {
    let [present] = take(bytes)?;
    if present == 0 {
        return Some(None);
    }
    let length = usize::try_from(u32::from_be_bytes(take(bytes)?)).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(Some(String::from_utf8(text.to_vec()).ok()?))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (front, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*front)
}

/// Computes the identity of a set: SHA-256 over a version line, the category scheme, and the canonical forms of the entries,
/// sorted as bytes, each once.
pub(crate) struct ContentDigest(Sha256);

impl ContentDigest {
    pub(crate) fn new(category_scheme: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"athar hash set content 1\n");
        let mut scheme = Vec::new();
        encode_text(Some(category_scheme), &mut scheme);
        hasher.update(scheme);
        Self(hasher)
    }

    pub(crate) fn update(&mut self, form: &[u8]) {
        self.0.update(form);
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// An entry, its row, and its names after the first.
pub(super) struct NumberedEntry {
    pub(super) row: u32,
    pub(super) record: Record,
    pub(super) more_names: Vec<String>,
}

impl NumberedEntry {
    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.record.name.iter().chain(&self.record.comment).chain(&self.more_names);
        texts.map(String::len).fold(0, usize::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            entry: Entry {
                digests: Digests {
                    md5: Some([1; 16]),
                    sha256: Some([2; 32]),
                    ..Digests::default()
                },
                size: Some(7),
                disposition: HitDisposition::Alert,
                category: Some("1".to_owned()),
            },
            sequence: 3,
            name: Some("صورة.jpg".to_owned()),
            comment: None,
        }
    }

    #[test]
    fn a_record_comes_back_and_its_form_does_not_hold_names() {
        let mut bytes = Vec::new();
        record().encode(&mut bytes);
        let (back, form) = Record::decode(&bytes).unwrap();
        assert_eq!(back, record());
        let mut other = Vec::new();
        Record { name: None, sequence: 9, ..record() }.encode(&mut other);
        assert_eq!(Record::decode(&other).unwrap().1, form);
        assert_eq!(form.len(), 1 + 16 + 32 + 9 + 1 + 1 + 4 + 1);
        for cut in 0..bytes.len() {
            assert!(Record::decode(&bytes[..cut]).is_none());
        }
    }
}
