//! A message's state as bytes, so that an interrupted scan goes on where it was.
//!
//! Version 1, integers little-endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | version: 1 |
//! | 1 | digests: bit 0 MD5, 1 SHA-1, 2 SHA-256, 3 BLAKE3 |
//! | 8 | length of the message so far |
//! | 16, 20, 32 | chaining values of MD5, SHA-1, SHA-256: those that are selected |
//! | 0 to 63 | `length % 64` bytes of the incomplete block |
//! | 1, 32 each, 2, up to 1024 | if BLAKE3: subtrees, their chaining values, tail length, tail |
//! | 8 | the first bytes of the SHA-256 of all that stands before |

use thiserror::Error;

use crate::blake3_tree::Blake3Tree;
use crate::block::BLOCK_BYTES;
use crate::{MessageState, Selection};

/// What `to_bytes` writes.
const VERSION: u8 = 1;
/// Bytes of the check at the end: enough against accidents, which is all it is against.
const CHECK_BYTES: usize = 8;

/// Bytes that are not the state of a message.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StateError {
    /// Written by another version of this crate.
    #[error("state of a message: version {found}, expected {VERSION}")]
    Version {
        /// The version found.
        found: u8,
    },
    /// Cut off, too long, or altered.
    #[error("state of a message: damaged ({what}); its length in bytes is {length}")]
    Damaged {
        /// Bytes given.
        length: usize,
        /// What does not hold.
        what: &'static str,
    },
}

impl MessageState {
    /// The state as bytes, for [`from_bytes`](Self::from_bytes): at most 167, or 2987 with BLAKE3.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, flags(self.selection)];
        bytes.extend(self.length.to_le_bytes());
        let mut words = |selected: bool, words: &[u32]| {
            words.iter().filter(|_| selected).for_each(|word| bytes.extend(word.to_le_bytes()));
        };
        words(self.selection.md5, &self.midstates.md5);
        words(self.selection.sha1, &self.midstates.sha1);
        words(self.selection.sha256, &self.midstates.sha256);
        bytes.extend(self.tail());
        if let Some(tree) = &self.blake3 {
            bytes.push(tree.subtrees().len() as u8);
            bytes.extend(tree.subtrees().as_flattened());
            bytes.extend((tree.tail().len() as u16).to_le_bytes());
            bytes.extend(tree.tail());
        }
        bytes.extend(check(&bytes));
        bytes
    }

    /// A state from what [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// Another version; bytes that are missing, too many, or altered.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let damaged = |what| StateError::Damaged { length: bytes.len(), what };
        if let Some(found) = bytes.first().copied().filter(|version| *version != VERSION) {
            return Err(StateError::Version { found });
        }
        let at = bytes.len().checked_sub(CHECK_BYTES).ok_or(damaged("too short"))?;
        let (body, found) = bytes.split_at(at);
        if check(body) != found {
            return Err(damaged("the check differs"));
        }
        let mut rest = body;
        let state = read(&mut rest).ok_or(damaged("its parts do not belong together"))?;
        if rest.is_empty() { Ok(state) } else { Err(damaged("bytes follow")) }
    }
}

/// All parts in their order; `None` if one is missing.
fn read(rest: &mut &[u8]) -> Option<MessageState> {
    let [_version, flags] = take(rest)?;
    let mut state = MessageState::new(selection(flags)?);
    state.length = u64::from_le_bytes(take(rest)?);
    read_words(rest, state.selection.md5, &mut state.midstates.md5)?;
    read_words(rest, state.selection.sha1, &mut state.midstates.sha1)?;
    read_words(rest, state.selection.sha256, &mut state.midstates.sha256)?;
    let tail = rest.split_off(..(state.length % BLOCK_BYTES as u64) as usize)?;
    state.buffer[..tail.len()].copy_from_slice(tail);
    if state.selection.blake3 {
        let [count] = take(rest)?;
        let (subtrees, _) = rest.split_off(..usize::from(count) * 32)?.as_chunks();
        let tail = usize::from(u16::from_le_bytes(take(rest)?));
        let tail = rest.split_off(..tail)?.to_vec();
        state.blake3 =
            Some(Box::new(Blake3Tree::from_parts(subtrees.to_vec(), tail, state.length)?));
    }
    Some(state)
}

fn read_words(rest: &mut &[u8], selected: bool, words: &mut [u32]) -> Option<()> {
    for word in words.iter_mut().filter(|_| selected) {
        *word = u32::from_le_bytes(take(rest)?);
    }
    Some(())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    rest.split_off(..N)?.try_into().ok()
}

fn flags(selection: Selection) -> u8 {
    u8::from(selection.md5)
        | u8::from(selection.sha1) << 1
        | u8::from(selection.sha256) << 2
        | u8::from(selection.blake3) << 3
}

fn selection(flags: u8) -> Option<Selection> {
    let bit = |bit: u8| flags >> bit & 1 == 1;
    (flags < 16).then_some(Selection { md5: bit(0), sha1: bit(1), sha256: bit(2), blake3: bit(3) })
}

/// The first bytes of the SHA-256.
fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    use sha2::Digest;
    let digest: [u8; 32] = sha2::Sha256::digest(body).into();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Selection = Selection::ALL;

    fn state_of(selection: Selection, length: usize) -> MessageState {
        let mut state = MessageState::new(selection);
        state.update(&(0..length).map(|at| (at % 253) as u8).collect::<Vec<_>>());
        state
    }

    #[test]
    fn a_state_goes_on_after_bytes_as_before() {
        for flags in 0..16 {
            let selection = selection(flags).unwrap();
            for length in [0, 1, 55, 63, 64, 65, 1023, 1024, 1025, 2048, 5000, 1 << 17] {
                let mut state = state_of(selection, length);
                let mut back = MessageState::from_bytes(&state.to_bytes()).unwrap();
                assert_eq!(back, state);
                state.update(b"and what follows");
                back.update(b"and what follows");
                assert_eq!(back.finish(), state.finish(), "{selection:?} after {length} bytes");
            }
        }
    }

    #[test]
    fn every_altered_or_missing_byte_is_noticed() {
        let bytes = state_of(ALL, 5003).to_bytes();
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert!(MessageState::from_bytes(&altered).is_err(), "byte {at} altered");
            assert!(MessageState::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(MessageState::from_bytes(&longer).is_err());
    }

    #[test]
    fn errors_say_what_was_found() {
        assert_eq!(
            MessageState::from_bytes(&[7; 40]).unwrap_err().to_string(),
            "state of a message: version 7, expected 1"
        );
        let mut body = state_of(Selection::FILES, 3).to_bytes();
        body.truncate(body.len() - CHECK_BYTES - 1);
        body.extend(check(&body));
        assert_eq!(
            MessageState::from_bytes(&body).unwrap_err().to_string(),
            "state of a message: damaged (its parts do not belong together); its length in bytes is 88"
        );
    }
}
