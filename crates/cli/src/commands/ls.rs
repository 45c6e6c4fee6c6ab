//! `athar ls`.

use std::fmt::Write;

use case_model::{Timestamp, to_hex};
use casework::{ImageLook, rooted};
use evidence::ReadableFileSystem;
use filesystem::{Allocation, StreamKind};
use look::{ListedEntry, Listing, ListingScope, list};
use serde_json::{Map, Value, json};

use crate::arguments::{Global, Ls};
use crate::display::{push_safe, safe};
use crate::exit::{Exit, Failure};
use crate::instants::{push_shown, put_times, shown};
use crate::open_evidence::print_problems;
use crate::output::Output;
use crate::quantities::{bytes, counted};

pub(crate) fn run(global: &Global, arguments: &Ls, output: &mut Output) -> Result<Exit, Failure> {
    let threads = global.worker_threads();
    let look = ImageLook::open(&arguments.image.image, arguments.chosen.code_page, threads)?;
    let (look, path) = look.enter(arguments.path.as_deref().unwrap_or("/"), threads)?;
    let opened = &look.image;
    let chosen = arguments.chosen.volume();
    let path = rooted(&path);
    output.page()?;
    let mut exit = Exit::Complete;
    let mut looked = false;
    let mut found = false;
    for readable in opened.readable().filter(|readable| chosen.includes(readable)) {
        looked = true;
        heading(&readable, output)?;
        let (listing, there) = list_one(global, arguments, &readable, &path, output)?;
        found |= there;
        if path == "/" && !arguments.recursive && listing.orphans > 0 {
            let orphans = counted(listing.orphans, "entry", "entries");
            output.remark(&format!(
                "  {orphans} that no directory leads to: athar ls FILE '/$OrphanFiles'"
            ))?;
        }
        if !listing.sorted {
            output
                .remark("  too many entries to sort: they stand in the order of their records")?;
        }
        let medium = readable.on_medium();
        if print_problems(&listing.problems, |at| medium.at(at), output)? == Exit::Incomplete {
            exit = Exit::Incomplete;
        }
    }
    match (looked, found) {
        (false, _) => Err(look.no_file_system().into()),
        (true, false) => Err(Failure::Check(format!(
            "{}: no file or directory {}",
            arguments.image.image.display(),
            safe(&path)
        ))),
        (true, true) => Ok(exit),
    }
}

/// Lists a directory of one file system; where there is none of that name, the file of that name. True when there is either.
fn list_one(
    global: &Global,
    arguments: &Ls,
    readable: &ReadableFileSystem<'_>,
    path: &str,
    output: &mut Output,
) -> Result<(Listing, bool), Failure> {
    let everything = path == "/" && arguments.recursive;
    let wanted = if everything {
        ListingScope::All
    } else {
        ListingScope::In(path.to_owned(), arguments.recursive)
    };
    let listing = print_entries(global, arguments, readable, &wanted, output)?;
    if listing.directory {
        return Ok((listing, true));
    }
    let listing =
        print_entries(global, arguments, readable, &ListingScope::At(path.to_owned()), output)?;
    let there = listing.entries > 0;
    Ok((listing, there))
}

fn print_entries(
    global: &Global,
    arguments: &Ls,
    readable: &ReadableFileSystem<'_>,
    wanted: &ListingScope,
    output: &mut Output,
) -> Result<Listing, Failure> {
    let around = &readable.around();
    let mut failure = None;
    let mut text = String::new();
    let mut each = |listed: &ListedEntry| {
        text.clear();
        push_line(around, listed, &mut text);
        let printed = match (output.is_json(), arguments.long) {
            (true, _) => output.object(&listed_json(around, listed)),
            (false, false) => output.text(&text),
            (false, true) => output.text(&text).and_then(|()| output.line(&further(listed))),
        };
        failure = printed.err();
        failure.is_none()
    };
    let listing = list(*readable, wanted, arguments.deleted, global.worker_threads(), &mut each)?;
    failure.map_or(Ok(listing), Err)
}

fn heading(readable: &ReadableFileSystem<'_>, output: &mut Output) -> Result<(), Failure> {
    let summary = readable.file_system.summary();
    let volume = readable.volume;
    let label = if summary.label.is_empty() {
        String::new()
    } else {
        format!(" \"{}\"", safe(&summary.label))
    };
    output.remark(&format!(
        "volume {} at byte {}: {}{label}",
        volume.ordinal,
        volume.volume.start(),
        summary.kind
    ))?;
    output.remark(&format!(
        "{:<28}  {:<8}  {:<9}  {:>12}  {:<19}  path",
        "locator", "state", "kind", "bytes", "modified"
    ))
}

