//! How the scan ended, and what its report counts.

use serde_json::Value;

use super::{Rule, Verdict};
use crate::file_systems::FileSystem;
use crate::scan::Scan;

/// Did the scan not end complete?
pub(super) fn is_incomplete(scan: &Scan) -> bool {
    scan.ended.code != Some(0) || scan.report["state"] != "complete"
}

pub(super) fn compare(
    system: &FileSystem,
    scan: &Scan,
    excuse: Option<Rule>,
    verdict: &mut Verdict,
) {
    let report = &scan.report;
    let said = &scan.ended.errors;
    if said.contains("panicked") {
        verdict.differ("panic", "", said.clone());
    }
    if is_incomplete(scan) {
        match excuse.filter(|_| scan.ended.code == Some(3)) {
            Some(rule) => {
                verdict.judge(rule);
                verdict.excused = Some(format!("{}: {}", rule.name(), report["first_damages"]));
            }
            None => verdict.differ(
                "not-complete",
                "",
                format!(
                    "exit {:?}, {}: {} {} {}",
                    scan.ended.code,
                    report["state"],
                    report["first_damages"],
                    report["first_unreadable"],
                    said.trim()
                ),
            ),
        }
    }
    // An export of a case that is not complete says so.
    let export_code = if is_incomplete(scan) { 3 } else { 0 };
    if scan.export_code != Some(export_code) {
        verdict.differ("export", "", format!("exit {:?}", scan.export_code));
    }
    let systems: Vec<&Value> =
        list(&report["volumes"]).flat_map(|volume| list(&volume["file_systems"])).collect();
    let kinds: Vec<String> =
        systems.iter().filter_map(|found| found["kind"].as_str()).map(str::to_lowercase).collect();
    if kinds != [system.name] {
        verdict.differ("file-system", "", format!("{kinds:?}"));
    }
    for count in systems.iter().flat_map(|found| list(&found["counts"])) {
        if count["expected"] != count["found"] {
            match excuse {
                Some(rule) => verdict.judge(rule),
                None => verdict.differ("count", "", count.to_string()),
            }
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
