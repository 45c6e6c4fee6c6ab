//! A coded medium, decoded once: the windows that the sweep and the streams share.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use words::term;

use byte_source::{BadReason, Piece, Scratch, Source, Visitor};

/// Bytes that are decoded as one piece of work, at least: 128 chunks of an EWF image as most programs write them.
const WINDOW_BYTES: u64 = 4 << 20;

/// Why bytes are missing on which a reader panicked.
pub(crate) const READER_FAILED: BadReason =
    BadReason::Opaque(term!("scan.reader-failed-these-bytes-fault"));

/// A medium whose container must be decoded. Bytes of the windows that are kept come from memory; all others are decoded by whoever asks.
pub(crate) struct WindowedMedium {
    inner: Arc<dyn Source>,
    window_bytes: u64,
    windows: RwLock<BTreeMap<u64, Arc<Window>>>,
    counting: AtomicBool,
    decoded_again: AtomicU64,
}

/// Decoded bytes of the medium.
#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// A part of a window, in order.
#[derive(Clone, Copy)]
enum Part {
    /// So many of the window's bytes.
    Data(usize),
    Zero(u64),
    Bad(u64, BadReason),
}

impl WindowedMedium {
    pub(crate) fn new(inner: Arc<dyn Source>) -> Self {
        let grain = u64::from(inner.grain()).max(1);
        // Whole units: none is decoded twice.
        Self::with_windows(inner, WINDOW_BYTES.div_ceil(grain).saturating_mul(grain))
    }

    /// The same with windows of so many bytes, whole units of the medium.
    pub(super) fn with_windows(inner: Arc<dyn Source>, window_bytes: u64) -> Self {
        Self {
            inner,
            window_bytes,
            windows: RwLock::default(),
            counting: AtomicBool::new(false),
            decoded_again: AtomicU64::new(0),
        }
    }

    /// Bytes of a window; the last one may have fewer.
    pub(crate) fn window_bytes(&self) -> u64 {
        self.window_bytes
    }

    /// Decodes a window and keeps it.
    pub(crate) fn decode(&self, number: u64, scratch: &mut Scratch) {
        let start = number.saturating_mul(self.window_bytes);
        let end = start.saturating_add(self.window_bytes).min(self.inner.len());
        let mut window = Window::default();
        let _ = self.inner.visit(start..end, scratch, &mut |piece| {
            window.take(piece, end.saturating_sub(start));
            ControlFlow::Continue(())
        });
        self.counting.store(true, Ordering::Relaxed);
        self.windows
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, Arc::new(window));
    }

    /// The container's reader failed on a window: its bytes cannot be read.
    pub(crate) fn give_up(&self, number: u64) {
        let start = number.saturating_mul(self.window_bytes);
        let count =
            start.saturating_add(self.window_bytes).min(self.inner.len()).saturating_sub(start);
        let mut window = Window::default();
        window.take(Piece::Bad(count, READER_FAILED), count);
        self.windows
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, Arc::new(window));
    }

    /// Gives the memory of all windows below `number` back.
    pub(crate) fn evict_below(&self, number: u64) {
        let mut windows = self.windows.write().unwrap_or_else(PoisonError::into_inner);
        let kept = windows.split_off(&number);
        *windows = kept;
    }

    /// Bytes that were asked for after their window had gone, or before it came: decoded once more.
    pub(crate) fn decoded_again(&self) -> u64 {
        self.decoded_again.load(Ordering::Relaxed)
    }

    fn kept(&self, number: u64) -> Option<Arc<Window>> {
        self.windows.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }
}

impl Source for WindowedMedium {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn grain(&self) -> u32 {
        self.inner.grain()
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        while at < range.end {
            let number = at.checked_div(self.window_bytes).unwrap_or(0);
            let window_start = number.saturating_mul(self.window_bytes);
            let end = window_start.saturating_add(self.window_bytes).min(range.end);
            match self.kept(number) {
                Some(window) if end <= self.len() => {
                    window.visit(window_start, at..end, each)?;
                }
                _ => {
                    if self.counting.load(Ordering::Relaxed) {
                        self.decoded_again.fetch_add(end.saturating_sub(at), Ordering::Relaxed);
                    }
                    self.inner.visit(at..end, scratch, each)?;
                }
            }
            at = end;
        }
        ControlFlow::Continue(())
    }
}

impl Part {
    /// Returns its bytes of the medium.
    fn length(&self) -> u64 {
        match self {
            Self::Data(count) => byte_source::length(*count),
            Self::Zero(count) | Self::Bad(count, _) => *count,
        }
    }

