//! Extension records of NTFS that ntfs-3g takes for a list of attributes and leaves in use, empty, when the disk is full.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::scan::Scan;

/// Bytes of a record's header that are looked at (`FILE_RECORD_SEGMENT_HEADER` with room for the first attribute's type).
const HEADER_BYTES: usize = 80;
/// How athar names a record in a damage.
const PLACE: &str = "MFT record at byte ";

/// Does a scan report no other damage than records that ntfs-3g abandoned? The bytes of the disk decide, not athar's words.
pub(super) fn only_abandoned_records(image: &Path, scan: &Scan) -> bool {
    let damages = scan.report["first_damages"].as_array();
    let is_abandoned = |damage: &serde_json::Value| {
        let at = damage.as_str().and_then(place);
        at.is_some_and(|at| header(image, at).is_ok_and(|header| is_abandoned(&header)))
    };
    // The report names the first damages only: those that it does not name are not judged.
    let all = scan.report["damages"].as_u64().and_then(|all| usize::try_from(all).ok());
    damages.is_some_and(|damages| {
        !damages.is_empty() && all == Some(damages.len()) && damages.iter().all(is_abandoned)
    })
}

/// Returns the byte at which a damage says that a record is.
fn place(damage: &str) -> Option<u64> {
    damage.strip_prefix(PLACE)?.split(' ').next()?.parse().ok()
}

fn header(image: &Path, at: u64) -> io::Result<[u8; HEADER_BYTES]> {
    let mut file = File::open(image)?;
    file.seek(SeekFrom::Start(at))?;
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header)?;
    Ok(header)
}

/// Is it a record in use that extends another one and holds no attribute?
fn is_abandoned(header: &[u8; HEADER_BYTES]) -> bool {
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let first = usize::from(word(0x14));
    let is_in_use = word(0x16) & 1 == 1;
    let has_base = header[0x20..0x26].iter().any(|byte| *byte != 0);
    let is_end = header.get(first..first + 4) == Some(&[0xff; 4]);
    header.starts_with(b"FILE") && is_in_use && has_base && is_end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_extension_in_use_is_abandoned() {
        let mut header = [0; HEADER_BYTES];
        header[..4].copy_from_slice(b"FILE");
        (header[0x14], header[0x16], header[0x20]) = (0x38, 1, 105);
        header[0x38..0x3c].copy_from_slice(&[0xff; 4]);
        assert!(is_abandoned(&header));
        for (at, byte) in [(0, b'B'), (0x16, 0), (0x20, 0), (0x38, 0x10)] {
            let mut other = header;
            other[at] = byte;
            assert!(!is_abandoned(&other), "byte {at}");
        }
        assert_eq!(place("MFT record at byte 128000 (0x1f400): a record in use"), Some(128_000));
        assert_eq!(place("index at byte 5: x"), None);
    }
}
