//! An analyser for tests: what it finds depends on every byte and its place.

use std::ops::ControlFlow;

use byte_source::Piece;

use crate::{Analyser, FindingsOfAnalyser, StreamAnalysis, StreamFacts, Wants};

/// Finds a number that changes with every byte of a stream, with its place, and with what cannot be read.
pub struct EveryByte;

impl EveryByte {
    /// The analyser's name.
    pub const NAME: &'static str = "every-byte";

    /// Returns the finding of a stream of these readable bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> String {
        let mut sum = Sum::default();
        // OK to ignore: it takes all bytes.
        let _ = sum.take(0, Piece::Data { bytes, at: u64::MAX });
        sum.value()
    }
}

impl Analyser for EveryByte {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn version(&self) -> &str {
        "1"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["sum"]
    }

    fn wants(&self, _: &StreamFacts) -> Wants {
        Wants::All
    }

    fn start(&self, _: &StreamFacts) -> Option<Box<dyn StreamAnalysis>> {
        Some(Box::new(Sum::default()))
    }

    fn restore(&self, _: &StreamFacts, state: &[u8]) -> Option<Box<dyn StreamAnalysis>> {
        let (numbers, []) = state.as_chunks::<8>() else { return None };
        let [sum, length, bad] = numbers else { return None };
        let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        Some(Box::new(Sum { sum: number(sum), length: number(length), bad: number(bad) }))
    }
}

/// A polynomial modulo 2^64 with the bytes as coefficients: so many zeros cost one power.
#[derive(Default)]
struct Sum {
    sum: u64,
    length: u64,
    bad: u64,
}

const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

impl Sum {
    fn value(&self) -> String {
        format!("{:016x} of {}, {} unreadable", self.sum, self.length, self.bad)
    }

    fn zeros(&mut self, count: u64) {
        let mut power = 1_u64;
        let mut base = BASE;
        let mut left = count;
        while left > 0 {
            if left & 1 == 1 {
                power = power.wrapping_mul(base);
            }
            base = base.wrapping_mul(base);
            left >>= 1;
        }
        self.sum = self.sum.wrapping_mul(power);
    }
}

impl StreamAnalysis for Sum {
    fn take(&mut self, at: u64, piece: Piece<'_>) -> ControlFlow<()> {
        // A piece that comes twice, or not at all, shows in the finding.
        if at != self.length {
            self.sum = self.sum.wrapping_add(1);
        }
        match piece {
            Piece::Data { bytes, .. } => {
                let add =
                    |sum: u64, byte: &u8| sum.wrapping_mul(BASE).wrapping_add(u64::from(*byte));
                self.sum = bytes.iter().fold(self.sum, add);
            }
            Piece::Zero(count) => self.zeros(count),
            Piece::Bad(count, _) => {
                self.zeros(count);
                self.bad = self.bad.wrapping_add(count);
            }
        }
        self.length = self.length.wrapping_add(piece.len());
        ControlFlow::Continue(())
    }

    fn save(&self) -> Option<Vec<u8>> {
        Some([self.sum, self.length, self.bad].map(u64::to_le_bytes).concat())
    }

    fn finish(self: Box<Self>, findings: &mut FindingsOfAnalyser<'_>) {
        findings.add("sum", self.value());
    }
}
