//! The central directory of a ZIP file, as far as it tells what the file is (PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16).

use std::ops::Range;

use byte_source::{Scratch, Source, Structure, index, length, read_available};

use crate::tail::Tail;

/// Begins the record at the end of the central directory.
const END: &[u8] = b"PK\x05\x06";
/// Begins the locator of the record's 64-bit form; it is directly before the record.
const LOCATOR64: &[u8] = b"PK\x06\x07";
/// Begins the record's 64-bit form.
const END64: &[u8] = b"PK\x06\x06";
/// Begins an entry of the central directory.
const ENTRY: &[u8] = b"PK\x01\x02";
/// Bytes of the central directory that are looked at: some 8,000 entries.
const MOST_BYTES: u64 = 1 << 20;

/// What a central directory says.
pub(crate) struct Directory {
    /// The comment of the whole file.
    pub(crate) comment: Vec<u8>,
    /// The names of the members; of a long directory the first.
    pub(crate) names: Vec<Vec<u8>>,
}

/// Finds the central directory of a file that begins with a ZIP file; `None` when there is none. A ZIP file inside a disk does not count:
/// its offsets do not fit.
pub(crate) fn directory(
    source: &dyn Source,
    tail: &Tail,
    scratch: &mut Scratch,
) -> Option<Directory> {
    tail.places(END).find_map(|at| {
        let record = Structure::new("ZIP end of central directory", at, tail.from(at));
        let bytes = record.u32_le(12).ok()?;
        let start = record.u32_le(16).ok()?;
        let comment_bytes = usize::from(record.u16_le(20).ok()?);
        let (bytes, start) = match (bytes, start) {
            (u32::MAX, _) | (_, u32::MAX) => end64(at, tail)?,
            (bytes, start) => (u64::from(bytes), u64::from(start)),
        };
        // The directory ends where its end record begins, or before the 64-bit form of that.
        let end = u64::checked_add(start, bytes).filter(|end| *end <= at && bytes > 0)?;
        let names = names_at(start..end, source, scratch)?;
        let comment = record.bytes(22, comment_bytes).unwrap_or_default().to_vec();
        Some(Directory { comment, names })
    })
}

/// Returns the names in a central directory; `None` where there is none.
fn names_at(range: Range<u64>, source: &dyn Source, scratch: &mut Scratch) -> Option<Vec<Vec<u8>>> {
    let mut first = [0; 4];
    let _ = read_available(source, range.start, &mut first, scratch);
    if first != ENTRY {
        return None;
    }
    let mut directory = vec![0; index(range.end.saturating_sub(range.start).min(MOST_BYTES))];
    let _ = read_available(source, range.start, &mut directory, scratch);
    Some(names(&directory))
}

/// Length and place of the central directory by the 64-bit end record that is before the one at byte `at`.
fn end64(at: u64, tail: &Tail) -> Option<(u64, u64)> {
    let locator_at = at.checked_sub(20)?;
    let locator = Structure::new("ZIP64 locator", locator_at, tail.from(locator_at));
    let record_at = (locator.bytes(0, 4).ok()? == LOCATOR64).then(|| locator.u64_le(8).ok())??;
    let record = Structure::new("ZIP64 end of central directory", record_at, tail.from(record_at));
    let is_record = record.bytes(0, 4).ok()? == END64;
    is_record.then(|| Some((record.u64_le(40).ok()?, record.u64_le(48).ok()?)))?
}

fn names(directory: &[u8]) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut at = 0_usize;
    while let Some(entry) = directory.get(at..).filter(|entry| entry.starts_with(ENTRY)) {
        let entry = Structure::new("ZIP central directory", length(at), entry);
        let sizes = [28, 30, 32].map(|field| entry.u16_le(field).map(usize::from));
        let [Ok(name), Ok(extra), Ok(comment)] = sizes else { break };
        names.push(entry.bytes(46, name).unwrap_or_default().to_vec());
        at = [46, name, extra, comment].into_iter().fold(at, usize::saturating_add);
    }
    names
}
