//! Primary entries other than a file's (spec 7.1, 7.2, 7.3, 7.5): the volume's own.

use byte_source::Structure;
use case_model::{NameEncoding, to_hex};

use super::file_set::Allocated;

pub(super) const ALLOCATION_BITMAP: u8 = 0x81;
pub(super) const UP_CASE_TABLE: u8 = 0x82;
pub(super) const VOLUME_LABEL: u8 = 0x83;
const VOLUME_GUID: u8 = 0xa0;
const TEX_FAT_PADDING: u8 = 0xa1;
/// Units of the longest label.
const MOST_LABEL_UNITS: usize = 11;

/// The space that the entry of the bitmap or of the up-case table names.
pub(super) fn space(bytes: &[u8; 32]) -> Option<Allocated> {
    let slot = Structure::new("exFAT directory entry", 0, bytes);
    let has_space = matches!(slot.u8(0), Ok(ALLOCATION_BITMAP | UP_CASE_TABLE));
    Allocated::read(&slot, false).ok().filter(|_| has_space)
}

/// Which FAT a bitmap goes with: 0, or on TexFAT 1 (spec 7.1.2).
pub(super) fn bitmap_number(bytes: &[u8; 32]) -> u8 {
    bytes[1] & 1
}

/// The label in UTF-16 little-endian.
pub(super) fn label(bytes: &[u8; 32]) -> Vec<u8> {
    let units = usize::from(bytes[1]).min(MOST_LABEL_UNITS);
    bytes.iter().skip(2).take(units.saturating_mul(2)).copied().collect()
}

/// What the entry is called: the label itself, or the names by which other readers list the volume's structures.
pub(super) fn name(bytes: &[u8; 32]) -> (Vec<u8>, NameEncoding) {
    let plain = |name: &str| (name.as_bytes().to_vec(), NameEncoding::Bytes);
    match bytes[0] {
        ALLOCATION_BITMAP if bitmap_number(bytes) == 0 => plain("$ALLOC_BITMAP"),
        ALLOCATION_BITMAP => plain("$ALLOC_BITMAP_2"),
        UP_CASE_TABLE => plain("$UPCASE_TABLE"),
        VOLUME_LABEL if label(bytes).is_empty() => plain("$EMPTY_VOLUME_LABEL"),
        VOLUME_LABEL => (label(bytes), NameEncoding::Utf16Le),
        VOLUME_GUID => plain("$VOLUME_GUID"),
        TEX_FAT_PADDING => plain("$TEX_FAT"),
        other => plain(&format!("$ENTRY_{}", to_hex(&[other]))),
    }
}
