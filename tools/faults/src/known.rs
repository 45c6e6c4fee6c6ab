//! What a lab holds, as the program itself tells.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::failure::{Attempt, Outcome};
use crate::program::{Place, words};
use crate::scenario::{answer, succeed};

/// What a lab holds. Asking changes the lab's files: ask a copy, where that matters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The entries of each ledger: of the lab ("") and of each case; hash and act.
    pub(crate) ledgers: BTreeMap<String, Vec<(String, String)>>,
    /// The digest of each case's index.
    pub(crate) digests: BTreeMap<String, String>,
    /// How many images and entries each case has, as `athar case list` says.
    pub(crate) rows: BTreeMap<String, String>,
    /// Keys, sets and exports: path below the storage, content.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Known {
    pub(crate) fn of(place: &Place<'_>) -> Outcome<Self> {
        let mut known = Self::default();
        collect_files(&place.storage, &place.storage, &mut known.files)?;
        if !place.lab().join("lab.toml").exists() {
            return Ok(known);
        }
        // A lab whose ledger was not begun is none yet.
        if !place.lab().join("ledger.db").exists() {
            return Ok(known);
        }
        known.ledgers.insert(String::new(), entries(place, None)?);
        if place.lab().join("cases/c.db").exists() {
            known.ledgers.insert("c".to_owned(), entries(place, Some("c"))?);
            let digest = answer(place, &words(&["case", "digest", "c"]))?;
            known.digests.insert("c".to_owned(), digest.out.trim().to_owned());
            let list = answer(place, &words(&["case", "list"]))?;
            let line = list.out.lines().find(|line| line.starts_with("c "));
            // The dates and the path behind the counts differ from place to place.
            let counts = line.and_then(|line| line.split("  created ").next()).unwrap_or_default();
            known.rows.insert("c".to_owned(), counts.trim().to_owned());
        }
        Ok(known)
    }

    /// What of `self` is not in `later`: entries that are gone or changed, files that are gone or changed.
    pub(crate) fn lost_in(&self, later: &Self) -> Vec<String> {
        let mut lost = self.entries_lost_in(later);
        for (path, bytes) in &self.files {
            match later.files.get(path) {
                Some(other) if other == bytes => {}
                Some(other) => {
                    lost.push(format!(
                        "{path} has changed: {} bytes, now {}",
                        bytes.len(),
                        other.len()
                    ));
                }
                None => lost.push(format!("{path} is gone")),
            }
        }
        // One lost export is enough to say; it has thirty files.
        lost.truncate(3);
        lost
    }

    /// Private keys whose text is in no file any more: a revoked one, too, is kept.
    pub(crate) fn keys_lost_in(&self, later: &Self) -> Vec<String> {
        let is_key = |path: &&String| path.starts_with("lab/keys/") && path.ends_with(".key");
        let lost = self.files.iter().filter(|(path, bytes)| {
            is_key(path)
                && !later.files.iter().any(|(path, other)| is_key(&path) && other == *bytes)
        });
        lost.map(|(path, _)| format!("the private key that was in {path} is in no file any more"))
            .collect()
    }

    pub(crate) fn entries_lost_in(&self, later: &Self) -> Vec<String> {
        let mut lost = Vec::new();
        for (ledger, entries) in &self.ledgers {
            let now = later.ledgers.get(ledger).map_or(&[][..], Vec::as_slice);
            if !now.starts_with(entries) {
                let had = entries.len();
                let has = now.len();
                lost.push(format!(
                    "ledger {ledger:?}: {had} entries were acknowledged, {has} are there now or others"
                ));
            }
        }
        lost
    }

    /// Acts that stand fewer times in the ledgers of `later`: something was done that no entry tells.
    pub(crate) fn acts_missing_in(&self, later: &Self) -> Vec<String> {
        let mut missing = Vec::new();
        for (ledger, acts) in self.acts() {
            let now = later.ledgers.get(ledger).map_or(&[][..], Vec::as_slice);
            for act in acts.iter().collect::<std::collections::BTreeSet<_>>() {
                let expected = acts.iter().filter(|other| other == &act).count();
                if now.iter().filter(|(_, other)| other == act).count() < expected {
                    missing.push(format!("ledger {ledger:?}: fewer than {expected} entries {act}"));
                }
            }
        }
        missing
    }

    /// The acts of all ledgers, in order.
    pub(crate) fn acts(&self) -> Vec<(&str, Vec<&str>)> {
        self.ledgers
            .iter()
            .map(|(name, entries)| {
                (name.as_str(), entries.iter().map(|(_, act)| act.as_str()).collect())
            })
            .collect()
    }
}

fn entries(place: &Place<'_>, case: Option<&str>) -> Outcome<Vec<(String, String)>> {
    let mut command = vec!["custody", "show"];
    command.extend(case);
    command.push("--json");
    let shown = succeed(place, &words(&command))?;
    let mut entries = Vec::new();
    for line in shown.out.lines() {
        let value: Value = serde_json::from_str(line).when("a line of custody show --json")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(body) = value.get("body") {
            let act = body.get("act").map(text).unwrap_or_default();
            entries.push((value.get("hash").map(text).unwrap_or_default(), act));
        }
    }
    Ok(entries)
}

/// Files that are promised whole: not the databases, whose content the program tells, and not what is only at work.
fn collect_files(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Outcome<()> {
    for entry in std::fs::read_dir(folder).when(folder.display())? {
        let path = entry.when(folder.display())?.path();
        if path.is_dir() {
            collect_files(root, &path, files)?;
            continue;
        }
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        let promised = ["lab/lab.toml", "lab/keys/", "lab/hash-sets/", "out-"];
        if promised.iter().any(|start| name.starts_with(start)) {
            let bytes = std::fs::read(&path).when(path.display())?;
            files.insert(name, bytes);
        }
    }
    Ok(())
}
