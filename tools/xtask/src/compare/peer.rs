//! What an independent program is asked, and what it answers.

use std::path::Path;

use crate::failure::Outcome;

/// A file system in an image.
pub(super) struct Part {
    /// First byte on the medium.
    pub(super) start: u64,
    /// In bytes.
    pub(super) length: u64,
    /// As athar names it.
    pub(super) kind: String,
}

impl Part {
    pub(super) fn title(&self) -> String {
        format!("{} at byte {}", self.kind, self.start)
    }
}

/// A file that somebody lists.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// From the root of its file system: `/folder/file`, an alternate stream as `/folder/file:stream`.
    pub(super) path: String,
    /// In bytes.
    pub(super) size: u64,
    /// Lower-case hexadecimal; `None`: not hashed.
    pub(super) md5: Option<String>,
    /// Need not be listed by the other.
    pub(super) optional: bool,
}

/// What a program answered.
pub(super) enum Listing {
    Files(Vec<Listed>),
    /// It is not installed, or cannot read this; the reason.
    Absent(String),
}

/// An independent program.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Its allocated files of a part of an image.
    pub(super) list: fn(&Path, &Part) -> Outcome<Listing>,
    /// A path of athar's in the program's spelling.
    pub(super) spell: fn(&str) -> String,
    pub(super) lists_alternate_streams: bool,
    /// Shows short names of FAT in capitals, whatever their case flags say.
    pub(super) loses_fat_case: bool,
}
