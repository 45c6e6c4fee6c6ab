//! The images in files of an image, for people and for programs.

use case_store::{ImageReport, NestedReport};
use serde_json::{Value, json};

use crate::display::safe;
use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::{bytes, counted, grouped};
use crate::shell_word::shell_word;

/// Images in files that are printed one by one without `--verbose`.
const SHOWN: usize = 10;

/// Prints the images in files of an image, and what to type to have them read.
pub(crate) fn print_nested(
    image: &ImageReport,
    nested: &[NestedReport],
    all: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    if nested.is_empty() {
        return Ok(());
    }
    let unread =
        nested.iter().filter(|nested| nested.row.readable && nested.read_as.is_none()).count();
    let state = match unread {
        0 => String::new(),
        unread if unread == nested.len() => ", NOT READ INSIDE".to_owned(),
        unread => format!(", {} NOT READ INSIDE", grouped(unread as u64)),
    };
    let images = counted(nested.len(), "image in a file", "images in files");
    output.line(&format!("  nested        {images}{state}"))?;
    let shown = if all { usize::MAX } else { SHOWN };
    for one in nested.iter().take(shown) {
        output.line(&format!("    image       {}", in_words(one)))?;
    }
    if let Some(more @ 1..) = nested.len().checked_sub(shown) {
        output.line(&format!(
            "    image       and {} more; --verbose shows all",
            grouped(more as u64)
        ))?;
    }
    match unread {
        0 => Ok(()),
        _ => output.line(&format!(
            "    to read     athar scan {} --nested --case CASE",
            shell_word(image.path.split_once("!@").map_or(image.path.as_str(), |(host, _)| host))
        )),
    }
}

fn in_words(nested: &NestedReport) -> String {
    let row = &nested.row;
    let container = row.container.as_deref().unwrap_or("not opened");
    let medium = row.bytes.map_or(String::new(), |length| format!(", {}", bytes(length)));
    let read = match (row.readable, nested.read_as) {
        (_, Some(_)) => "read inside".to_owned(),
        (true, None) => "not read inside".to_owned(),
        (false, None) => safe(&row.reason),
    };
    format!("{}  {container}{medium}: {read}", safe(&nested.path))
}

/// Adds the images in files to an image as JSON.
pub(crate) fn with_nested(mut object: Value, nested: &[NestedReport]) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert("nested".to_owned(), nested.iter().map(nested_json).collect());
    }
    object
}

fn nested_json(nested: &NestedReport) -> Value {
    let row = &nested.row;
    let files = row
        .files
        .iter()
        .map(|(name, locator, bytes)| json!({ "name": name, "locator": locator, "bytes": bytes }));
    json!({
        "entry": row.entry,
        "path": nested.path,
        "locator": row.locator,
        "container": row.container,
        "recognised_by": row.reason,
        "readable": row.readable,
        "bytes": row.bytes,
        "stored_bytes": row.stored_bytes,
        "files": files.collect::<Vec<_>>(),
        "read_as": nested.read_as,
    })
}
