//! Compares a scan with the truth. Every difference is a failure, or is judged by a rule of [`rules`].

mod abandoned;
mod content;
mod deleted;
mod entries;
mod extents;
mod report;
mod rules;
mod shown_path;

use std::collections::{BTreeMap, HashMap};

use faults::Outcome;
use serde_json::Value;

pub(crate) use self::rules::Rule;
use crate::disk::Disk;
use crate::disk_state::DiskState;
use crate::file_systems::FileSystem;
use crate::scan::Scan;

/// Where a scan says something else than the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs, in a word, for example `sha256`.
    pub kind: &'static str,
    /// Whose; for people.
    pub path: String,
    /// Both answers.
    pub what: String,
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Differences that no rule allows.
    pub differences: Vec<Difference>,
    /// Why the scan is not complete, where a rule allows that; for people.
    pub excused: Option<String>,
    /// How often a rule judged a difference, by its name.
    pub judged: BTreeMap<&'static str, u64>,
    /// Entries that were compared.
    pub entries: usize,
    /// Streams whose extents were hashed.
    pub extents: usize,
}

impl Verdict {
    fn differ(&mut self, kind: &'static str, path: &str, what: impl Into<String>) {
        self.differences.push(Difference { kind, path: path.to_owned(), what: what.into() });
    }

    fn judge(&mut self, rule: Rule) {
        *self.judged.entry(rule.name()).or_default() += 1;
    }
}

/// The rows of an export, by the bytes of their paths.
struct Found<'a> {
    live: HashMap<Vec<u8>, Vec<&'a Value>>,
    deleted: HashMap<Vec<u8>, Vec<&'a Value>>,
}

/// A comparison under way.
struct Comparison<'a> {
    system: &'static FileSystem,
    disk: &'a Disk,
    found: Found<'a>,
    /// Why the scan need not be complete, if it is not.
    excuse: Option<Rule>,
    verdict: Verdict,
}

/// Compares everything.
///
/// # Errors
/// The image cannot be read, or the checker cannot be started.
pub(crate) fn compare(system: &'static FileSystem, disk: &Disk, scan: &Scan) -> Outcome<Verdict> {
    let mut verdict = Verdict { entries: disk.truth.len(), ..Verdict::default() };
    if let Some(why) = &scan.ended.hang {
        verdict.differ("hang", "", why.clone());
        return Ok(verdict);
    }
    let excuse = if report::is_incomplete(scan) {
        rules::may_be_incomplete(system, disk, scan)?
    } else {
        None
    };
    report::compare(system, scan, excuse, &mut verdict);
    let found = Found::of(&scan.rows);
    let mut comparison = Comparison { system, disk, found, excuse, verdict };
    comparison.entries()?;
    comparison.deleted();
    extents::compare(disk, &scan.rows, &mut comparison.verdict)?;
    Ok(comparison.verdict)
}

impl<'a> Found<'a> {
    fn of(rows: &'a [Value]) -> Self {
        let mut found = Self { live: HashMap::new(), deleted: HashMap::new() };
        for row in rows {
            let text = row["path"].as_str().unwrap_or_default();
            let is_metadata = row["metadata"] == true && text != "/";
            let path = shown_path::bytes(text);
            match row["allocated"] == true {
                true if is_metadata => {}
                true => found.live.entry(path).or_default().push(row),
                false => found.deleted.entry(path).or_default().push(row),
            }
        }
        found
    }
}

impl Comparison<'_> {
    /// Was the disk taken while files could be open?
    fn was_mounted(&self) -> bool {
        self.disk.state != DiskState::Clean
    }
}
