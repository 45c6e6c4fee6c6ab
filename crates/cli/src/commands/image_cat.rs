//! `athar image cat`.

use byte_source::Scratch;
use case_model::NameEncoding;
use casework::ImageLook;
use evidence::{Locator, MediumExtent, MediumExtents, ReadableFileSystem, StreamChoice};
use filesystem::{Layout, Record, Stream, slack};
use look::cat_stream;
use serde_json::json;

use crate::arguments::{Global, ImageCat};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{counted, exact_bytes};
use crate::terminal_guard::TerminalGuard;

pub(crate) fn run(
    global: &Global,
    arguments: &ImageCat,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let threads = global.worker_threads();
    let look = ImageLook::open(&arguments.image.image, arguments.chosen.code_page, threads)?;
    let (look, file) = look.enter(&arguments.file, threads)?;
    let opened = &look.image;
    let locators = look.locate(&arguments.chosen.volume(), &file, threads)?;
    let locator = match locators.as_slice() {
        [one] => one,
        many => return Err(several(&arguments.file, many)),
    };
    let readable = look.file_system_of(locator)?;
    let record =
        readable.file_system.record(locator.record, &mut Scratch::new()).map_err(|problem| {
            Failure::Check(format!("{locator}: {}", readable.on_medium().place(problem)))
        })?;
    let stream = stream_of(&readable, &record, locator)?;
    let of_stream = arguments.slack.then(|| slack(stream)).transpose();
    let of_stream = of_stream.map_err(|how| {
        Failure::Check(format!("{}: no slack: {how}", safe(&locator.to_string())))
    })?;
    let stream = of_stream.as_ref().map_or(stream, |slack| &slack.stream);
    if arguments.extents {
        return print_extents(&readable, stream, u64::from(opened.image.sector_bytes), output);
    }
    if let Layout::Encrypted(how) | Layout::Unsupported(how) | Layout::Lost(how) = &stream.layout {
        return Err(Failure::Check(format!(
            "{}: its bytes cannot be read: {how}",
            safe(&locator.to_string())
        )));
    }
    let report = cat_stream(
        readable.file_system,
        stream,
        &mut TerminalGuard::new(output.raw(), arguments.force),
    )?;
    if report.bad_bytes > 0 {
        crate::output::tell(&format!(
            "athar: {}: {} of {} could not be read; zeros stand in their place",
            safe(&arguments.file),
            report.bad_bytes,
            exact_bytes(report.bytes)
        ));
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Complete)
}

/// The path is that of several entries.
fn several(file: &str, locators: &[Locator]) -> Failure {
    let list: Vec<String> =
        locators.iter().take(10).map(|locator| safe(&locator.to_string())).collect();
    Failure::Usage(format!(
        "{} is the path of {}; name one by its locator: {}",
        safe(file),
        counted(locators.len(), "entry", "entries"),
        list.join("  ")
    ))
}

fn stream_of<'r>(
    readable: &ReadableFileSystem<'_>,
    record: &'r Record,
    locator: &Locator,
) -> Result<&'r Stream, Failure> {
    let encoding = stream_encoding(readable);
    let found =
        locator.stream.find(record, encoding).and_then(|ordinal| record.streams.get(ordinal));
    found.ok_or_else(|| {
        let there: Vec<String> = (0..record.streams.len())
            .map(|ordinal| Locator {
                stream: StreamChoice::of(record, ordinal, encoding),
                ..locator.clone()
            })
            .map(|locator| safe(&locator.to_string()))
            .collect();
        let there = if there.is_empty() {
            "it has none".to_owned()
        } else {
            format!("there are {}", there.join("  "))
        };
        Failure::Check(format!(
            "{}: a {} without that stream; {there}",
            safe(&locator.to_string()),
            record.kind.key()
        ))
    })
}

/// How names of streams are coded: as UTF-16 on NTFS, as bytes elsewhere.
pub(crate) fn stream_encoding(readable: &ReadableFileSystem<'_>) -> NameEncoding {
    readable.stream_encoding()
}

fn print_extents(
    readable: &ReadableFileSystem<'_>,
    stream: &Stream,
    sector: u64,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Some(MediumExtents { extents, exactness }) =
        readable.on_medium().extents_of(readable.file_system, stream)
    else {
        let why = match &stream.layout {
            Layout::Encrypted(how) | Layout::Unsupported(how) | Layout::Lost(how) => {
                how.to_string()
            }
            _ => "it has no extents".to_owned(),
        };
        output.remark(&why)?;
        return Ok(Exit::Complete);
    };
    output.remark(&format!("{:>16}  {:>14}  {:>14}", "offset", "bytes", "sector"))?;
    if let Some(why) = exactness.why_not() {
        output.remark(&format!("not exact: {why}"))?;
    }
    for MediumExtent { length, at } in extents {
        if output.is_json() {
            output.object(
                &json!({ "offset": at, "length": length, "sector": at.map(|at| at / sector.max(1)) }),
            )?;
            continue;
        }
        let (offset, first) = match at {
            Some(at) => (at.to_string(), (at / sector.max(1)).to_string()),
            None => ("hole".to_owned(), "-".to_owned()),
        };
        output.line(&format!("{offset:>16}  {length:>14}  {first:>14}"))?;
    }
    Ok(Exit::Complete)
}
