//! Coverage in words.

use casework::{Coverage, ExhibitCoverage, ExhibitState, Gap};

use crate::display::safe;
use crate::quantities::{counted, exact_bytes, grouped};

/// What is said of a scan in a lab without hash sets, in the place of its hits.
pub(crate) const NO_HASH_SET: &str = "no hash set in this lab: nothing was matched";

/// Exhibits that a warning names; `athar case show` names all.
const NAMED: usize = 20;
/// Parts of one kind that a line names one by one.
const PARTS_NAMED: usize = 4;

/// Returns the lines that say what the answers about a case do not cover, and what to do.
pub(crate) fn lines(coverage: &Coverage) -> Vec<String> {
    let case = &coverage.case;
    if coverage.is_never_scanned() {
        return vec![format!(
            "athar: case {case}: NO EVIDENCE was scanned into it; its answers say nothing. athar scan IMAGE… --case {case}"
        )];
    }
    let mut lines =
        vec![format!("athar: case {case} is NOT COMPLETE; this answer does not cover:")];
    for exhibit in coverage.lacking().take(NAMED) {
        lines.extend(exhibit_lines(coverage, exhibit));
    }
    let more = coverage.lacking().skip(NAMED).count();
    if more > 0 {
        lines.push(format!("  and {}", counted(more, "more exhibit", "more exhibits")));
    }
    lines.extend(next_lines(coverage));
    lines
}

/// Returns what an exhibit lacks, in lines.
pub(crate) fn exhibit_lines(coverage: &Coverage, exhibit: &ExhibitCoverage) -> Vec<String> {
    let name = safe(&exhibit.name);
    let ended = if coverage.being_scanned { "is being scanned" } else { "was broken off" };
    let mut lines = Vec::new();
    match &exhibit.state {
        ExhibitState::Read => {}
        ExhibitState::Unfinished => lines.push(format!("  NOT FINISHED  {name}: its scan {ended}")),
        ExhibitState::NotBegun => {
            let why = match coverage.being_scanned {
                true => "the scan that runs has not come to it",
                false => "the scan was broken off before it came to it",
            };
            lines.push(format!("  NEVER READ    {name} ({}): {why}", safe(&exhibit.path)));
        }
        ExhibitState::Failed(error) => {
            lines.push(format!(
                "  NEVER READ    {name} ({}): {}",
                safe(&exhibit.path),
                safe(error)
            ));
        }
    }
    if !exhibit.gaps.is_empty() {
        lines.push(format!("  INCOMPLETE    {name}: {}", gaps(&exhibit.gaps)));
    }
    lines
}

fn next_lines(coverage: &Coverage) -> Vec<String> {
    let case = &coverage.case;
    let has = |test: fn(&ExhibitCoverage) -> bool| coverage.exhibits.iter().any(test);
    let mut next = Vec::new();
    if coverage.being_scanned {
        next.push("wait for the end of the scan that runs now".to_owned());
    } else if coverage.is_unfinished() {
        next.push(format!("athar scan --resume --case {case}"));
    }
    if has(|exhibit| matches!(exhibit.state, ExhibitState::Failed(_))) {
        next.push(format!(
            "athar scan PATH --case {case}    or    athar case withdraw {case} PATH --reason …"
        ));
    }
    if let Some(path) = nested_next(coverage) {
        next.push(format!("athar scan {path} --nested --case {case}"));
    }
    if has(|exhibit| !exhibit.gaps.is_empty()) {
        next.push(format!("athar case show {case}"));
    }
    next.into_iter().map(|text| format!("  next          {text}")).collect()
}

/// What to type so that images in files are read: the exhibit, when it is one.
fn nested_next(coverage: &Coverage) -> Option<String> {
    let is_unread = |gap: &Gap| matches!(gap, Gap::NestedUnread { readable: 1.., .. });
    let mut exhibits =
        coverage.exhibits.iter().filter(|exhibit| exhibit.gaps.iter().any(is_unread));
    let first = exhibits.next()?;
    // Images inside others are reached through their exhibit.
    let host = first.path.split_once("!@").map_or(first.path.as_str(), |(host, _)| host);
    Some(if exhibits.next().is_none() {
        crate::shell_word::shell_word(host)
    } else {
        "IMAGE…".to_owned()
    })
}

