//! Where a record or stream is, in one word that can be typed again: `@1048576:ntfs:35-2:Zone.Identifier`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use case_model::{NameEncoding, readable_name};
use filesystem::{FileSystem, FileSystemKind, Record, RecordId, StreamKind};
use thiserror::Error;

/// The place of a record, or of one of its streams, on a medium. It depends on the medium alone, never on the order in which things were
/// found. Written `@OFFSET:KIND:NUMBER-GENERATION`, followed by `:NAME` for a named stream, or by `#ORDINAL` (from 0) where a name
/// could not be typed or would not be clear.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Locator {
    /// Byte offset of the volume on the medium.
    pub volume_offset: u64,
    /// The file system: its name in lower case without spaces.
    pub file_system: Cow<'static, str>,
    /// The record.
    pub record: RecordId,
    /// The stream.
    pub stream: StreamChoice,
}

/// Which stream of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StreamChoice {
    /// The content.
    Main,
    /// The one of this readable name.
    Named(String),
    /// By its place among the streams of the record, from 0.
    Ordinal(usize),
}

/// Why a text is no locator.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "{0:?} is no locator; write @OFFSET:KIND:NUMBER-GENERATION, as in @1048576:ntfs:35-2, with :NAME for a named stream"
)]
pub struct NoLocator(pub String);

/// The word for a file system in a locator.
#[must_use]
pub fn file_system_word(kind: FileSystemKind) -> Cow<'static, str> {
    // Those that are read, of which there may be millions of locators.
    match kind {
        FileSystemKind::ExFat => Cow::Borrowed("exfat"),
        FileSystemKind::Ext2 => Cow::Borrowed("ext2"),
        FileSystemKind::Ext3 => Cow::Borrowed("ext3"),
        FileSystemKind::Ext4 => Cow::Borrowed("ext4"),
        FileSystemKind::Fat12 => Cow::Borrowed("fat12"),
        FileSystemKind::Fat16 => Cow::Borrowed("fat16"),
        FileSystemKind::Fat32 => Cow::Borrowed("fat32"),
        FileSystemKind::Ntfs => Cow::Borrowed("ntfs"),
        other => other
            .name()
            .chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect(),
    }
}

impl Locator {
    /// The locator of a record.
    #[must_use]
    pub fn of_record(volume_offset: u64, file_system: &dyn FileSystem, record: RecordId) -> Self {
        let file_system = file_system_word(file_system.summary().kind);
        Self { volume_offset, file_system, record, stream: StreamChoice::Main }
    }
}

impl StreamChoice {
    /// How to name stream `ordinal` of a record.
    #[must_use]
    pub fn of(record: &Record, ordinal: usize, encoding: NameEncoding) -> Self {
        let Some(stream) = record.streams.get(ordinal) else { return Self::Main };
        if Self::Main.find(record, encoding) == Some(ordinal) {
            return Self::Main;
        }
        let name = readable_name(&stream.name, encoding);
        // A slash could be taken for a step of a chain.
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && c != '/');
        let choice = Self::Named(name);
        if plain && choice.find(record, encoding) == Some(ordinal) {
            choice
        } else {
            Self::Ordinal(ordinal)
        }
    }

    /// The ordinal of the stream that is meant, if the record has it.
    #[must_use]
    pub fn find(&self, record: &Record, encoding: NameEncoding) -> Option<usize> {
        match self {
            Self::Main => record.streams.iter().position(|stream| stream.kind == StreamKind::Data),
            Self::Named(name) => record.streams.iter().position(|stream| {
                stream.kind != StreamKind::Data && readable_name(&stream.name, encoding) == *name
            }),
            Self::Ordinal(ordinal) => (*ordinal < record.streams.len()).then_some(*ordinal),
        }
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecordId { number, generation } = self.record;
        write!(f, "@{}:{}:{number}-{generation}", self.volume_offset, self.file_system)?;
        match &self.stream {
            StreamChoice::Main => Ok(()),
            StreamChoice::Named(name) => write!(f, ":{name}"),
            StreamChoice::Ordinal(ordinal) => write!(f, "#{ordinal}"),
        }
    }
}

impl FromStr for Locator {
    type Err = NoLocator;

    fn from_str(text: &str) -> Result<Self, NoLocator> {
        parse(text).ok_or_else(|| NoLocator(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Locator> {
    let mut fields = text.strip_prefix('@')?.splitn(3, ':');
    let volume_offset = fields.next()?.parse().ok()?;
    let file_system = Cow::Owned(fields.next()?.to_lowercase());
    let place = fields.next()?;
    let end = place.find([':', '#']).unwrap_or(place.len());
    let (record, stream) = place.split_at(end);
    let record = parse_record(record)?;
    let stream = parse_stream(stream)?;
    Some(Locator { volume_offset, file_system, record, stream })
}

/// Reads `35-2`.
fn parse_record(text: &str) -> Option<RecordId> {
    let (number, generation) = text.split_once('-')?;
    Some(RecordId { number: number.parse().ok()?, generation: generation.parse().ok()? })
}

/// Reads `:name`, `#3`, or nothing.
fn parse_stream(text: &str) -> Option<StreamChoice> {
    if let Some(name) = text.strip_prefix(':') {
        return Some(StreamChoice::Named(name.to_owned()));
    }
    match text.strip_prefix('#') {
        Some(ordinal) => Some(StreamChoice::Ordinal(ordinal.parse().ok()?)),
        None => Some(StreamChoice::Main),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locator_is_read_as_it_is_written_and_nothing_else_is_one() {
        for text in [
            "@0:ext4:12-0",
            "@1048576:ntfs:35-2",
            "@1048576:ntfs:35-2:Zone.Identifier",
            "@1048576:ntfs:35-2:a:b#c",
            "@7:fat16:18446744073709551615-0#3",
        ] {
            assert_eq!(text.parse::<Locator>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "/a",
            "@",
            "@1:ntfs:35",
            "@x:ntfs:1-1",
            "@1:ntfs:1-1#x",
            "@1:ntfs:1-1x",
            "@-1:ntfs:1-1",
        ] {
            assert_eq!(wrong.parse::<Locator>(), Err(NoLocator(wrong.to_owned())), "{wrong}");
        }
        assert_eq!(file_system_word(FileSystemKind::Iso9660), "iso9660");
    }
}