    /// Returns its bytes in memory.
    fn stored_bytes(&self) -> usize {
        match self {
            Self::Data(count) => *count,
            Self::Zero(_) | Self::Bad(..) => 0,
        }
    }
}

impl Window {
    fn take(&mut self, piece: Piece<'_>, room: u64) {
        match piece {
            Piece::Data { bytes, .. } => {
                if self.bytes.is_empty() {
                    self.bytes.reserve_exact(usize::try_from(room).unwrap_or(0));
                }
                self.bytes.extend_from_slice(bytes);
                match self.parts.last_mut() {
                    Some(Part::Data(count)) => *count = count.saturating_add(bytes.len()),
                    _ => self.parts.push(Part::Data(bytes.len())),
                }
            }
            Piece::Zero(count) => self.parts.push(Part::Zero(count)),
            Piece::Bad(count, why) => self.parts.push(Part::Bad(count, why)),
        }
    }

    /// Hands over `range` of the medium, which lies inside this window that begins at `start`.
    fn visit(&self, start: u64, range: Range<u64>, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let mut at = start;
        let mut first = 0_usize;
        for part in &self.parts {
            let end = at.saturating_add(part.length());
            let wanted = range.start.max(at)..range.end.min(end);
            if !wanted.is_empty() {
                let count = wanted.end.saturating_sub(wanted.start);
                match part {
                    Part::Data(_) => {
                        let from = first
                            .saturating_add(byte_source::index(wanted.start.saturating_sub(at)));
                        let to = from.saturating_add(byte_source::index(count));
                        let bytes = self.bytes.get(from..to).unwrap_or_default();
                        each(Piece::Data { bytes, at: wanted.start })?;
                    }
                    Part::Zero(_) => each(Piece::Zero(count))?,
                    Part::Bad(_, why) => each(Piece::Bad(count, *why))?,
                }
            }
            first = first.saturating_add(part.stored_bytes());
            at = end;
            if at >= range.end {
                break;
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A medium of units of 3000 bytes: unit 700 is bad, every seventh is zero.
    struct Units;

    impl Source for Units {
        fn len(&self) -> u64 {
            9_000_100
        }

        fn grain(&self) -> u32 {
            3000
        }

        fn visit(
            &self,
            range: Range<u64>,
            _: &mut Scratch,
            each: &mut Visitor<'_>,
        ) -> ControlFlow<()> {
            let mut at = range.start;
            while at < range.end {
                let unit = at / 3000;
                let end = range.end.min((unit + 1) * 3000);
                if at >= self.len() {
                    return each(Piece::Bad(range.end - at, BadReason::BeyondEnd));
                }
                let end = end.min(self.len());
                let bytes: Vec<u8> = (at..end).map(|at| (at % 251) as u8).collect();
                each(match unit {
                    700 => Piece::Bad(end - at, BadReason::Checksum { unit: "chunk", number: 700 }),
                    unit if unit % 7 == 0 => Piece::Zero(end - at),
                    _ => Piece::Data { bytes: &bytes, at },
                })?;
                at = end;
            }
            ControlFlow::Continue(())
        }
    }

    fn content(source: &dyn Source, range: Range<u64>) -> (Vec<u8>, u64) {
        let mut bytes = Vec::new();
        let mut bad = 0;
        let _ = source.visit(range, &mut Scratch::new(), &mut |piece| {
            match piece {
                Piece::Data { bytes: these, .. } => bytes.extend_from_slice(these),
                Piece::Zero(count) => bytes.resize(bytes.len() + count as usize, 0),
                Piece::Bad(count, _) => {
                    bytes.resize(bytes.len() + count as usize, 0xff);
                    bad += count;
                }
            }
            ControlFlow::Continue(())
        });
        (bytes, bad)
    }

    #[test]
    fn what_is_kept_what_is_gone_and_what_is_past_the_end_read_as_the_medium_does() {
        let medium = WindowedMedium::new(Arc::new(Units));
        let mut scratch = Scratch::new();
        let ranges =
            [0..9_000_100, 2_099_000..2_104_000, 4_190_000..4_200_000, 8_999_999..9_000_200, 5..6];
        for step in 0..4 {
            match step {
                1 => medium.decode(0, &mut scratch),
                2 => (1..3).for_each(|number| medium.decode(number, &mut scratch)),
                3 => medium.evict_below(2),
                _ => {}
            }
            for range in &ranges {
                assert_eq!(
                    content(&medium, range.clone()),
                    content(&Units, range.clone()),
                    "step {step} {range:?}"
                );
            }
        }
        assert!(medium.decoded_again() > 0);
    }
}
