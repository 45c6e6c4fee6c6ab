//! Differences from a single program's answers that a person has judged: `crates/filesystem/judgements.jsonl`, explained in
//! `JUDGEMENTS.md` beside it. Every difference must be in that list, and every line of the list must be a difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::failure::{Attempt, Failure, Outcome};
use crate::workspace::root;

/// Where the list lies, and the text that explains its reasons.
const LIST: &str = "crates/filesystem/judgements.jsonl";
const TEXT: &str = "crates/filesystem/JUDGEMENTS.md";

/// An answer that differs from ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    partition_offset: u64,
    path: String,
    size: Option<u64>,
    md5: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition_offset, path, size, md5 } = self;
        let size = size.map_or("unknown".to_owned(), |size| size.to_string());
        write!(
            f,
            "{partition_offset} {path:?} size {size}, md5 {}",
            md5.as_deref().unwrap_or("none")
        )
    }
}

/// The list, by image.
pub(crate) struct Judgements {
    of_image: BTreeMap<String, BTreeSet<Difference>>,
}

impl Judgements {
    /// Reads the list. Every reason must be explained in the text.
    pub(crate) fn read() -> Outcome<Self> {
        let list = std::fs::read_to_string(root().join(LIST)).when(LIST)?;
        let text = std::fs::read_to_string(root().join(TEXT)).when(TEXT)?;
        Self::parse(&list, &text)
    }

    fn parse(list: &str, text: &str) -> Outcome<Self> {
        let mut of_image: BTreeMap<String, BTreeSet<Difference>> = BTreeMap::new();
        for line in list.lines() {
            let row: Value = serde_json::from_str(line).when(LIST)?;
            let image = word(&row, "image");
            let reason = word(&row, "reason");
            let (Some(image), Some(reason), Some(difference)) = (image, reason, difference(&row))
            else {
                return Err(Failure::new(format!(
                    "{LIST}: a line lacks image, reason or path: {line}"
                )));
            };
            if !text.contains(&format!("| `{reason}` |")) {
                return Err(Failure::new(format!(
                    "{TEXT} does not explain the reason {reason:?} of {LIST}"
                )));
            }
            of_image.entry(image).or_default().insert(difference);
        }
        Ok(Self { of_image })
    }

    /// A line for each difference that nobody has judged, and for each judgement that is of no difference.
    pub(crate) fn faults(&self, image: &str, differences: &BTreeSet<Difference>) -> Vec<String> {
        let none = BTreeSet::new();
        let judged = self.of_image.get(image).unwrap_or(&none);
        let new = differences.difference(judged).map(|one| format!("not judged: {one}"));
        let old = judged
            .difference(differences)
            .map(|one| format!("judged, but no difference any more: {one}"));
        new.chain(old).collect()
    }
}

/// The answers, live and deleted, that no exported stream equals. `said_alone` tells which verdicts are asked for.
pub(crate) fn differences(
    export: &[Value],
    answers: &str,
    said_alone: &[&str],
) -> Outcome<BTreeSet<Difference>> {
    let mut ours: BTreeMap<(u64, &str), Vec<&Value>> = BTreeMap::new();
    for stream in export {
        if let (Some(offset), Some(path)) =
            (stream["volume_offset"].as_u64(), stream["path"].as_str())
        {
            ours.entry((offset, path)).or_default().push(stream);
        }
    }
    let mut found = BTreeSet::new();
    for line in answers.lines() {
        let answer: Value = serde_json::from_str(line).when("an answer")?;
        let verdict = answer["verdict"].as_str().unwrap_or_default();
        let Some(difference) = difference(&answer).filter(|_| said_alone.contains(&verdict)) else {
            continue;
        };
        let there = ours.get(&(difference.partition_offset, difference.path.as_str()));
        if !there.is_some_and(|streams| streams.iter().any(|stream| is_equal(stream, &answer))) {
            found.insert(difference);
        }
    }
    Ok(found)
}

/// Equal size, and every digest that the answer has.
fn is_equal(stream: &Value, answer: &Value) -> bool {
    let digest = |name: &str| answer[name].is_null() || answer[name] == stream[name];
    stream["size"] == answer["size"] && ["md5", "sha1", "sha256"].into_iter().all(digest)
}

fn difference(row: &Value) -> Option<Difference> {
    Some(Difference {
        partition_offset: row["partition_offset"].as_u64()?,
        path: word(row, "path")?,
        size: row["size"].as_u64(),
        md5: word(row, "md5"),
    })
}

fn word(row: &Value, name: &str) -> Option<String> {
    row[name].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: &str = "{\"partition_offset\":0,\"path\":\"/a\",\"size\":1,\"md5\":\"aa\",\"verdict\":\"single\"}\n\
        {\"partition_offset\":0,\"path\":\"/b\",\"size\":2,\"md5\":\"bb\",\"verdict\":\"single\"}\n\
        {\"partition_offset\":0,\"path\":\"/c\",\"size\":3,\"md5\":\"cc\",\"verdict\":\"agree\"}\n";
    const LISTED: &str = "{\"image\":\"i\",\"partition_offset\":0,\"path\":\"/b\",\"size\":2,\"md5\":\"bb\",\"reason\":\"r\"}\n";

    #[test]
    fn a_difference_that_nobody_judged_and_a_judgement_of_nothing_are_faults() {
        let export = [
            serde_json::json!({ "volume_offset": 0, "path": "/a", "size": 1, "md5": "aa", "sha1": "11" }),
        ];
        let found = differences(&export, ANSWERS, &["single"]).unwrap();
        assert_eq!(found.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["/b"]);
        let judged = Judgements::parse(LISTED, "| `r` |").unwrap();
        assert_eq!(judged.faults("i", &found), Vec::<String>::new());
        assert_eq!(judged.faults("another image", &found).len(), 1);
        assert!(
            judged.faults("i", &BTreeSet::new())[0]
                .starts_with("judged, but no difference any more: 0 \"/b\"")
        );
        let none = Judgements::parse("", "").unwrap();
        assert_eq!(none.faults("i", &found), ["not judged: 0 \"/b\" size 2, md5 bb"]);
    }

    #[test]
    fn the_list_that_is_kept_is_explained_reason_by_reason() {
        assert!(Judgements::read().is_ok());
        assert!(Judgements::parse(LISTED, "| `another` |").is_err());
    }
}
