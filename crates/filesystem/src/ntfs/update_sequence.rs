//! The update sequence: the last two bytes of every 512-byte stride of a record are kept in an array at its start, and a
//! number stands in their place, so that a torn write shows.

use std::ops::Range;

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Structure, length};

use super::mapping_pairs;
use super::placement::Placement;
use crate::{Place, Run};

/// Bytes between two protected places, whatever the sector size (`SEQUENCE_NUMBER_STRIDE`).
const STRIDE: usize = 512;

/// Puts the protected bytes back in their places. A place whose number does not fit is reported, and its bytes are put back all
/// the same: for a flipped bit that is right, and after a torn write the array is the newer half.
pub(super) fn restore(name: &'static str, at: u64, record: &mut [u8], problems: &mut Vec<Problem>) {
    let array = match read_array(&Structure::new(name, at, record), problems) {
        Ok(array) => array.to_vec(),
        Err(bounds) => return problems.push(bounds.into()),
    };
    let Some((number, saved)) = array.split_first_chunk::<2>() else { return };
    for (stride, saved) in record.chunks_exact_mut(STRIDE).zip(saved.chunks_exact(2)) {
        let Some(end) = stride.last_chunk_mut::<2>() else { return };
        if end != number {
            let stored = u64::from(u16::from_le_bytes(*end));
            let computed = u64::from(u16::from_le_bytes(*number));
            let kind = ProblemKind::Checksum { field: "update sequence number", stored, computed };
            problems.push(Problem::damage(name, at, kind));
        }
        end.copy_from_slice(saved);
    }
}

/// Reads the number and the saved bytes behind it: two bytes each, no more than the record has strides.
#[inline]
fn read_array<'b>(
    header: &Structure<'b>,
    problems: &mut Vec<Problem>,
) -> Result<&'b [u8], OutOfBounds> {
    let available = length(header.len());
    let bounds =
        |_| OutOfBounds { structure: header.name(), at: header.at(), wanted_end: 8, available };
    let offset = usize::from(header.u16_le(4).map_err(bounds)?);
    let count = usize::from(header.u16_le(6).map_err(bounds)?);
    let wanted = header.len().checked_div(STRIDE).unwrap_or(0).saturating_add(1);
    if count != wanted {
        let expected = Expected::Exactly(length(wanted));
        problems.push(header.wrong_value("size of the update sequence", expected, length(count)));
    }
    header.bytes(offset, count.min(wanted).saturating_mul(2))
}

/// Returns the bytes of the array of saved bytes, behind the number; none when [`restore`] could not put any back.
fn saved_bytes(record: &Structure<'_>) -> Range<usize> {
    let Ok(offset) = record.u16_le(4) else { return 0..0 };
    let Ok(count) = record.u16_le(6) else { return 0..0 };
    let strides = record.len().checked_div(STRIDE).unwrap_or(0);
    let saved = usize::from(count).saturating_sub(1).min(strides);
    let start = usize::from(offset).saturating_add(2);
    let end = start.saturating_add(saved.saturating_mul(2));
    if end <= record.len() { start..end } else { 0..0 }
}

/// Where `count` bytes from `start` of a record on lie in the volume: the protected ones among them lie in the array.
pub(super) fn runs(
    record: &Structure<'_>,
    start: usize,
    count: usize,
    place: &Placement,
) -> Vec<Run> {
    let array = saved_bytes(record);
    let mut runs = Vec::new();
    let mut at = start;
    let end = start.saturating_add(count).min(record.len());
    // A step ends at the protected bytes of a stride, or behind them: the record's length bounds the loop.
    while at < end {
        let (step_end, stored_at) = step(at, &array);
        let next = step_end.min(end);
        let length = length(next.saturating_sub(at));
        mapping_pairs::push(&mut runs, Run { length, place: Place::At(place.at(stored_at)) });
        at = next;
    }
    runs
}

/// Where the bytes from `at` on are stored in the record, and where those end that are stored one behind the other.
#[inline]
fn step(at: usize, array: &Range<usize>) -> (usize, usize) {
    let stride = at.checked_div(STRIDE).unwrap_or(0);
    let behind = stride.saturating_add(1).saturating_mul(STRIDE);
    let protected = behind.saturating_sub(2);
    let saved = array.start.saturating_add(stride.saturating_mul(2));
    if at < protected {
        (protected, at)
    } else if saved < array.end {
        (behind, saved.saturating_add(at.saturating_sub(protected)))
    } else {
        // The array has no bytes for this stride: nothing was put back.
        (behind, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protected() -> Vec<u8> {
        let mut record = vec![7; 1024];
        record[4..8].copy_from_slice(&[0x30, 0, 3, 0]);
        record[0x30..0x36].copy_from_slice(&[1, 1, 0xaa, 0xbb, 0xcc, 0xdd]);
        record[510..512].copy_from_slice(&[1, 1]);
        record[1022..1024].copy_from_slice(&[1, 1]);
        record
    }

    #[test]
    fn protected_bytes_come_back_and_a_torn_stride_is_told_but_kept() {
        let mut record = protected();
        let mut problems = Vec::new();
        restore("MFT record", 0, &mut record, &mut problems);
        assert_eq!((&record[510..512], &record[1022..]), (&[0xaa, 0xbb][..], &[0xcc, 0xdd][..]));
        assert!(problems.is_empty());

        let mut torn = protected();
        torn[1022] = 2;
        restore("MFT record", 4096, &mut torn, &mut problems);
        assert_eq!(&torn[1022..], &[0xcc, 0xdd]);
        assert_eq!(
            problems[0].to_string(),
            "MFT record at byte 4096 (0x1000): update sequence number is 0x102, the bytes give 0x101"
        );
    }

    #[test]
    fn an_array_outside_the_record_is_told() {
        for (offset, count) in [(1020_u16, 3_u16), (0xffff, 3), (0x30, 0), (0x30, 0xffff)] {
            let mut record = protected();
            let mut problems = Vec::new();
            record[4..6].copy_from_slice(&offset.to_le_bytes());
            record[6..8].copy_from_slice(&count.to_le_bytes());
            restore("MFT record", 0, &mut record, &mut problems);
            assert!(!problems.is_empty(), "{offset} {count}");
        }
    }

    #[test]
    fn bytes_of_a_value_are_found_where_they_are_on_disk() {
        let record = protected();
        let at = Placement::whole(10_000);
        let found = |record: &[u8]| runs(&Structure::new("MFT record", 0, record), 400, 200, &at);
        let run = |at, length| Run { length, place: Place::At(at) };
        assert_eq!(found(&record), [run(10_400, 110), run(10_032 + 18, 2), run(10_512, 88)]);

        // Where no byte is put back, the bytes are those that are there.
        for (offset, count) in [(1020_u16, 3_u16), (0x30, 0), (0x30, 1), (0xffff, 3)] {
            let mut record = protected();
            record[4..6].copy_from_slice(&offset.to_le_bytes());
            record[6..8].copy_from_slice(&count.to_le_bytes());
            let before = record.clone();
            restore("MFT record", 0, &mut record, &mut Vec::new());
            assert_eq!(record[510..512], before[510..512], "{offset} {count}");
            assert_eq!(found(&record), [run(10_400, 200)], "{offset} {count}");
        }
    }
}
