//! Reading whole structures out of a source.

use std::ops::{ControlFlow, Range};

use crate::{BadReason, Piece, Scratch, Source, Visitor, index, length};

/// Fills `buffer` from byte `start` on.
///
/// # Errors
/// The first reason for which a byte could not be read; the buffer then holds what was readable and
/// zeros.
pub fn read_exact(
    source: &dyn Source,
    start: u64,
    buffer: &mut [u8],
    scratch: &mut Scratch,
) -> Result<(), BadReason> {
    let (_, fault) = read_available(source, start, buffer, scratch);
    fault.map_or(Ok(()), Err)
}

/// `count` bytes from byte `start` on. The allocation is bounded by the source: nothing is
/// allocated for a range that leaves it.
///
/// # Errors
/// The first reason for which a byte could not be read.
pub fn read_vec(
    source: &dyn Source,
    start: u64,
    count: u64,
    scratch: &mut Scratch,
) -> Result<Vec<u8>, BadReason> {
    match start.checked_add(count) {
        Some(end) if end <= source.len() => {}
        _ => return Err(BadReason::BeyondEnd),
    }
    let mut buffer = vec![0; index(count)];
    read_exact(source, start, &mut buffer, scratch)?;
    Ok(buffer)
}

/// Fills `buffer` with what can be read, zeros elsewhere. Returns how many bytes were readable and
/// the first fault.
pub fn read_available(
    source: &dyn Source,
    start: u64,
    buffer: &mut [u8],
    scratch: &mut Scratch,
) -> (u64, Option<BadReason>) {
    let range = start..start.saturating_add(length(buffer.len()));
    let mut filling = Filling { rest: buffer, good: 0, fault: None };
    let _ = source.visit(range, scratch, &mut |piece| {
        filling.take(&piece);
        ControlFlow::Continue(())
    });
    let Filling { rest, good, mut fault } = filling;
    if !rest.is_empty() && fault.is_none() {
        // Only a range whose end left u64 is handed over short.
        fault = Some(BadReason::BeyondEnd);
    }
    rest.fill(0);
    (good, fault)
}

/// A buffer that is filled piece by piece.
struct Filling<'b> {
    rest: &'b mut [u8],
    /// Bytes that were readable.
    good: u64,
    fault: Option<BadReason>,
}

impl Filling<'_> {
    #[inline]
    fn take(&mut self, piece: &Piece<'_>) {
        let here = index(piece.len()).min(self.rest.len());
        let (now, later) = std::mem::take(&mut self.rest).split_at_mut(here);
        self.rest = later;
        match *piece {
            Piece::Data { bytes, .. } => now.copy_from_slice(bytes.get(..here).unwrap_or_default()),
            Piece::Zero(_) => now.fill(0),
            Piece::Bad(_, reason) => {
                now.fill(0);
                self.fault = self.fault.or(Some(reason));
                return;
            }
        }
        self.good = self.good.saturating_add(length(here));
    }
}

/// Visits `range` of bytes in memory: one piece of data, then what lies past the end as bad.
pub(crate) fn visit_slice(
    memory: &[u8],
    range: Range<u64>,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let inside = inside(&range, length(memory.len()));
    let bytes = memory.get(index(inside.start)..index(inside.end)).unwrap_or_default();
    if !bytes.is_empty() {
        each(Piece::Data { bytes, at: inside.start })?;
    }
    visit_beyond(&range, &inside, each)
}

/// The part of `range` that lies within `0..len`.
pub(crate) fn inside(range: &Range<u64>, len: u64) -> Range<u64> {
    let start = range.start.min(len);
    start..range.end.clamp(start, len)
}

/// Hands over the rest of `range` behind its part `inside` as bad.
pub(crate) fn visit_beyond(
    range: &Range<u64>,
    inside: &Range<u64>,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let wanted = range.end.saturating_sub(range.start);
    match wanted.saturating_sub(inside.end.saturating_sub(inside.start)) {
        0 => ControlFlow::Continue(()),
        beyond => each(Piece::Bad(beyond, BadReason::BeyondEnd)),
    }
}
