//! The record itself, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};

use case_model::from_hex;

use super::files::Files;
use crate::act::Act;
use crate::entry::StoredEntry;
use crate::export::finding::FindingKind;
use crate::export::log_line::{MAX_LINE_BYTES, parse_line};
use crate::merkle::Hash;
use crate::trust::{RecordVerifier, VerifiedRecord};
use crate::view::EntryView;

const PATH: &str = "data/log.jsonl";

/// The most rows that are kept for proofs and signatures, each up to 64 KiB.
const MAX_KEPT: usize = 10_000;

/// The record, and the rows that proofs and signatures are about.
pub(super) struct Log {
    pub(super) record: VerifiedRecord,
    pub(super) kept: BTreeMap<u64, StoredEntry>,
    /// The last entry about an export, if it names content, with the digest.
    pub(super) content: Option<(u64, Hash)>,
}

/// Reads and verifies all rows.
pub(super) fn read(
    files: &mut Files<'_>,
    sizes: impl Iterator<Item = u64>,
    mut wanted: BTreeSet<u64>,
) -> Log {
    if wanted.len() > MAX_KEPT {
        let what = "entries with a proof or a signature";
        files.find(PATH, FindingKind::LimitReached { what, limit: MAX_KEPT });
        wanted.clear();
    }
    let mut verifier = RecordVerifier::new(sizes);
    let mut kept = BTreeMap::new();
    let mut content = None;
    match files.has(PATH) {
        true => {
            let rows = rows(files, &mut |entry| {
                verifier.push(&entry)?;
                if let Some(named) = content_named_by(&entry) {
                    content = named.map(|digest| (entry.seq, digest));
                }
                if wanted.contains(&entry.seq) {
                    kept.insert(entry.seq, entry);
                }
                Ok(())
            });
            if let Err(kind) = rows {
                files.find(PATH, kind);
            }
        }
        false => files.find(PATH, FindingKind::Missing),
    }
    Log { record: verifier.finish(), kept, content }
}

/// The content digest that an entry about an export names; `None` for every other entry.
fn content_named_by(entry: &StoredEntry) -> Option<Option<Hash>> {
    let view = EntryView::read(entry).filter(|view| view.act() == Some(Act::ExportLog))?;
    Some(view.content().and_then(|digits| from_hex(digits).ok()?.try_into().ok()))
}

/// Hands over row after row until the first that is bad: nothing behind it is bound by anything.
fn rows(
    files: &Files<'_>,
    use_row: &mut dyn FnMut(StoredEntry) -> Result<(), FindingKind>,
) -> Result<(), FindingKind> {
    let mut file = BufReader::new(files.input.open(PATH)?);
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    for number in 1_u64.. {
        line.clear();
        if file.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let row = line.strip_suffix(b"\n").and_then(parse_line).ok_or(FindingKind::Line(number))?;
        use_row(row)?;
    }
    Ok(())
}
