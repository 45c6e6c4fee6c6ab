//! dissect, of Fox-IT: asked by a script, for its file-system readers only; where the file system lies is told.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::peer::{Listed, Listing, Part, Peer};
use crate::failure::{Attempt, Outcome};
use crate::process::program;

const SCRIPT: &str = include_str!("dissect_list.py");

pub(super) fn peer() -> Peer {
    Peer {
        name: "dissect",
        list,
        spell: str::to_owned,
        lists_alternate_streams: false,
        loses_fat_case: true,
    }
}

fn list(image: &Path, part: &Part) -> Outcome<Listing> {
    if !python("-c", "import dissect.target").output().is_ok_and(|done| done.status.success()) {
        return Ok(Listing::Absent("not installed (pip install dissect.target)".to_owned()));
    }
    let mut script = python("-c", SCRIPT);
    script.arg(image).arg(part.start.to_string()).arg(part.length.to_string());
    let done = script.output().when("python3")?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Ok(Listing::Absent(said.lines().last().unwrap_or("the script failed").to_owned()));
    }
    for line in String::from_utf8_lossy(&done.stderr).lines() {
        println!("  dissect cannot read {line}");
    }
    let text = String::from_utf8_lossy(&done.stdout);
    Ok(Listing::Files(
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter_map(listed)
            .collect(),
    ))
}

fn python(option: &str, script: &str) -> Command {
    let name = std::env::var_os("PYTHON").unwrap_or_else(|| OsString::from("python3"));
    program(name, [option, script], Path::new("."))
}

fn listed(line: Value) -> Option<Listed> {
    let path = line["path"].as_str()?;
    let size = line["size"].as_u64()?;
    let md5 = line["md5"].as_str()?;
    Some(Listed { path: path.to_owned(), size, md5: Some(md5.to_owned()), optional: false })
}
