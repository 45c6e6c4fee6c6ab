//! `athar stat`.

use byte_source::Severity;
use case_model::{Exactness, Times, Zone, readable_name, to_hex};
use casework::ImageLook;
use evidence::{Locator, MediumExtent, MediumExtents, ReadableFileSystem, StreamChoice};
use filesystem::{Allocation, Coded, Confidence, Layout, NameSpace, Record, Stream, slack};
use look::{NamePlace, RecordDescription, describe};
use serde_json::{Map, Value, json};

use super::image_cat::stream_encoding;
use super::ls::stream_word;
use crate::arguments::{Global, Stat};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::instants::{fields, in_full, put_times};
use crate::open_evidence::{print_problems, problems_json};
use crate::output::Output;
use crate::quantities::{counted, exact_bytes, noun};

/// Extents of a stream that are printed without `--verbose`.
const SHOWN_EXTENTS: usize = 20;

/// A record with the place it comes from.
struct Shown<'s> {
    locator: Locator,
    readable: ReadableFileSystem<'s>,
    sector: u64,
    zone: Option<&'s Zone>,
    all: bool,
}

pub(crate) fn run(global: &Global, arguments: &Stat, output: &mut Output) -> Result<Exit, Failure> {
    let threads = global.worker_threads();
    let look = ImageLook::open(&arguments.image.image, arguments.chosen.code_page, threads)?;
    let (look, file) = look.enter(&arguments.file, threads)?;
    let opened = &look.image;
    let mut exit = Exit::Complete;
    let mut records: Vec<Locator> = Vec::new();
    for mut locator in look.locate(&arguments.chosen.volume(), &file, threads)? {
        locator.stream = StreamChoice::Main;
        if !records.contains(&locator) {
            records.push(locator);
        }
    }
    for locator in records {
        let readable = look.file_system_of(&locator)?;
        let described =
            describe(readable, &locator, global.worker_threads())?.map_err(|problem| {
                Failure::Check(format!("{locator}: {}", readable.on_medium().place(problem)))
            })?;
        let sector = u64::from(opened.image.sector_bytes).max(1);
        let shown =
            Shown { locator, readable, sector, zone: arguments.zone.as_ref(), all: global.verbose };
        if output.is_json() {
            output.object(&shown.json(&described))?
        } else {
            shown.print(&described, output)?
        }
        if described.record.problems.iter().any(|problem| problem.severity == Severity::Damage) {
            exit = Exit::Incomplete;
        }
    }
    Ok(exit)
}

