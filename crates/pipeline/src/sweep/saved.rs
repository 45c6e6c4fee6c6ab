//! A sweep on its way, in a form that can be stored: what a scan that was broken off goes on from.

use std::borrow::Cow;
use words::{Statement, term};

use analysis::{Findings, SavedTaps};
use case_model::{Digests, Disposition, UnreadableRange};
use hash_engine::MessageState;
use serde::{Deserialize, Serialize};

use crate::stream::bad_ranges::UnreadRange;
use crate::stream::reader::StreamResult;
use crate::stream::unbatched::SavedUnbatched;
use crate::stream::unsaved_stream::UnsavedStream;

/// The state of a sweep, without the results of streams.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedSweep {
    /// Bytes of a window: a chain's place is counted in them.
    pub(super) window_bytes: u64,
    pub(super) chains: Vec<SavedChain>,
    /// What the medium's digests could not read so far.
    pub(super) unread: Vec<UnreadRange>,
    pub(super) big: Vec<SavedBig>,
    /// Streams that are read alone and were not finished.
    pub(super) alone: Vec<SavedUnbatched>,
    /// Streams that had come further than this says: an analyser did not give its state.
    pub(crate) unsaved: Vec<UnsavedStream>,
}

/// A digest of the medium.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedChain {
    pub(super) next: u64,
    pub(super) state: Vec<u8>,
}

/// A big stream that was not finished.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedBig {
    pub(super) part: usize,
    pub(super) index: usize,
    pub(super) heads: Vec<SavedHead>,
    pub(super) taps: SavedTaps,
    /// Of heads that came to the end.
    pub(super) digests: SavedDigests,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedHead {
    pub(super) position: u64,
    /// `None` for a head that came to the end.
    pub(super) state: Option<Vec<u8>>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedDigests {
    md5: Option<[u8; 16]>,
    sha1: Option<[u8; 20]>,
    sha256: Option<[u8; 32]>,
    blake3: Option<[u8; 32]>,
}

#[derive(Debug, Deserialize, Serialize)]
struct SavedResult<'r> {
    index: usize,
    disposition: Cow<'r, str>,
    rule: Option<Cow<'r, str>>,
    digests: SavedDigests,
    findings: Cow<'r, Findings>,
    unreadable: Cow<'r, [UnreadableRange]>,
}

impl SavedSweep {
    /// Nothing but streams that are read alone: what a folder has.
    pub(crate) fn of_folder((alone, unsaved): (Vec<SavedUnbatched>, Vec<UnsavedStream>)) -> Self {
        Self { alone, unsaved, ..Self::default() }
    }

    /// Returns what is hashed.
    pub(crate) fn describe(&self) -> Statement {
        let streams = self.stream_bytes();
        match self.chains.is_empty() {
            true => term!("event.goes-on-files").with(streams),
            false => term!("event.goes-on-medium").with(self.position()).with(streams),
        }
    }

    /// Bytes of streams on their way that need not be read again.
    pub(crate) fn stream_bytes(&self) -> u64 {
        let big =
            self.big.iter().filter_map(|big| big.heads.iter().map(|head| head.position).max());
        big.chain(self.alone.iter().map(SavedUnbatched::position)).fold(0, u64::saturating_add)
    }

    /// Bytes of the medium that need not be read for its digests again.
    pub(crate) fn position(&self) -> u64 {
        self.chains
            .iter()
            .map(|chain| chain.next)
            .min()
            .unwrap_or(0)
            .saturating_mul(self.window_bytes)
    }
}

impl SavedChain {
    pub(super) fn state(&self) -> Option<MessageState> {
        MessageState::from_bytes(&self.state).ok()
    }
}

impl From<&Digests> for SavedDigests {
    fn from(digests: &Digests) -> Self {
        let Digests { md5, sha1, sha256, blake3 } = *digests;
        Self { md5, sha1, sha256, blake3 }
    }
}

impl From<SavedDigests> for Digests {
    fn from(saved: SavedDigests) -> Self {
        let SavedDigests { md5, sha1, sha256, blake3 } = saved;
        Self { md5, sha1, sha256, blake3 }
    }
}

/// A result with the number of its stream in the part, as bytes.
pub(crate) fn save_result(index: usize, result: &StreamResult) -> Vec<u8> {
    let saved = SavedResult {
        index,
        disposition: result.disposition.key().into(),
        rule: result.rule.as_ref().map(|rule| Cow::Owned(rule.encode())),
        digests: (&result.digests).into(),
        findings: Cow::Borrowed(&result.findings),
        unreadable: Cow::Borrowed(&result.unreadable),
    };
    // OK to ignore: a vector takes any number of bytes, and the lengths of these values are known.
    postcard::to_stdvec(&saved).unwrap_or_default()
}

/// The results that [`save_result`] made bytes of, one after the other; `None` for bytes that are no such results.
pub(crate) fn load_results(bytes: &[u8]) -> Option<Vec<(usize, StreamResult)>> {
    let mut results = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (saved, behind) = postcard::take_from_bytes::<SavedResult<'_>>(rest).ok()?;
        let result = StreamResult {
            disposition: Disposition::from_key(&saved.disposition)?,
            rule: match saved.rule {
                Some(rule) => Some(Statement::decode(&rule)?),
                None => None,
            },
            digests: saved.digests.into(),
            findings: saved.findings.into_owned(),
            unreadable: saved.unreadable.into_owned(),
        };
        results.push((saved.index, result));
        rest = behind;
    }
    Some(results)
}

#[cfg(test)]
mod tests {
    use analysis::{StreamFacts, Taps};
    use byte_source::Piece;

    use super::*;
    use crate::stream::test_reading::analysers;

    #[test]
    fn results_come_back_as_they_were_and_damaged_bytes_are_none() {
        let mut taps = Taps::begin(analysers(), StreamFacts::of_size(5));
        taps.take(analysers(), Piece::Data { bytes: b"\xff\xd8\xff\xe0.", at: 0 });
        let partial = StreamResult {
            disposition: Disposition::Partial,
            rule: Some(words::term!("stream.part-unreadable").with(2_u64).with(5_u64)),
            digests: Digests { md5: Some([7; 16]), ..Digests::default() },
            findings: taps.finish(analysers()),
            unreadable: vec![UnreadableRange {
                offset: 3,
                length: 2,
                why: words::Statement::from(words::term!("bad.beyond-end")).encode(),
            }],
        };
        let bytes = [save_result(9, &partial), save_result(4, &partial)].concat();
        let results = load_results(&bytes).unwrap();
        assert_eq!(results.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [9, 4]);
        assert_eq!(partial.findings.iter().count(), 2);
        for (_, back) in results {
            assert_eq!(format!("{back:?}"), format!("{partial:?}"));
        }
        assert!(load_results(&bytes[..bytes.len() - 1]).is_none());
        assert!(load_results(&[1, 2, 250, 250]).is_none());
    }
}
