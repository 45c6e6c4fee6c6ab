//! The medium's own digests: every byte in order, once.

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Scratch, Source};
use case_model::Digests;
use hash_engine::{Selection, StreamHasher};
use rayon::prelude::*;

/// Bytes that are visited at once, so that progress can be told.
const STEP_BYTES: u64 = 8 << 20;
/// Bytes of a coded medium that a worker decodes at a time: 32 chunks of an EWF image as most programs write them.
const BLOCK_BYTES: u64 = 1 << 20;
/// Blocks that are decoded for each worker while those before them are hashed: 8 MiB of memory a worker in all.
const BLOCKS_PER_WORKER: usize = 4;
/// Unreadable ranges that are kept one by one; what lies beyond is joined to the last.
const MAX_RANGES: usize = 100_000;

/// What reading a medium gave.
pub(crate) struct MediumResult {
    /// Digests; of zeros in the place of unreadable ranges.
    pub(crate) digests: Digests,
    /// First byte, length, why.
    pub(crate) unreadable: Vec<(u64, u64, String)>,
}

/// Reads a whole medium. Must run on a pool: a coded medium is decoded by all workers that are free, and its digests are computed
/// side by side; a direct one is read by this worker alone. The result is the same.
pub(crate) fn read_medium(
    medium: &dyn Source,
    selection: Selection,
    advanced: &(dyn Fn(u64) + Sync),
) -> MediumResult {
    if medium.grain() > 1 {
        read_coded(medium, selection, advanced)
    } else {
        read_direct(medium, selection, advanced)
    }
}

fn read_direct(medium: &dyn Source, selection: Selection, advanced: &dyn Fn(u64)) -> MediumResult {
    let mut hasher = StreamHasher::new(selection);
    let mut scratch = Scratch::new();
    let mut unreadable = Unreadable::default();
    let mut at = 0;
    while at < medium.len() {
        let end = at.saturating_add(STEP_BYTES).min(medium.len());
        let mut position = at;
        let _ = medium.visit(at..end, &mut scratch, &mut |piece| {
            match piece {
                Piece::Data { bytes, .. } => hasher.update(bytes),
                Piece::Zero(count) => hasher.update_zeros(count),
                Piece::Bad(count, why) => {
                    hasher.update_zeros(count);
                    unreadable.add(position, count, why);
                }
            }
            position = position.saturating_add(piece.len());
            ControlFlow::Continue(())
        });
        advanced(end - at);
        at = end;
    }
    MediumResult { digests: hasher.finish(), unreadable: unreadable.finish() }
}

/// Two batches of blocks take turns: one is hashed in order while the other is decoded.
fn read_coded(medium: &dyn Source, selection: Selection, advanced: &(dyn Fn(u64) + Sync)) -> MediumResult {
    let mut hashers = one_each(selection);
    let mut unreadable = Unreadable::default();
    let blocks = rayon::current_num_threads().max(1) * BLOCKS_PER_WORKER;
    let mut decoded: Vec<Block> = Vec::new();
    let mut next: Vec<Block> = Vec::new();
    next.resize_with(blocks, Block::default);
    let mut spare: Vec<Block> = Vec::new();
    spare.resize_with(blocks, Block::default);
    let mut at = 0;
    loop {
        let end = plan(&mut next, at, medium);
        rayon::join(
            || {
                hashers.par_iter_mut().for_each(|hasher| decoded.iter().for_each(|block| block.hash(hasher)));
            },
            || {
                next.par_iter_mut()
                    .for_each_init(Scratch::new, |scratch, block| block.decode(medium, scratch))
            },
        );
        for block in &decoded {
            block.bad(&mut unreadable);
            advanced(block.range.end - block.range.start);
        }
        if end == at {
            break;
        }
        at = end;
        if decoded.is_empty() {
            decoded = std::mem::take(&mut spare);
        }
        std::mem::swap(&mut decoded, &mut next);
    }
    let digests = hashers.into_iter().map(StreamHasher::finish).fold(Digests::default(), joined);
    MediumResult { digests, unreadable: unreadable.finish() }
}

/// Gives each block the range it shall hold, from byte `at` of the medium on; returns the end of the last one.
fn plan(blocks: &mut [Block], at: u64, medium: &dyn Source) -> u64 {
    let grain = u64::from(medium.grain()).max(1);
    // Whole units: none is decoded twice. A unit may be larger than a block should be.
    let step = BLOCK_BYTES.div_ceil(grain).saturating_mul(grain);
    blocks.iter_mut().fold(at, |start, block| {
        let end = start.saturating_add(step).min(medium.len());
        block.range = start..end;
        end
    })
}

/// A hasher for each algorithm alone.
fn one_each(selection: Selection) -> Vec<StreamHasher> {
    let none = Selection { md5: false, sha1: false, sha256: false, blake3: false };
    [
        Selection { md5: selection.md5, ..none },
        Selection { sha1: selection.sha1, ..none },
        Selection { sha256: selection.sha256, ..none },
        Selection { blake3: selection.blake3, ..none },
    ]
    .into_iter()
    .filter(|one| *one != none)
    .map(StreamHasher::new)
    .collect()
}