impl Shown<'_> {
    fn print(&self, described: &RecordDescription, output: &mut Output) -> Result<(), Failure> {
        let record = &described.record;
        let medium = self.readable.on_medium();
        let kind = self.readable.file_system.summary().kind;
        let at = medium.at(record.at);
        output.line(&format!("{}{}", self.readable.around(), self.locator))?;
        output.line(&format!("  record        {}, generation {}, of {kind}; at byte {at} of the medium (sector {}), byte {} of the volume",
            record.id.number, record.id.generation, at / self.sector, record.at))?;
        let own = if record.metadata { ", the file system's own" } else { "" };
        output.line(&format!("  state         {}{own}", in_use(record.allocation)))?;
        output.line(&format!("  kind          {}", record.kind.key()))?;
        print_times("", &record.times, self.zone, output)?;
        print_attributes(record, output)?;
        for name in &described.names {
            print_name(name, self.zone, output)?;
        }
        if described.names.is_empty() {
            output.line("  name          none")?;
        }
        for ordinal in 0..record.streams.len() {
            self.print_stream(record, ordinal, output)?;
        }
        print_problems(&record.problems, |at| medium.at(at), output)?;
        Ok(())
    }

    fn stream_locator(&self, record: &Record, ordinal: usize) -> Locator {
        let stream = StreamChoice::of(record, ordinal, stream_encoding(&self.readable));
        Locator { stream, ..self.locator.clone() }
    }

    fn print_stream(
        &self,
        record: &Record,
        ordinal: usize,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let Some(stream) = record.streams.get(ordinal) else { return Ok(()) };
        let name = readable_name(&stream.name, stream_encoding(&self.readable));
        let name = if name.is_empty() { name } else { format!(" \"{}\"", safe(&name)) };
        let valid = if stream.valid < stream.size {
            format!(", valid {}: zeros behind", exact_bytes(stream.valid))
        } else {
            String::new()
        };
        let assumed = match stream.confidence {
            Confidence::Recorded => String::new(),
            Confidence::Assumed(how) => format!(", ASSUMED: {how}"),
        };
        output.line(&format!(
            "  stream        {}{name}  {}{valid}, {}{assumed}  {}",
            stream_word(stream.kind),
            exact_bytes(stream.size),
            layout(stream),
            safe(&format!("{}{}", self.readable.around(), self.stream_locator(record, ordinal)))
        ))?;
        let found = self.readable.on_medium().extents_of(self.readable.file_system, stream);
        let extents = found.as_ref().map_or(&[][..], |found| &found.extents);
        if let Some(why) = found.as_ref().and_then(|found| found.exactness.why_not()) {
            output.line(&format!("    extents     not exact: {why}"))?;
        }
        let shown = if self.all { usize::MAX } else { SHOWN_EXTENTS };
        for extent in extents.iter().take(shown) {
            output.line(&match extent.at {
                Some(at) => {
                    format!(
                        "    extent      byte {at}, {} {}, sector {}",
                        extent.length,
                        noun(extent.length, "byte", "bytes"),
                        at / self.sector
                    )
                }
                None => format!(
                    "    extent      {} {} not on the medium",
                    extent.length,
                    noun(extent.length, "byte that is", "bytes that are")
                ),
            })?;
        }
        if let Some(more @ 1..) = extents.len().checked_sub(shown) {
            output.line(&format!("                and {more} more; --verbose shows all"))?;
        }
        self.print_slack(stream, output)
    }

    fn print_slack(&self, stream: &Stream, output: &mut Output) -> Result<(), Failure> {
        let Ok(slack) = slack(stream) else { return Ok(()) };
        if slack.stream.size == 0 {
            return Ok(());
        }
        let never_written = match slack.never_written {
            0 => String::new(),
            bytes => format!("{} of space never written, ", exact_bytes(bytes)),
        };
        output.line(&format!(
            "    slack       {never_written}{} behind the end; `athar image cat --slack` writes them",
            exact_bytes(slack.behind_end)
        ))?;
        let found = self.readable.on_medium().extents_of(self.readable.file_system, &slack.stream);
        let extents = found.map_or(Vec::new(), |found| found.extents);
        for MediumExtent { length, at } in
            extents.iter().take(if self.all { usize::MAX } else { SHOWN_EXTENTS })
        {
            let at = at.unwrap_or_default();
            output.line(&format!(
                "      lies at   byte {at}, {length} {}, sector {}",
                noun(*length, "byte", "bytes"),
                at / self.sector
            ))?;
        }
        Ok(())
    }

    fn json(&self, described: &RecordDescription) -> Value {
        let record = &described.record;
        let medium = self.readable.on_medium();
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| {
            object.insert(name.to_owned(), value);
        };
        put("locator", json!(format!("{}{}", self.readable.around(), self.locator)));
        put("volume_offset", json!(self.locator.volume_offset));
        put("file_system", json!(self.readable.file_system.summary().kind.name()));
        put("record", json!(record.id.number));
        put("generation", json!(record.id.generation));
        put("record_at", json!(medium.at(record.at)));
        put("allocated", json!(record.allocation == Allocation::Allocated));
        put("metadata", json!(record.metadata));
        put("kind", json!(record.kind.key()));
        put_times(&record.times, "", &mut put);
        put(
            "zoned_times",
            self.zone.map_or(Value::Null, |zone| report::readings(&record.times, zone)),
        );
        put("mode", json!(record.mode.map(|mode| format!("{mode:o}"))));
        put("uid", json!(record.owner.map(|owner| owner.uid)));
        put("gid", json!(record.owner.map(|owner| owner.gid)));
        put("links", json!(record.links));
        put("attributes", json!(record.attributes));
        put("target", json!(record.target.as_ref().map(|(_, readable)| readable)));
        put("target_raw", json!(record.target.as_ref().map(|(raw, _)| to_hex(raw))));
        let details = record
            .details
            .iter()
            .map(|detail| json!({ "name": detail.name, "value": detail.value }));
        put("details", details.collect());
        put("names", described.names.iter().map(name_json).collect());
        put(
            "streams",
            (0..record.streams.len()).map(|ordinal| self.stream_json(record, ordinal)).collect(),
        );
        put("problems", problems_json(&record.problems, |at| medium.at(at)));
        Value::Object(object)
    }

    fn stream_json(&self, record: &Record, ordinal: usize) -> Value {
        let Some(stream) = record.streams.get(ordinal) else { return Value::Null };
        let found = |stream: &Stream| {
            self.readable.on_medium().extents_of(self.readable.file_system, stream)
        };
        let exactness = found(stream).map(|found| found.exactness);
        let pairs = |found: Option<MediumExtents>| -> Vec<Value> {
            let extents = found.map_or(Vec::new(), |found| found.extents);
            extents.iter().map(|MediumExtent { at, length }| json!([at, length])).collect()
        };
        let slack = match slack(stream) {
            Ok(slack) => json!({
                "bytes": slack.stream.size, "never_written": slack.never_written, "behind_end": slack.behind_end,
                "extents": pairs(found(&slack.stream)),
            }),
            Err(how) => json!({ "none": how.to_string() }),
        };
        json!({
            "locator": format!("{}{}", self.readable.around(), self.stream_locator(record, ordinal)),
            "stream": stream_word(stream.kind),
            "name": readable_name(&stream.name, stream_encoding(&self.readable)),
            "name_raw": to_hex(&stream.name),
            "size": stream.size,
            "valid": stream.valid,
            "layout": layout(stream),
            "confidence": match stream.confidence {
                Confidence::Recorded => "recorded".to_owned(),
                Confidence::Assumed(how) => format!("assumed: {how}"),
            },
            "extents": pairs(found(stream)),
            "extents_exact": exactness.map(|exactness| exactness == Exactness::Exact),
            "extents_why": exactness.and_then(Exactness::why_not),
            "slack": slack,
        })
    }
}

