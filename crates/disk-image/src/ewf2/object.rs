//! Serialised file objects: the texts of the sections with device information and case data.

use byte_source::{Problem, Scratch};
use codec::{Codec, Decoders};
use words::term;

use super::file_header::Compression;
use super::section::Section;
use super::section_data::{self, Place};
use crate::ewf::header::readable;
use crate::problems::inconsistent;

/// Bytes of a text, stored and decoded; notes fill a few thousand at most.
const MOST_TEXT_BYTES: usize = 1 << 20;

/// The object `main` of a text: its attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The value of the attribute `tag`, if it is there and not empty.
    pub(super) fn text(&self, tag: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(found, _)| found == tag)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The number of the attribute `tag`.
    pub(super) fn number(&self, tag: &str) -> Option<u64> {
        self.text(tag)?.parse().ok()
    }

    /// All that are not empty, in their order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter().map(|(tag, value)| (tag.as_str(), value.as_str()));
        all.filter(|(_, value)| !value.is_empty())
    }
}

/// Reads the text of `section`, called `name` in problems. A wrong integrity hash is a problem beside it.
///
/// # Errors
/// The [`Problem`] for which it cannot be read.
pub(super) fn read(
    name: &'static str,
    place: Place<'_>,
    section: &Section,
    compression: Compression,
    scratch: &mut Scratch,
) -> Result<(Attributes, Option<Problem>), Problem> {
    let most = byte_source::length(MOST_TEXT_BYTES);
    let (stored, fault) = section_data::read(name, place, section, most, scratch)?;
    let at = place.start.saturating_add(section.data().start);
    let broken = |how| inconsistent(name, at, how);
    let Some((text, as_declared)) = decode(&stored, compression, scratch) else {
        return Err(broken(term!("ewf2.compressed-text-broken-longer-limit")));
    };
    let foreign =
        (!as_declared).then(|| broken(term!("ewf2.text-compressed-another-method-file")).as_note());
    let attributes = main_object(&readable(&text));
    let attributes = attributes.ok_or_else(|| broken(term!("ewf2.no-object-main-tags-values")))?;
    Ok((attributes, fault.or(foreign)))
}

/// The text, and whether it is compressed as the file header says: writers of bzip2 images have been seen to compress texts with zlib. Both
/// codings have a checksum and plain text begins with a byte order mark, so what decodes is right.
fn decode(
    stored: &[u8],
    compression: Compression,
    scratch: &mut Scratch,
) -> Option<(Vec<u8>, bool)> {
    if stored.starts_with(&[0xff, 0xfe]) || stored.starts_with(&[0xfe, 0xff]) {
        return Some((stored.to_vec(), compression == Compression::None));
    }
    [compression.codec(), Some(Codec::Zlib), Some(Codec::Bzip2)].into_iter().flatten().find_map(
        |codec| {
            let mut text = Vec::new();
            let decoders = scratch.tools().get::<Decoders>();
            decoders.decode(codec, stored, MOST_TEXT_BYTES, &mut text).ok()?;
            Some((text, compression.codec() == Some(codec)))
        },
    )
}

/// The lines: number of objects, "main", tags, values; tags and values are separated by tabs.
fn main_object(text: &str) -> Option<Attributes> {
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    lines.find(|line| *line == "main")?;
    let tags = lines.next()?;
    let values = lines.next()?;
    let pairs = tags.split('\t').zip(values.split('\t'));
    Some(Attributes(pairs.map(|(tag, value)| (tag.to_owned(), unescaped(value))).collect()))
}

/// U+0001 to U+0003 stand for line feed, carriage return and tab.
fn unescaped(value: &str) -> String {
    let unescape = |letter| match letter {
        '\u{1}' => '\n',
        '\u{2}' => '\r',
        '\u{3}' => '\t',
        other => other,
    };
    value.trim_end_matches('\0').chars().map(unescape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_under_their_tags() {
        let object = main_object("1\nmain\nnm\tcn\tnt\nbox\t\ttwo\u{1}lines\n\n").unwrap();
        assert_eq!(object.text("nm"), Some("box"));
        assert_eq!(object.text("cn"), None);
        assert_eq!(object.text("nt"), Some("two\nlines"));
        assert_eq!(main_object("1\nother\na\nb\n"), None);
    }
}
