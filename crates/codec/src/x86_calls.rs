//! Calls of x86 code, whose targets the encoder of LZX made absolute.

/// The length of the file that WIM has the encoder assume.
const FILE_BYTES: i32 = 12_000_000;
/// The last bytes of a chunk were left alone.
const TAIL: usize = 10;

/// Makes the targets of `call` instructions relative again.
pub(crate) fn undo_call_translation(data: &mut [u8]) {
    let end = data.len().saturating_sub(TAIL);
    let mut at = 0_usize;
    while at < end {
        let Some([0xe8, target @ ..]) =
            data.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<5>())
        else {
            at = at.saturating_add(1);
            continue;
        };
        let position = i32::try_from(at).unwrap_or(i32::MAX);
        if let Some(relative) = relative_target(i32::from_le_bytes(*target), position) {
            *target = relative.to_le_bytes();
        }
        at = at.saturating_add(5);
    }
}

/// The relative target of the call at `position`; `None` when the encoder left it alone.
fn relative_target(absolute: i32, position: i32) -> Option<i32> {
    if (0..FILE_BYTES).contains(&absolute) {
        Some(absolute.wrapping_sub(position))
    } else if absolute < 0 && absolute >= position.wrapping_neg() {
        Some(absolute.wrapping_add(FILE_BYTES))
    } else {
        None
    }
}
