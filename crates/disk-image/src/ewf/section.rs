//! The chain of sections of a segment file.

use std::ops::Range;

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use words::term;

use super::file_header;
use crate::problems::{check_adler32, limit_reached, unreadable, value};
use crate::tail;

/// Length in bytes of a section descriptor.
pub(super) const DESCRIPTOR_BYTES: u64 = 76;
/// Sections of a segment file. Every one costs at least 76 bytes; tools write three for each 500 MB.
const MOST_SECTIONS: usize = 1 << 20;
/// Sections of kinds that nobody knows which are named one by one.
const MOST_UNKNOWN: usize = 64;
/// Broken places of a chain that are bridged: each costs a search through a window at least.
const MOST_BREAKS: usize = 4096;
/// Bytes searched at once for the next section behind a broken one: few at first, for a hostile file has a broken section every 76
/// bytes, and must not have a megabyte read for each.
const FIRST_WINDOW_BYTES: u64 = 1 << 10;
/// The same, where nothing was found so far.
const WINDOW_BYTES: u64 = 1 << 20;
/// The names the format knows.
const KINDS: [&str; 20] = [
    "header",
    "header2",
    "xheader",
    "volume",
    "disk",
    "data",
    "sectors",
    "table",
    "table2",
    "next",
    "done",
    "hash",
    "digest",
    "xhash",
    "error2",
    "session",
    "incomplete",
    "ltree",
    "ltypes",
    "map",
];

/// A section of a segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// Its name, as in `sectors`.
    pub(super) kind: &'static str,
    /// Byte offset of its descriptor in the segment file.
    pub(super) at: u64,
    /// Byte offset of its end: the next descriptor, or the end of the file.
    pub(super) end: u64,
    /// True when sections may be missing between the one before and this.
    pub(super) after_gap: bool,
}

impl Section {
    /// The bytes behind the descriptor.
    pub(super) fn data(&self) -> Range<u64> {
        self.at.saturating_add(DESCRIPTOR_BYTES).min(self.end)..self.end
    }
}

/// The sections of a segment file, and how the chain ended.
pub(super) struct Chain {
    pub(super) sections: Vec<Section>,
    pub(super) end: ChainEnd,
}

/// How a chain of sections ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChainEnd {
    /// `done`: the last segment file.
    Done,
    /// `next`: another segment file follows.
    Next,
    /// It broke off.
    Broken,
}

/// Follows the descriptors of a segment file. Behind a broken descriptor the next sound one is searched.
pub(super) fn walk(
    source: &dyn Source,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Chain {
    let mut chain = Chain { sections: Vec::new(), end: ChainEnd::Broken };
    let mut at = file_header::BYTES;
    let mut after_gap = false;
    let mut breaks = 0_usize;
    let mut unknown_sections = 0_usize;
    while chain.sections.len() < MOST_SECTIONS && breaks < MOST_BREAKS {
        match read_descriptor(source, at, scratch) {
            Ok(Descriptor { kind, next, unknown }) => {
                if unknown_sections < MOST_UNKNOWN {
                    unknown_sections =
                        unknown_sections.saturating_add(usize::from(unknown.is_some()));
                    problems.extend(unknown);
                }
                let last = kind == "next" || kind == "done";
                let end = if last { source.len() } else { next.min(source.len()) };
                chain.sections.push(Section { kind, at, end, after_gap });
                after_gap = false;
                if last {
                    let end = at.saturating_add(DESCRIPTOR_BYTES);
                    problems.extend(tail::behind("EWF segment file", end, source, scratch));
                    chain.end = if kind == "done" { ChainEnd::Done } else { ChainEnd::Next };
                    return chain;
                }
                at = next;
            }
            Err(problem) => {
                problems.push(problem);
                breaks = breaks.saturating_add(1);
                let from = at.min(source.len());
                // A section that was followed by nonsense may be too long by its own descriptor: look inside it, too.
                let from =
                    chain.sections.last().map_or(from, |section| from.min(section.data().start));
                let Some(found) = search(source, from, scratch) else { return chain };
                if let Some(last) = chain.sections.last_mut() {
                    last.end = last.end.min(found);
                }
                (at, after_gap) = (found, true);
            }
        }
    }
    let (what, limit) = match breaks {
        MOST_BREAKS => (term!("image.broken-places-chain-sections"), MOST_BREAKS),
        _ => (term!("ewf.sections-ewf-segment-file"), MOST_SECTIONS),
    };
    problems.push(limit_reached("EWF section", 0, what, byte_source::length(limit)));
    chain
}

struct Descriptor {
    kind: &'static str,
    next: u64,
    /// Said when nobody knows the kind.
    unknown: Option<Problem>,
}

/// Reads and checks the descriptor at byte `at`: kind (16 bytes), next offset (8), size (8), padding (40), Adler-32 (4), little-endian.
fn read_descriptor(
    source: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
) -> Result<Descriptor, Problem> {
    const NAME: &str = "EWF section descriptor";
    let bytes = read_vec(source, at, DESCRIPTOR_BYTES, scratch).map_err(unreadable(NAME, at))?;
    let descriptor = Structure::new(NAME, at, &bytes);
    check_adler32(&descriptor, 72)?;
    let name: [u8; 16] = descriptor.array(0)?;
    let next = descriptor.u64_le(16)?;
    let known = kind_of(&name);
    let kind = known.unwrap_or("unknown");
    if !matches!(kind, "next" | "done") && next < at.saturating_add(DESCRIPTOR_BYTES) {
        let expected = Expected::Rule(term!("ewf.behind-descriptor"));
        return Err(value(&descriptor, "next offset", expected, next));
    }
    let unknown = known.is_none().then(|| Problem::note(NAME, at, unknown_kind(&name)));
    Ok(Descriptor { kind, next, unknown })
}

/// Tells whether 16 bytes are the name of a kind of section.
fn is_kind(name: &[u8]) -> bool {
    // Nearly every place ends here: kinds begin with a letter and are short, so their last bytes are padding.
    name.first().is_some_and(u8::is_ascii_lowercase)
        && name.ends_with(&[0; 6])
        && name.first_chunk().is_some_and(|name| kind_of(name).is_some())
}

fn unknown_kind(name: &[u8; 16]) -> ProblemKind {
    let name = String::from_utf8_lossy(name);
    ProblemKind::unknown(term!("common.section"), name.trim_end_matches('\0'))
}

fn kind_of(name: &[u8; 16]) -> Option<&'static str> {
    let len = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let (word, padding) = name.split_at_checked(len)?;
    if padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    KINDS.into_iter().find(|kind| kind.as_bytes() == word)
}

/// Byte offset of the first sound descriptor of a known kind from byte `from` on.
fn search(source: &dyn Source, from: u64, scratch: &mut Scratch) -> Option<u64> {
    let mut start = from;
    let mut window_bytes = FIRST_WINDOW_BYTES;
    let mut window = Vec::new();
    while start.saturating_add(DESCRIPTOR_BYTES) <= source.len() {
        window.resize(byte_source::index(window_bytes), 0);
        let _ = byte_source::read_available(source, start, &mut window, scratch);
        let found = window.windows(16).enumerate().find_map(|(index, name)| {
            let at = start.saturating_add(byte_source::length(index));
            let is_descriptor = is_kind(name) && read_descriptor(source, at, scratch).is_ok();
            is_descriptor.then_some(at)
        });
        if found.is_some() {
            return found;
        }
        start = start.saturating_add(window_bytes.saturating_sub(DESCRIPTOR_BYTES));
        window_bytes = window_bytes.saturating_mul(2).min(WINDOW_BYTES);
    }
    None
}
