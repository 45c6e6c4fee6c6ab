//! The tables.

use std::time::Duration;

use super::contender::SCAN;
use super::figures::{median, processor, wall};
use super::goals::Goal;
use super::measured_run::Run;
use super::side_by_side::{Measured, SideBySide};

const HEAD: [&str; 8] = [
    "program",
    "wall, median (least), s",
    "processors, s",
    "× wall of scan",
    "× processors",
    "peak MiB (own)",
    "cold, s",
    "from device / image",
];

/// What was measured on an image.
pub(super) fn comparison_table(comparison: &SideBySide) -> String {
    let rows: Vec<Vec<String>> =
        comparison.results.iter().map(|measured| measured_row(comparison, measured)).collect();
    let mut text = format!("### {}\n\n{}\n\n", comparison.subject.name(), describe(comparison));
    text.push_str(&table(&HEAD, &rows));
    for remark in &comparison.remarks {
        text.push_str(&format!("\n{remark}.\n"));
    }
    text
}

/// The commands that were measured on an image, and what each does.
pub(super) fn command_table(comparison: &SideBySide) -> String {
    let rows: Vec<Vec<String>> = comparison
        .results
        .iter()
        .map(|measured| vec![format!("`{}`", measured.command), measured.work.to_owned()])
        .collect();
    table(&["command", "its work"], &rows)
}

pub(super) fn goal_table(goals: &[Goal]) -> String {
    let verdict = |goal: &Goal| if goal.reached { "reached" } else { "NOT REACHED" }.to_owned();
    let row = |goal: &Goal| {
        vec![
            goal.image.clone(),
            goal.what.to_owned(),
            goal.wanted.clone(),
            goal.found.clone(),
            verdict(goal),
        ]
    };
    table(&["image", "what", "to reach", "found", ""], &goals.iter().map(row).collect::<Vec<_>>())
}

fn describe(comparison: &SideBySide) -> String {
    let subject = &comparison.subject;
    let mut text = format!(
        "{} MB, {} MB of them on the disk",
        megabytes(subject.bytes),
        megabytes(subject.disk_bytes)
    );
    if let Some(scanned) = &comparison.scanned {
        text.push_str(&format!(
            "; athar: {}, {} entries, {} MB of files",
            scanned.state,
            scanned.entries,
            megabytes(scanned.hashed_bytes)
        ));
    }
    if let Some(rate) = comparison.entries_a_second() {
        text.push_str(&format!(", {rate:.0} entries a second"));
    }
    text.push('.');
    text
}

fn measured_row(comparison: &SideBySide, measured: &Measured) -> Vec<String> {
    let mut row = vec![measured.name.to_owned()];
    if measured.runs.is_empty() {
        row.push(format!("not measured: {}", measured.fault.as_deref().unwrap_or("?")));
        row.resize(HEAD.len(), String::new());
        return row;
    }
    let bound = if measured.is_cut_off() { "> " } else { "" };
    let of = |of: fn(&Run) -> Duration| median(&measured.runs, of).map_or(String::new(), seconds);
    let times = |of| {
        let times = comparison.times_scan(measured.name, of).filter(|_| measured.name != SCAN);
        times.map_or(String::new(), |times| format!("{bound}{times:.2}"))
    };
    let (peak, own) = measured.peaks();
    row.push(format!("{bound}{} ({})", of(wall), measured.least().map_or(String::new(), seconds)));
    row.push(format!("{bound}{}", of(processor)));
    row.push(times(wall));
    row.push(times(processor));
    row.push(format!("{} ({})", peak >> 20, own >> 20));
    row.push(measured.cold.map_or(String::new(), |cold| seconds(cold.wall)));
    row.push(measured.cold.map_or(String::new(), |cold| {
        format!("{:.3}", cold.device_bytes as f64 / comparison.subject.disk_bytes.max(1) as f64)
    }));
    row
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

fn megabytes(bytes: u64) -> u64 {
    bytes / 1_000_000
}

/// A Markdown table whose columns are as wide as what they hold.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain([head.get(at).map_or(0, |cell| cell.chars().count())]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> =
            cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat((*width).max(3))).collect();
    let mut text = line(&mut head.iter().copied());
    text.push_str(&line(&mut rule.iter().map(String::as_str)));
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_what_they_hold() {
        let rows = vec![vec!["× 2".to_owned(), "long cell".to_owned()]];
        let expected = "| a   | b         |\n| --- | --------- |\n| × 2 | long cell |\n";
        assert_eq!(table(&["a", "b"], &rows), expected);
    }
}