fn gaps(gaps: &[Gap]) -> String {
    let mut parts: Vec<String> = gaps.iter().take(PARTS_NAMED).map(gap).collect();
    if gaps.len() > PARTS_NAMED {
        parts.push(format!("and {} more", gaps.len() - PARTS_NAMED));
    }
    parts.join("; ")
}

fn gap(gap: &Gap) -> String {
    match gap {
        Gap::EncryptedVolume { start, encryption } => {
            format!("encrypted volume at byte {start} ({})", safe(encryption))
        }
        Gap::UnreadFileSystem { start, kind, state } => {
            format!("file system at byte {start} not read ({}, {})", safe(kind), safe(state))
        }
        Gap::LostStreams(lost) => {
            format!("{} {}", counted(lost.in_use, "file", "files"), lost.disposition.key())
        }
        Gap::Damages(count) => counted(*count, "problem costs evidence", "problems cost evidence"),
        Gap::UnreadableRanges { ranges, bytes } => {
            let ranges = counted(*ranges, "range", "ranges");
            format!("{ranges} of the medium unreadable ({})", exact_bytes(*bytes))
        }
        Gap::WrongDigests(count) => {
            counted(*count, "stored digest not agreeing", "stored digests not agreeing")
        }
        Gap::Unreconciled(count) => {
            format!("{} of the metadata not reconciling", counted(*count, "count", "counts"))
        }
        Gap::NestedUnread { readable, closed, first } => nested_unread(*readable, *closed, first),
        Gap::ChangedMedium(how) => {
            format!("the medium was {how} when it was read again (`athar evidence verify`)")
        }
        Gap::Unexplained => "its scan ended incomplete".to_owned(),
    }
}

fn nested_unread(readable: u64, closed: u64, first: &str) -> String {
    let also = |closed: u64| match closed {
        0 => String::new(),
        closed => format!(", {} that cannot be opened", grouped(closed)),
    };
    let words = match readable {
        0 => format!("{} in its files that cannot be opened", counted(closed, "image", "images")),
        readable => {
            let images = counted(readable, "image", "images");
            format!("{images} in its files not read inside{}", also(closed))
        }
    };
    format!("{words} ({})", safe(first))
}

/// Returns the state of a case in a few words, for a list of cases.
pub(crate) fn short(coverage: &Coverage) -> String {
    if coverage.is_never_scanned() {
        return "NO EVIDENCE".to_owned();
    }
    let mut unfinished = 0_u64;
    let mut unread = 0_u64;
    let mut incomplete = 0_u64;
    for exhibit in coverage.lacking() {
        match exhibit.state {
            ExhibitState::Read => incomplete += 1,
            ExhibitState::Unfinished => unfinished += 1,
            ExhibitState::NotBegun | ExhibitState::Failed(_) => unread += 1,
        }
    }
    let unfinished_words = if coverage.being_scanned { "being scanned" } else { "NOT FINISHED" };
    let counts =
        [(unfinished, unfinished_words), (unread, "NEVER READ"), (incomplete, "INCOMPLETE")];
    let words: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", grouped(count)))
        .collect();
    if words.is_empty() { "complete".to_owned() } else { words.join(", ") }
}

/// Returns what is said of a question for hits where nothing was looked up; `None` when sets were looked up for every exhibit.
pub(super) fn unmatched(coverage: &Coverage) -> Option<String> {
    let case = &coverage.case;
    let names: Vec<String> = coverage.unmatched().map(|exhibit| safe(&exhibit.name)).collect();
    let next = format!("athar match --hash-set FILE|NAME --case {case}");
    match names.len() {
        0 => None,
        all if all == coverage.exhibits.len() => Some(format!(
            "athar: case {case}: {NO_HASH_SET} when it was scanned. To match it now: {next}"
        )),
        some => {
            let more =
                if some > NAMED { format!(" and {} more", some - NAMED) } else { String::new() };
            let names = names.get(..NAMED.min(some)).unwrap_or_default().join(", ");
            Some(format!(
                "athar: case {case}: no hash set was looked up for {names}{more}: nothing of it was matched. To match it now: {next}"
            ))
        }
    }
}
