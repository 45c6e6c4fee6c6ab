//! The chain of sections of a segment file: descriptors stand behind their data and point back.

use std::ops::Range;

use byte_source::{Expected, Problem, Scratch, Source, Structure, read_vec};
use words::term;

use super::file_header;
use crate::problems::{check_adler32, limit_reached, unreadable, value};

const NAME: &str = "EWF2 section descriptor";
/// Length in bytes of a descriptor.
pub(super) const DESCRIPTOR_BYTES: u64 = 64;
/// Sections of a segment file. Every one costs at least 64 bytes; tools write two for each 50 MB.
const MOST_SECTIONS: usize = 1 << 20;
/// Broken places of a chain that are bridged: each costs a search through a window at least.
const MOST_BREAKS: usize = 4096;
/// Bytes searched at once for the section before a broken one.
const WINDOW_BYTES: u64 = 1 << 20;
/// The highest section type that is known.
const MOST_TYPE: u32 = 0x23;
/// Data flag: the MD5 of the data is set.
const MD5_HASHED: u32 = 1;
/// Data flag: the data is encrypted.
const ENCRYPTED: u32 = 2;

/// Section types.
pub(super) mod kind {
    pub(in super::super) const DEVICE_INFORMATION: u32 = 1;
    pub(in super::super) const CASE_DATA: u32 = 2;
    pub(in super::super) const SECTOR_DATA: u32 = 3;
    pub(in super::super) const SECTOR_TABLE: u32 = 4;
    pub(in super::super) const ERROR_TABLE: u32 = 5;
    pub(in super::super) const OPTICAL_DISC_TABLE: u32 = 6;
    pub(in super::super) const INCREMENT_DATA: u32 = 7;
    pub(in super::super) const MD5_HASH: u32 = 8;
    pub(in super::super) const SHA1_HASH: u32 = 9;
    pub(in super::super) const RESTART_DATA: u32 = 0xa;
    pub(in super::super) const ENCRYPTION_KEYS: u32 = 0xb;
    pub(in super::super) const MEMORY_EXTENTS_TABLE: u32 = 0xc;
    pub(in super::super) const NEXT: u32 = 0xd;
    pub(in super::super) const DONE: u32 = 0xf;
    pub(in super::super) const SINGLE_FILES_DATA: u32 = 0x20;
}

/// A section of a segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// Its type.
    pub(super) kind: u32,
    /// Byte offset of its descriptor in the segment file.
    pub(super) at: u64,
    /// Bytes of data before the descriptor, with padding.
    data_bytes: u64,
    flags: u32,
    /// MD5 of the data, where the flags say so.
    md5: [u8; 16],
    previous: u64,
}

impl Section {
    /// The data, in the segment file.
    pub(super) fn data(&self) -> Range<u64> {
        self.at.saturating_sub(self.data_bytes)..self.at
    }

    /// True when the data cannot be read without a key.
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0 || self.kind == kind::ENCRYPTION_KEYS
    }

    /// The MD5 that the data must have, if it is set.
    pub(super) fn integrity_hash(&self) -> Option<[u8; 16]> {
        (self.flags & MD5_HASHED != 0).then_some(self.md5)
    }
}

/// The sections of a segment file in the order of their places.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) sections: Vec<Section>,
}

impl Chain {
    fn ends_with(&self, kind: u32) -> bool {
        self.sections.last().is_some_and(|last| last.kind == kind)
    }

    /// True when it ends as the last segment file does.
    pub(super) fn is_done(&self) -> bool {
        self.ends_with(kind::DONE)
    }

    /// True when it ends as a segment file does that another one follows.
    pub(super) fn has_next(&self) -> bool {
        self.ends_with(kind::NEXT)
    }
}

