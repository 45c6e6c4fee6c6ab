//! A file or folder of logical evidence.

use std::ops::Range;
use words::{Term, term};

use case_model::Algorithm;

use super::extents;
use super::text::{Row, Units};
use crate::StoredDigest;

/// Entry flag: a folder.
const FOLDER: u32 = 0x0200_0000;
/// Entry flag: the data are sparse: one byte stands for all, or the bytes are those of another entry.
const SPARSE: u32 = 0x0400_0000;
/// Where the stored digests of an entry stand.
const PLACE: &str = "file entry of the logical evidence file";

/// A file or folder of a logical evidence file, as its tree describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalEntry {
    /// Index in the list of the entry that holds it, always lower than its own; `None` for the root.
    pub parent: Option<usize>,
    /// Its identifier in the tree.
    pub identifier: Option<u64>,
    /// Its name in UTF-16 units, as stored: may hold separators and unpaired surrogates; empty for the root.
    pub name: Vec<u16>,
    /// True for a folder. Other entries have been seen with children, too.
    pub is_folder: bool,
    /// The flags, as stored: 0x2 hidden, 0x4 system, 0x80 deleted, 0x1000 hard link, 0x2000 alternate stream, 0x2000000 folder, 0x4000000 sparse.
    pub flags: u32,
    /// Length of its data in bytes.
    pub size: u64,
    /// Where its data lie.
    pub data: LogicalData,
    /// Its times.
    pub times: LogicalTimes,
    /// Digests of its data that the tree stores.
    pub stored_digests: Vec<StoredDigest>,
}

/// Where the data of an entry lie on the logical medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogicalData {
    /// There are none.
    Nothing,
    /// In these byte ranges, one after the other. They end before the size when the tree is wrong (a problem then says so), never behind it.
    Extents(Vec<Range<u64>>),
    /// All bytes are the one at this byte offset: how sparse files are stored.
    Fill(u64),
}

/// Times in seconds since 1970 in UTC, as stored; `None` where they are not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogicalTimes {
    /// Creation.
    pub created: Option<i64>,
    /// Last access.
    pub accessed: Option<i64>,
    /// Last change of the data.
    pub written: Option<i64>,
    /// Last change of the entry in its file system.
    pub modified: Option<i64>,
    /// Deletion.
    pub deleted: Option<i64>,
}

/// The entry of a row of values, and what is wrong with it.
pub(super) fn read(row: &Row<'_>, parent: Option<usize>) -> (LogicalEntry, Option<Term>) {
    let mut values = Values { row, misread: false };
    let flags = values.number("opr").unwrap_or(0);
    let size = values.number("ls").unwrap_or(0);
    let (data, fault) = data(row, size, flags & SPARSE != 0);
    let stored_digests = values.digests();
    let entry = LogicalEntry {
        parent,
        identifier: values.number("id"),
        name: row.get("n").map(|name| name.0.to_vec()).unwrap_or_default(),
        is_folder: flags & FOLDER != 0 || values.number("p") == Some(1_u8),
        flags,
        size,
        data,
        times: values.times(),
        stored_digests,
    };
    let misread = values.misread.then_some(term!("logical.value-entry-cannot-understood-left"));
    (entry, fault.or(misread))
}

/// The values of a row.
struct Values<'r, 't> {
    row: &'r Row<'t>,
    /// A value could not be understood.
    misread: bool,
}

impl Values<'_, '_> {
    fn number<N: std::str::FromStr>(&mut self, tag: &str) -> Option<N> {
        let value = self.row.get(tag)?;
        let number = value.parse();
        self.misread |= number.is_none();
        number
    }

    fn digests(&mut self) -> Vec<StoredDigest> {
        let digests = [self.digest("ha", Algorithm::Md5), self.digest("sha", Algorithm::Sha1)];
        digests.into_iter().flatten().collect()
    }

    fn times(&mut self) -> LogicalTimes {
        LogicalTimes {
            created: self.number("cr"),
            accessed: self.number("ac"),
            written: self.number("wr"),
            modified: self.number("mo"),
            deleted: self.number("dl"),
        }
    }

    /// A digest; all zeros when it is not set.
    fn digest(&mut self, tag: &str, algorithm: Algorithm) -> Option<StoredDigest> {
        let value = self.row.get(tag)?;
        let digest = case_model::from_hex(&value.text()).unwrap_or_default();
        let understood = digest.len() == algorithm.length();
        self.misread |= !understood;
        let set = understood && digest.iter().any(|byte| *byte != 0);
        set.then_some(StoredDigest { algorithm, digest, place: PLACE })
    }
}

/// Where `size` bytes lie: the binary extents (`be`), or, for sparse data, those of another entry (`du`) or one byte for all.
fn data(row: &Row<'_>, size: u64, sparse: bool) -> (LogicalData, Option<Term>) {
    if size == 0 {
        // A single byte is stored for an empty file.
        return (LogicalData::Nothing, None);
    }
    let (found, mut fault) = extents::read(row.get("be").unwrap_or(Units(&[])));
    // The duplicate data offset is decimal, unlike the extents; -1 when it is not set.
    let duplicate = row.get("du").and_then(|value| value.parse::<u64>());
    match duplicate {
        Some(at) if sparse => {
            return (
                LogicalData::Extents(std::iter::once(at..at.saturating_add(size)).collect()),
                None,
            );
        }
        Some(_) => fault = fault.or(Some(term!("logical.entry-shares-data-another-without"))),
        None => {}
    }
    let (data, short) = in_extents(found, size, sparse);
    (data, fault.or(short))
}

/// Where `size` bytes lie in extents; of sparse data a single byte stands for all.
fn in_extents(found: Vec<Range<u64>>, size: u64, sparse: bool) -> (LogicalData, Option<Term>) {
    let stored: u64 = found
        .iter()
        .fold(0, |sum, range| sum.saturating_add(range.end.saturating_sub(range.start)));
    match found.first() {
        Some(first) if sparse && stored == 1 && size > 1 => (LogicalData::Fill(first.start), None),
        _ => {
            let short = (stored < size).then_some(term!("logical.extents-entry-shorter-size"));
            (LogicalData::Extents(extents::cut(found, size)), short)
        }
    }
}
