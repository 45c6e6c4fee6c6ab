//! The file header of a segment file.

use crate::problems::{unreadable, value};
use byte_source::{Expected, Problem, Scratch, Source, Structure};
use words::term;

/// Begins every segment file of a medium.
pub(super) const SIGNATURE: [u8; 8] = *b"EVF\x09\x0d\x0a\xff\x00";
/// Begins every segment file of a logical evidence file.
pub(super) const LOGICAL_SIGNATURE: [u8; 8] = *b"LVF\x09\x0d\x0a\xff\x00";
/// Length in bytes: signature, start of fields (1), segment number (little-endian, from 1), end of fields (0).
pub(super) const BYTES: u64 = 13;

/// The segment number in the file header of `source`, which begins at byte `start` of the image.
///
/// # Errors
/// The [`Problem`] that makes it no segment file.
pub(super) fn segment_number(
    source: &dyn Source,
    start: u64,
    scratch: &mut Scratch,
) -> Result<u16, Problem> {
    const NAME: &str = "EWF file header";
    let mut bytes = [0; 13];
    byte_source::read_exact(source, 0, &mut bytes, scratch).map_err(unreadable(NAME, start))?;
    let header = Structure::new(NAME, start, &bytes);
    let signature = header.array::<8>(0)?;
    if signature != SIGNATURE && signature != LOGICAL_SIGNATURE {
        let found = header.u64_be(0)?;
        let expected = Expected::Rule(term!("ewf.segment-file"));
        return Err(value(&header, "signature", expected, found));
    }
    match header.u16_le(9)? {
        0 => {
            let expected = Expected::Within(1, u16::MAX.into());
            Err(value(&header, "segment number", expected, 0))
        }
        number => Ok(number),
    }
}