fn joined(left: Digests, right: Digests) -> Digests {
    Digests {
        md5: left.md5.or(right.md5),
        sha1: left.sha1.or(right.sha1),
        sha256: left.sha256.or(right.sha256),
        blake3: left.blake3.or(right.blake3),
    }
}

/// Decoded bytes of the medium.
#[derive(Default)]
struct Block {
    range: Range<u64>,
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// A part of a block, in order.
enum Part {
    /// So many of the block's bytes.
    Data(usize),
    Zero(u64),
    Bad(u64, BadReason),
}

impl Block {
    fn decode(&mut self, medium: &dyn Source, scratch: &mut Scratch) {
        self.bytes.clear();
        self.parts.clear();
        let (all, parts) = (&mut self.bytes, &mut self.parts);
        let _ = medium.visit(self.range.clone(), scratch, &mut |piece| {
            match piece {
                Piece::Data { bytes, .. } => {
                    all.extend_from_slice(bytes);
                    match parts.last_mut() {
                        Some(Part::Data(count)) => *count += bytes.len(),
                        _ => parts.push(Part::Data(bytes.len())),
                    }
                }
                Piece::Zero(count) => parts.push(Part::Zero(count)),
                Piece::Bad(count, why) => parts.push(Part::Bad(count, why)),
            }
            ControlFlow::Continue(())
        });
    }

    fn hash(&self, hasher: &mut StreamHasher) {
        let mut left = self.bytes.as_slice();
        for part in &self.parts {
            match part {
                Part::Data(count) => {
                    let (bytes, rest) = left.split_at_checked(*count).unwrap_or((left, &[]));
                    hasher.update(bytes);
                    left = rest;
                }
                Part::Zero(count) | Part::Bad(count, _) => hasher.update_zeros(*count),
            }
        }
    }

    fn bad(&self, unreadable: &mut Unreadable) {
        let mut at = self.range.start;
        for part in &self.parts {
            let count = match part {
                Part::Data(count) => *count as u64,
                Part::Zero(count) => *count,
                Part::Bad(count, why) => {
                    unreadable.add(at, *count, *why);
                    *count
                }
            };
            at = at.saturating_add(count);
        }
    }
}

/// Ranges that could not be read, joined where they touch and have one reason.
#[derive(Default)]
struct Unreadable(Vec<(u64, u64, BadReason)>);

impl Unreadable {
    fn add(&mut self, start: u64, count: u64, why: BadReason) {
        let full = self.0.len() >= MAX_RANGES;
        if let Some((first, length, last_why)) = self.0.last_mut()
            && (full || (*last_why == why && first.saturating_add(*length) == start))
        {
            *length = start.saturating_add(count).saturating_sub(*first);
            return;
        }
        self.0.push((start, count, why));
    }

    fn finish(self) -> Vec<(u64, u64, String)> {
        self.0.into_iter().map(|(start, length, why)| (start, length, why.to_string())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A medium of units of 3000 bytes: unit 700 is bad, every seventh is zero.
    struct Units {
        len: u64,
        grain: u32,
    }

    impl Source for Units {
        fn len(&self) -> u64 {
            self.len
        }

        fn grain(&self) -> u32 {
            self.grain
        }

        fn visit(
            &self,
            range: Range<u64>,
            _: &mut Scratch,
            each: &mut byte_source::Visitor<'_>,
        ) -> ControlFlow<()> {
            let mut at = range.start;
            while at < range.end {
                let unit = at / 3000;
                let end = ((unit + 1) * 3000).min(range.end);
                let bytes: Vec<u8> = (at..end).map(|at| ((at * 31) >> 3) as u8).collect();
                each(match unit {
                    700 => Piece::Bad(end - at, BadReason::Undecodable { unit: "unit", number: unit }),
                    unit if unit % 7 == 0 => Piece::Zero(end - at),
                    _ => Piece::Data { bytes: &bytes, at },
                })?;
                at = end;
            }
            ControlFlow::Continue(())
        }
    }

    #[test]
    fn decoding_in_parallel_gives_what_reading_in_order_gives() {
        let selection = Selection { md5: true, sha1: true, sha256: true, blake3: true };
        for len in [0, 1, 2_999_999, 3_000_000, 40_000_123] {
            let direct = read_direct(&Units { len, grain: 1 }, selection, &|_| ());
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let told = AtomicU64::new(0);
                let advanced = |count: u64| {
                    told.fetch_add(count, Ordering::Relaxed);
                };
                let coded = pool.install(|| read_medium(&Units { len, grain: 3000 }, selection, &advanced));
                assert_eq!(coded.digests, direct.digests, "{len} bytes, {threads} threads");
                assert_eq!(coded.unreadable, direct.unreadable, "{len} bytes, {threads} threads");
                assert_eq!(told.into_inner(), len);
            }
            assert_eq!(direct.unreadable.len(), usize::from(len > 2_100_000));
        }
    }
}
