//! Streams to try analysers on.

use byte_source::{BadReason, Piece};

use crate::{RecordFacts, StreamFacts};

/// Zeros of one piece that are tried as data, and divided, at most.
const MAX_ZEROS_AS_DATA: u64 = 16 << 10;

/// A stream to try an analyser on.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is called when something is wrong with it.
    pub name: String,
    /// Its bytes.
    pub content: Vec<SamplePiece>,
    /// Its record, for analysers that tell records apart.
    pub record: Option<RecordFacts>,
}

/// Some bytes of a sample.
#[derive(Clone, Debug)]
pub enum SamplePiece {
    /// These.
    Data(Vec<u8>),
    /// So many zeros.
    Zeros(u64),
    /// So many bytes that cannot be read.
    Bad(u64),
}

impl Sample {
    /// Makes a sample of bytes that can be read.
    #[must_use]
    pub fn of_bytes(name: &str, bytes: &[u8]) -> Self {
        Self::of_pieces(name, vec![SamplePiece::Data(bytes.to_vec())])
    }

    /// Makes a sample of pieces.
    #[must_use]
    pub fn of_pieces(name: &str, content: Vec<SamplePiece>) -> Self {
        Self { name: name.to_owned(), content, record: None }
    }

    pub(super) fn size(&self) -> u64 {
        self.pieces().iter().fold(0, |sum, piece| sum.saturating_add(piece.lend().len()))
    }

    pub(super) fn facts(&self) -> StreamFacts {
        StreamFacts { size: self.size(), record: self.record }
    }

    pub(super) fn pieces(&self) -> Vec<OwnedPiece> {
        let pieces = self.content.iter().map(|piece| match piece {
            SamplePiece::Data(bytes) => OwnedPiece::Data(bytes.clone()),
            SamplePiece::Zeros(count) => OwnedPiece::Zero(*count),
            SamplePiece::Bad(count) => OwnedPiece::Bad(*count),
        });
        pieces.collect()
    }

    /// Returns the pieces before and behind a place.
    pub(super) fn split(&self, place: u64) -> (Vec<OwnedPiece>, Vec<OwnedPiece>) {
        let mut before = Vec::new();
        let mut behind = Vec::new();
        let mut left = place;
        for piece in self.pieces() {
            let (first, second) = piece.split(left);
            left = left.saturating_sub(first.lend().len());
            before.push(first);
            behind.push(second);
        }
        (before, behind)
    }
}

/// A piece with its own bytes.
#[derive(Clone, Debug)]
pub(super) enum OwnedPiece {
    Data(Vec<u8>),
    Zero(u64),
    Bad(u64),
}

impl OwnedPiece {
    pub(super) fn lend(&self) -> Piece<'_> {
        match self {
            Self::Data(bytes) => Piece::Data { bytes, at: u64::MAX },
            Self::Zero(count) => Piece::Zero(*count),
            Self::Bad(count) => Piece::Bad(*count, BadReason::LayoutEnds),
        }
    }

    fn split(&self, place: u64) -> (Self, Self) {
        match self {
            Self::Data(bytes) => {
                let place = usize::try_from(place).unwrap_or(usize::MAX).min(bytes.len());
                let (before, behind) = bytes.split_at(place);
                (Self::Data(before.to_vec()), Self::Data(behind.to_vec()))
            }
            Self::Zero(count) => {
                let place = place.min(*count);
                (Self::Zero(place), Self::Zero(count.saturating_sub(place)))
            }
            Self::Bad(count) => {
                let place = place.min(*count);
                (Self::Bad(place), Self::Bad(count.saturating_sub(place)))
            }
        }
    }

    /// Returns the piece as pieces of a length, and one that is shorter. What would be too many is not divided.
    pub(super) fn divided(&self, length: u64) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut rest = self.clone();
        while !rest.lend().is_empty() {
            let whole = rest.lend().len();
            let length = if whole > MAX_ZEROS_AS_DATA {
                whole.saturating_sub(MAX_ZEROS_AS_DATA)
            } else {
                length
            };
            let (piece, behind) = rest.split(length);
            pieces.push(piece);
            rest = behind;
        }
        pieces
    }

    pub(super) fn zeros_as_data(&self) -> Self {
        match self {
            Self::Zero(count) if *count <= MAX_ZEROS_AS_DATA => {
                Self::Data(vec![0; usize::try_from(*count).unwrap_or(0)])
            }
            other => other.clone(),
        }
    }

    pub(super) fn data_as_zeros(&self) -> Vec<Self> {
        let Self::Data(bytes) = self else { return vec![self.clone()] };
        let runs = bytes.chunk_by(|one, next| (*one == 0) == (*next == 0));
        let pieces = runs.map(|run| match run.first() {
            Some(0) => Self::Zero(u64::try_from(run.len()).unwrap_or(u64::MAX)),
            _ => Self::Data(run.to_vec()),
        });
        pieces.collect()
    }
}