/// Appends an entry's line, its newline included.
fn push_line(around: &str, listed: &ListedEntry, line: &mut String) {
    let start = line.len();
    let size_digits = if listed.stream.is_some() {
        listed.size.checked_ilog10().map_or(1, |log| log + 1)
    } else {
        1
    };
    // Writing to a string cannot fail. A locator is plain ASCII.
    let _ = write!(line, "{around}{}", listed.locator);
    pad(line, start, 28);
    let at = line.len();
    line.push_str(state(listed));
    pad(line, at, 8);
    let at = line.len();
    line.push_str(kind(listed));
    pad(line, at, 9);
    (size_digits..12).for_each(|_| line.push(' '));
    let _ = if listed.stream.is_some() {
        write!(line, "{}  ", listed.size)
    } else {
        write!(line, "-  ")
    };
    let at = line.len();
    push_shown(listed.times.modified, line);
    pad(line, at, 19);
    push_safe(&listed.path, line);
    if let Some(target) = &listed.target {
        line.push_str(" -> ");
        push_safe(target, line);
    }
    line.push('\n');
}

/// Fills a column of ASCII that begins at byte `start` up to `width`, and ends it.
fn pad(line: &mut String, start: usize, width: usize) {
    (line.len() - start..width).for_each(|_| line.push(' '));
    line.push_str("  ");
}

/// The second line of `--long`.
fn further(listed: &ListedEntry) -> String {
    let time = |name: &str, time: Option<Timestamp>| {
        time.map_or(String::new(), |some| format!("  {name} {}", shown(Some(some))))
    };
    let times = [
        time("accessed", listed.times.accessed),
        time("changed", listed.times.changed),
        time("created", listed.times.created),
        time("deleted", listed.times.deleted),
    ]
    .concat();
    let mode = listed.mode.map_or(String::new(), |mode| format!("  mode {mode:o}"));
    let owner =
        listed.owner.map_or(String::new(), |owner| format!("  owner {}:{}", owner.uid, owner.gid));
    let size =
        if listed.stream.is_some() { format!("  {}", bytes(listed.size)) } else { String::new() };
    format!(
        "{:<28}  record at byte {}{times}{mode}{owner}  attributes {:#x}{size}",
        "", listed.at, listed.attributes
    )
}

fn state(listed: &ListedEntry) -> &'static str {
    match (listed.allocation, listed.orphan) {
        (Allocation::Allocated, false) => "in use",
        (Allocation::Allocated, true) => "orphan",
        (Allocation::Deleted, _) => "deleted",
    }
}

fn kind(listed: &ListedEntry) -> &'static str {
    match listed.stream {
        _ if listed.name_alone => "name only",
        Some(StreamKind::Alternate | StreamKind::Stored) => "stream",
        Some(StreamKind::Slack) => "slack",
        Some(StreamKind::Data) | None => listed.kind.key(),
    }
}

fn listed_json(around: &str, listed: &ListedEntry) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            object.insert(name.to_owned(), value);
        }
    };
    let flag = |set: bool| if set { json!(true) } else { Value::Null };
    put("locator", json!(format!("{around}{}", listed.locator)));
    put("volume_offset", json!(listed.locator.volume_offset));
    put("path", json!(listed.path));
    put("allocated", json!(listed.allocation == Allocation::Allocated));
    put("orphan", flag(listed.orphan));
    put("name_only", flag(listed.name_alone));
    put("further_name", flag(listed.further_name));
    put("metadata", flag(listed.metadata));
    put("kind", json!(listed.kind.key()));
    put("stream", listed.stream.map_or(Value::Null, |stream| json!(stream_word(stream))));
    put("size", if listed.stream.is_some() { json!(listed.size) } else { Value::Null });
    put("record", json!(listed.locator.record.number));
    put("generation", json!(listed.locator.record.generation));
    put("record_at", json!(listed.at));
    put_times(&listed.times, "", &mut put);
    put("mode", listed.mode.map_or(Value::Null, |mode| json!(format!("{mode:o}"))));
    put("uid", listed.owner.map_or(Value::Null, |owner| json!(owner.uid)));
    put("gid", listed.owner.map_or(Value::Null, |owner| json!(owner.gid)));
    put("attributes", json!(listed.attributes));
    put("target", json!(listed.target));
    put("name_raw", json!(to_hex(&listed.name.0)));
    put("name_encoding", json!(listed.name.1.key()));
    Value::Object(object)
}

/// The word for a stream in JSON.
pub(crate) fn stream_word(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Data => "data",
        StreamKind::Alternate => "alternate",
        StreamKind::Stored => "stored",
        StreamKind::Slack => "slack",
    }
}
