//! Every live entry: is it there once, and as the driver says?

use std::collections::HashSet;

use faults::Outcome;
use serde_json::Value;

use super::content::{expected_value, nanoseconds};
use super::{Comparison, Rule, rules, shown_path};
use crate::churn::shown;
use crate::disk_state::DiskState;
use crate::file_systems::Family;
use crate::truth::Entry;

impl<'a> Comparison<'a> {
    /// Compares all entries of the truth with the rows, and looks for rows that nobody explains.
    ///
    /// # Errors
    /// The checker cannot be asked.
    pub(super) fn entries(&mut self) -> Outcome<()> {
        let disk = self.disk;
        let mut explained: HashSet<Vec<u8>> = HashSet::new();
        for entry in &disk.truth {
            explained.insert(entry.path.clone());
            for name in entry.streams.keys() {
                explained.insert([&entry.path, b":".as_slice(), name.as_bytes()].concat());
            }
            match entry.kind {
                "broken" => self.verdict.judge(Rule::DriverCannotRead),
                _ => self.entry(entry),
            }
        }
        let unexplained: Vec<(Vec<u8>, &'a Value)> = self
            .found
            .live
            .iter()
            .filter(|(path, _)| !explained.contains(*path))
            .filter_map(|(path, rows)| Some((path.clone(), *rows.first()?)))
            .collect();
        for (path, row) in unexplained {
            self.unexplained(&path, row)?;
        }
        Ok(())
    }

    fn unexplained(&mut self, path: &[u8], row: &Value) -> Outcome<()> {
        let is_orphan =
            path.starts_with(b"/$OrphanFiles/") && row["links"].as_u64().unwrap_or(0) == 0;
        // FUSE renames what is deleted while it is open, also by a process that was just started.
        let is_hidden = name_of(path).starts_with(b".fuse_hidden");
        if self.was_mounted() && (is_orphan || is_hidden) {
            self.verdict.judge(Rule::DeletedWhileOpen);
        } else if let Some(rule) = self.excuse
            && (path.starts_with(b"/$OrphanFiles") || path.starts_with(b"/$LostChains"))
        {
            self.verdict.judge(rule);
        } else if self.disk.state == DiskState::PowerLoss
            && self.system.family == Family::Ext
            && path.starts_with(b"/$OrphanFiles/")
            && rules::is_unattached(self.disk, row["record"].as_u64().unwrap_or(0))?
        {
            self.verdict.judge(Rule::UnattachedInode);
        } else {
            let what = format!(
                "{} record {} size {} {} {}",
                row["kind"], row["record"], row["size"], row["disposition"], row["rule"]
            );
            self.verdict.differ("nobody-knows-it", &shown(path), what);
        }
        Ok(())
    }

    /// Compares one entry.
    fn entry(&mut self, entry: &Entry) {
        let path = shown(&entry.path);
        let rows = self.found.live.get(&entry.path).cloned().unwrap_or_default();
        let stream_row = rows.is_empty().then(|| self.any_stream(entry)).flatten();
        let Some(row) =
            rows.iter().max_by_key(|row| row["stream"] == "data").copied().or(stream_row)
        else {
            let gone = self.found.deleted.get(&entry.path).and_then(|rows| rows.first());
            let there =
                gone.map(|row| format!(", but deleted: record {} {}", row["record"], row["rule"]));
            let what =
                format!("{} record {}{}", entry.kind, entry.record, there.unwrap_or_default());
            return self.verdict.differ("missing", &path, what);
        };
        if rows.len() > 1 {
            let all: Vec<String> =
                rows.iter().map(|row| format!("{} {}", row["record"], row["stream"])).collect();
            self.verdict.differ("twice", &path, all.join(", "));
        }
        self.raw_name(entry, row, &path);
        self.kind(entry, row, &path);
        self.identity(entry, row, &path);
        self.time(entry, row, &path);
        self.attributes(entry, row, &path);
        if let Some(content) = &entry.content {
            self.content(content, row, &path);
        }
        for (name, content) in &entry.streams {
            let whole = [&entry.path, b":".as_slice(), name.as_bytes()].concat();
            match self.found.live.get(&whole).and_then(|rows| rows.first()).copied() {
                Some(row) => self.content(content, row, &shown(&whole)),
                None => self.verdict.differ(
                    "stream-missing",
                    &shown(&whole),
                    format!("size {}", content.size),
                ),
            }
        }
    }

    /// A directory of NTFS with streams has rows for these alone.
    fn any_stream(&self, entry: &Entry) -> Option<&'a Value> {
        let name = (entry.kind == "directory").then(|| entry.streams.keys().next()).flatten()?;
        let whole = [&entry.path, b":".as_slice(), name.as_bytes()].concat();
        self.found.live.get(&whole)?.first().copied()
    }