fn in_use(allocation: Allocation) -> &'static str {
    match allocation {
        Allocation::Allocated => "in use",
        Allocation::Deleted => "deleted",
    }
}

fn print_times(
    prefix: &str,
    times: &Times,
    zone: Option<&Zone>,
    output: &mut Output,
) -> Result<(), Failure> {
    for (field, time) in fields(times) {
        if let Some(time) = time {
            output.line(&format!("  {prefix}{field:<12}  {}", in_full(&time, zone)))?;
        }
    }
    Ok(())
}

fn print_attributes(record: &Record, output: &mut Output) -> Result<(), Failure> {
    if let Some(mode) = record.mode {
        output.line(&format!("  mode          {mode:o}"))?;
    }
    if let Some(owner) = record.owner {
        output.line(&format!("  owner         user {}, group {}", owner.uid, owner.gid))?;
    }
    if let Some(links) = record.links {
        output.line(&format!("  links         {links}"))?;
    }
    output.line(&format!("  attributes    {:#x}", record.attributes))?;
    if let Some((_, target)) = &record.target {
        output.line(&format!("  target        {}", safe(target)))?;
    }
    for detail in &record.details {
        output.line(&format!("  detail        {}: {}", safe(&detail.name), safe(&detail.value)))?;
    }
    Ok(())
}

fn print_name(name: &NamePlace, zone: Option<&Zone>, output: &mut Output) -> Result<(), Failure> {
    let space = if name.space == NameSpace::Short { ", short name" } else { "" };
    let orphan = if name.orphan { ", no directory leads to it" } else { "" };
    output.line(&format!(
        "  name          {}  ({}{space}{orphan}; at byte {} of the medium; {} {})",
        safe(&name.path),
        in_use(name.allocation),
        name.at,
        name.encoding.key(),
        to_hex(&name.name)
    ))?;
    name.times.as_ref().map_or(Ok(()), |times| print_times("  of the name: ", times, zone, output))
}

fn name_json(name: &NamePlace) -> Value {
    let mut object = Map::new();
    let mut put = |field: &str, value: Value| {
        object.insert(field.to_owned(), value);
    };
    put("path", json!(name.path));
    put("allocated", json!(name.allocation == Allocation::Allocated));
    put("space", json!(if name.space == NameSpace::Short { "short" } else { "primary" }));
    put("orphan", json!(name.orphan));
    put("at", json!(name.at));
    put("name_raw", json!(to_hex(&name.name)));
    put("name_encoding", json!(name.encoding.key()));
    if let Some(times) = &name.times {
        put_times(times, "", &mut put);
    }
    Value::Object(object)
}

/// How a stream lies on the medium, in words.
fn layout(stream: &Stream) -> String {
    match &stream.layout {
        Layout::Inline { .. } => "in the record".to_owned(),
        Layout::Runs(runs) => counted(runs.len(), "run", "runs"),
        Layout::Coded(Coded { codec, unit_bytes, runs, .. }) => {
            format!(
                "coded ({codec:?}, units of {unit_bytes} bytes) in {}",
                counted(runs.len(), "run", "runs")
            )
        }
        Layout::Encrypted(how) | Layout::Unsupported(how) | Layout::Lost(how) => {
            format!("closed: {how}")
        }
    }
}
