//! Numbers and bytes that look random and are the same on every machine.

/// The SplitMix64 generator.
pub(super) struct Random {
    state: u64,
}

const WORDS: [&str; 16] = [
    "error",
    "login",
    "user",
    "root",
    "comparison",
    "opened",
    "closed",
    "from",
    "port",
    "GET",
    "POST",
    "index",
    "html",
    "2026-07-14",
    "warn",
    "info",
];

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// A number of the standard normal distribution, nearly: the sum of twelve even ones.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.next() >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0
    }

    /// Appends bytes that do not compress.
    pub(super) fn bytes(&mut self, count: usize, out: &mut Vec<u8>) {
        let end = out.len().saturating_add(count);
        while out.len() < end {
            out.extend_from_slice(&self.next().to_le_bytes());
        }
        out.truncate(end);
    }

    /// Appends text that compresses well.
    pub(super) fn text(&mut self, count: usize, out: &mut Vec<u8>) {
        let end = out.len().saturating_add(count);
        while out.len() < end {
            let word = WORDS.get(self.below(WORDS.len())).unwrap_or(&"");
            out.extend_from_slice(word.as_bytes());
            out.push(if self.below(8) == 0 { b'\n' } else { b' ' });
        }
        out.truncate(end);
    }
}