    /// A name that is not valid UTF-8 is in the export as bytes, too.
    fn raw_name(&mut self, entry: &Entry, row: &Value, path: &str) {
        let name = name_of(&entry.path);
        if let Some(raw) = row["name_raw"].as_str().filter(|_| self.system.family == Family::Ext)
            && raw != crate::truth::hex(name)
        {
            self.verdict.differ("raw-name", path, raw);
        }
    }

    fn kind(&mut self, entry: &Entry, row: &Value, path: &str) {
        let is_plain = matches!(entry.kind, "file" | "directory");
        match row["kind"] == entry.kind {
            true => {}
            false if self.system.family == Family::Ntfs && !is_plain => {
                self.verdict.judge(Rule::NtfsSpecialFile);
            }
            false => {
                self.verdict.differ("kind", path, format!("{}, is {}", row["kind"], entry.kind))
            }
        }
        let target = row["target"].as_str().map(shown_path::bytes);
        if let Some(right) = &entry.target
            && self.system.family == Family::Ext
            && target.as_ref() != Some(right)
        {
            self.verdict.differ("target", path, format!("{}, is {}", row["target"], shown(right)));
        }
    }

    /// Record and number of names: hard links are names of one record.
    fn identity(&mut self, entry: &Entry, row: &Value, path: &str) {
        if !matches!(self.system.family, Family::Ext | Family::Ntfs) || entry.path == b"/" {
            return;
        }
        if row["record"].as_u64() != Some(entry.record) {
            self.verdict.differ("record", path, format!("{}, is {}", row["record"], entry.record));
        }
        let links = row["links"].as_u64();
        match links.is_none_or(|links| links == entry.links) {
            true => {}
            false if entry.kind == "directory" => self.verdict.judge(Rule::LinksOfDirectories),
            false => {
                self.verdict.differ("links", path, format!("{}, is {}", row["links"], entry.links))
            }
        }
    }

    fn time(&mut self, entry: &Entry, row: &Value, path: &str) {
        let found = row["modified"].as_str().and_then(nanoseconds);
        let differs = match self.system.family {
            Family::Ext | Family::Ntfs => found != Some(entry.modified),
            // The root has no time of its own, and mtools give copies of directories new ones.
            Family::Fat if entry.kind == "directory" => false,
            Family::Exfat | Family::Fat => {
                found.is_some_and(|found| (found - entry.modified).abs() >= 2_000_000_000)
            }
        };
        if !differs {
            return;
        }
        let is_replayed = self.was_mounted() && entry.kind == "directory";
        match self.system.family {
            Family::Ntfs if entry.modified <= 0 || found.is_none_or(|found| found < 0) => {
                self.verdict.judge(Rule::NtfsBefore1970);
            }
            Family::Ext if is_replayed => self.verdict.judge(Rule::ReplayStamps),
            Family::Exfat if entry.path == b"/" => self.verdict.judge(Rule::CoarseTimes),
            _ => self.verdict.differ(
                "time",
                path,
                format!("{}, is {}", row["modified"], entry.modified),
            ),
        }
    }

    fn attributes(&mut self, entry: &Entry, row: &Value, path: &str) {
        for (name, value) in &entry.attributes {
            let found = &row["details"][format!("xattr {name}")];
            let right = expected_value(value);
            let in_inode = format!("{} bytes in inode ", value.len());
            if found.as_str().is_some_and(|found| found.starts_with(&in_inode)) {
                self.verdict.judge(Rule::AttributeInInode);
            } else if *found != Value::String(right.clone()) {
                let short = |text: String| text.chars().take(80).collect::<String>();
                let what = format!("{name}: {}, is {}", short(found.to_string()), short(right));
                self.verdict.differ("attribute", path, what);
            }
        }
    }
}

/// The last name of a path.
fn name_of(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}
