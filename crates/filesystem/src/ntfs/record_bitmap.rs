//! `$MFT:$BITMAP`: which record slots are in use.

use byte_source::{Problem, ProblemKind, Scratch, index, length};
use words::term;

use super::attribute::type_code;
use super::content::MetadataStream;
use super::gather::attributes_of;
use super::records::Records;
use super::streams;
use crate::Stream;

/// What the bitmap is called in problems.
const NAME: &str = "$MFT:$BITMAP";

/// One bit a slot, the lowest bit of a byte first.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordBitmap {
    bytes: Vec<u8>,
    slots: u64,
}

impl RecordBitmap {
    /// The bitmap of `slots` slots; further bits do not count.
    pub(super) fn new(mut bytes: Vec<u8>, slots: u64) -> Self {
        bytes.truncate(index(slots.div_ceil(8)));
        if let (Some(last), rest @ 1..) = (bytes.get_mut(index(slots / 8)), slots % 8) {
            *last &= 0xff_u8
                .checked_shr(8_u32.saturating_sub(u32::try_from(rest).unwrap_or(8)))
                .unwrap_or(0);
        }
        Self { bytes, slots }
    }

    /// Does the bitmap say that the slot is in use?
    pub(super) fn is_used(&self, number: u64) -> bool {
        let byte = self.bytes.get(index(number / 8)).copied().unwrap_or(0);
        byte.checked_shr(u32::try_from(number % 8).unwrap_or(0)).unwrap_or(0) & 1 != 0
    }

    /// Slots in use.
    pub(super) fn used(&self) -> u64 {
        self.bytes.iter().map(|byte| u64::from(byte.count_ones())).fold(0, u64::saturating_add)
    }

    /// Slots that the bitmap is too short for.
    pub(super) fn missing(&self) -> u64 {
        self.slots.saturating_sub(length(self.bytes.len()).saturating_mul(8))
    }
}

/// Reads the `$MFT:$BITMAP` of a volume.
pub(super) fn read_record_bitmap(
    records: &Records,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> RecordBitmap {
    let slots = records.mft.slots;
    let bytes = match bitmap_bytes(records, problems, scratch) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let how = ProblemKind::Inconsistent(term!("ntfs.mft-no-bitmap-attribute"));
            problems.push(Problem::damage(NAME, 0, how));
            Vec::new()
        }
        Err(problem) => {
            problems.push(problem);
            Vec::new()
        }
    };
    let bitmap = RecordBitmap::new(bytes, slots);
    if bitmap.missing() > 0 {
        let available = slots.saturating_sub(bitmap.missing()) / 8;
        let kind = ProblemKind::OutOfBounds { wanted_end: slots.div_ceil(8), available };
        problems.push(Problem::damage(NAME, 0, kind));
    }
    bitmap
}

/// The content of `$MFT:$BITMAP`; `None` when `$MFT` has no such attribute.
fn bitmap_bytes(
    records: &Records,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Result<Option<Vec<u8>>, Problem> {
    attributes_of(records, 0, scratch, problems, |attributes, problems, scratch| {
        let stream = streams::find(attributes, type_code::BITMAP, &[], &records.boot, problems)?;
        let at = attributes.first().map_or(0, |attribute| attribute.at);
        let needed = records.mft.slots.div_ceil(8);
        // What lies behind the last slot does not matter.
        let stream = Stream { size: stream.size.min(needed), ..stream };
        let content = MetadataStream { name: NAME, at, stream: &stream, limit: needed };
        Some(content.read(&*records.volume, problems, scratch))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_behind_the_last_slot_do_not_count() {
        let bitmap = RecordBitmap::new(vec![0xff, 0xff, 0xff], 11);
        assert_eq!(
            (bitmap.used(), bitmap.is_used(10), bitmap.is_used(11), bitmap.missing()),
            (11, true, false, 0)
        );
        let bitmap = RecordBitmap::new(vec![0x05], 16);
        assert_eq!(
            (bitmap.used(), bitmap.is_used(2), bitmap.is_used(9), bitmap.missing()),
            (2, true, false, 8)
        );
    }
}