/// Follows the descriptors of a segment file from its end. Before a broken descriptor the nearest sound one is searched.
pub(super) fn walk(
    source: &dyn Source,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Chain {
    let mut chain = Chain::default();
    let mut at = source.len().saturating_sub(DESCRIPTOR_BYTES);
    let mut breaks = 0_usize;
    loop {
        let limits = [
            (term!("ewf2.sections-ewf2-segment-file"), chain.sections.len(), MOST_SECTIONS),
            (term!("image.broken-places-chain-sections"), breaks, MOST_BREAKS),
        ];
        if let Some((what, _, limit)) = limits.into_iter().find(|(_, count, limit)| count >= limit)
        {
            let limit = byte_source::length(limit);
            problems.push(limit_reached(NAME, at, what, limit));
            break;
        }
        let read = read_descriptor(source, at, scratch);
        breaks = breaks.saturating_add(usize::from(read.is_err()));
        let found = read.map_or_else(
            |problem| {
                problems.push(problem);
                search(source, at, scratch)
            },
            Some,
        );
        let Some(section) = found else { break };
        at = section.previous;
        chain.sections.push(section);
        if at == 0 {
            break;
        }
    }
    chain.sections.reverse();
    chain
}

/// Reads and checks the descriptor at byte `at`, all numbers little-endian: type (4), data flags (4), previous descriptor (8), data size
/// (8), descriptor size (4), padding size (4), MD5 of the data (16), padding (12), Adler-32 (4).
fn read_descriptor(
    source: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
) -> Result<Section, Problem> {
    let bytes = read_vec(source, at, DESCRIPTOR_BYTES, scratch).map_err(unreadable(NAME, at))?;
    let descriptor = Structure::new(NAME, at, &bytes);
    check_adler32(&descriptor, 60)?;
    let section = Section {
        kind: descriptor.u32_le(0)?,
        at,
        data_bytes: descriptor.u64_le(16)?,
        flags: descriptor.u32_le(4)?,
        md5: descriptor.array(32)?,
        previous: descriptor.u64_le(8)?,
    };
    check_place(&section, &descriptor)?;
    Ok(section)
}

/// Compares where a section says that it and the one before are with where it is.
fn check_place(section: &Section, descriptor: &Structure<'_>) -> Result<(), Problem> {
    let value = |field, expected, found| Err(value(descriptor, field, expected, found));
    let at = section.at;
    // Every step goes back by a descriptor at least, so the walk ends.
    let end_of_previous = match section.previous {
        0 => file_header::BYTES,
        previous => previous.saturating_add(DESCRIPTOR_BYTES),
    };
    if (1..file_header::BYTES).contains(&section.previous) || end_of_previous > at {
        return value(
            "previous section offset",
            Expected::Rule(term!("ewf2.before-section")),
            section.previous,
        );
    }
    // The data of sections do not overlap, so that reading all of them costs no more than reading the file.
    let room = at.saturating_sub(end_of_previous);
    if section.data_bytes > room {
        return value("data size", Expected::Within(0, room), section.data_bytes);
    }
    Ok(())
}

/// Returns the last sound descriptor in a window of the file that begins at `start`.
fn search_window(
    source: &dyn Source,
    start: u64,
    window: &[u8],
    scratch: &mut Scratch,
) -> Option<Section> {
    let mut candidates = window.windows(byte_source::index(DESCRIPTOR_BYTES)).enumerate().rev();
    candidates.find_map(|(offset, bytes)| {
        let at = start.saturating_add(byte_source::length(offset));
        // Nearly every place ends here: the size of the descriptor and the padding are constant, the type is small.
        looks_like_a_descriptor(bytes).then(|| read_descriptor(source, at, scratch).ok()).flatten()
    })
}

/// The last sound descriptor that ends before byte `end`.
fn search(source: &dyn Source, end: u64, scratch: &mut Scratch) -> Option<Section> {
    let mut window = Vec::new();
    let mut end = end.saturating_add(DESCRIPTOR_BYTES).min(source.len());
    while end.saturating_sub(file_header::BYTES) > DESCRIPTOR_BYTES {
        let start = end.saturating_sub(WINDOW_BYTES).max(file_header::BYTES);
        window.resize(byte_source::index(end.saturating_sub(start)), 0);
        let _ = byte_source::read_available(source, start, &mut window, scratch);
        let found = search_window(source, start, &window, scratch);
        if found.is_some() || start == file_header::BYTES {
            return found;
        }
        end = start.saturating_add(DESCRIPTOR_BYTES).saturating_sub(1);
    }
    None
}

fn looks_like_a_descriptor(bytes: &[u8]) -> bool {
    let structure = Structure::new(NAME, 0, bytes);
    structure.u32_le(24) == Ok(64)
        && structure.u32_le(0).is_ok_and(|kind| (1..=MOST_TYPE).contains(&kind))
        && structure.bytes(48, 12).is_ok_and(|padding| padding == [0; 12])
}

#[cfg(test)]
mod tests {
    use byte_source::{MemorySource, ProblemKind};
    use simd_adler32::adler32;

    use super::*;

    /// A sound descriptor of a section without data.
    fn descriptor(previous: u64) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[0] = 0x10;
        bytes[8..16].copy_from_slice(&previous.to_le_bytes());
        bytes[24] = 64;
        let checksum = adler32(&&bytes[..60]);
        bytes[60..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    #[test]
    fn a_chain_of_thousands_of_broken_places_ends_at_the_limit_and_says_so() {
        let mut bytes = vec![0; 32];
        for _ in 0..MOST_BREAKS + 10 {
            bytes.extend_from_slice(&[0; 64]);
            let at = byte_source::length(bytes.len());
            bytes.extend(descriptor(at.saturating_sub(65)));
        }
        let mut problems = Vec::new();
        let chain = walk(&MemorySource::new(bytes), &mut Scratch::new(), &mut problems);
        assert_eq!(chain.sections.len(), MOST_BREAKS + 1);
        let last = problems.last().map(|problem| &problem.kind);
        assert!(matches!(last, Some(ProblemKind::LimitReached { limit: 4096, .. })), "{last:?}");
    }

    #[test]
    fn a_section_that_reaches_over_the_one_before_is_refused() {
        let mut bytes = vec![0; 32];
        bytes.extend(descriptor(0));
        let mut second = descriptor(32);
        second[16] = 1;
        let checksum = adler32(&&second[..60]);
        second[60..].copy_from_slice(&checksum.to_le_bytes());
        bytes.extend(second);
        let mut problems = Vec::new();
        let chain = walk(&MemorySource::new(bytes), &mut Scratch::new(), &mut problems);
        assert_eq!((chain.sections.len(), problems.len()), (1, 1));
        assert!(problems[0].to_string().contains("data size is 1 "), "{}", problems[0]);
    }
}
