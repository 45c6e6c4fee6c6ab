//! From a record and what its streams gave to the rows that are stored.

use analysis::{Analysers, NamedStream, RecordFacts};
use byte_source::ProblemKind;
use case_model::NameEncoding;
use case_store::{DirectoryId, EntryRow, LinkRow, MediumRun, ProblemRow, encode_judged_extents};
use evidence::{OnMedium, TreePlace, readable_link};
use filesystem::{Allocation, Confidence, FileSystem, NameSpace, Record, Stream, StreamKind};

use crate::item::finding_rows::finding_rows;
use crate::stream::reader::StreamResult;

/// Returns what the record says of a stream to analysers.
pub(crate) fn record_facts(state: Allocation, stream: &Stream) -> RecordFacts {
    let is_assumed = matches!(stream.confidence, Confidence::Assumed(_));
    RecordFacts { kind: stream.kind, state, is_assumed }
}

/// Returns where a stream lies on the medium and how exact that is, packed.
pub(crate) fn packed_extents(
    file_system: &dyn FileSystem,
    medium: &OnMedium<'_>,
    stream: &Stream,
) -> Option<Vec<u8>> {
    let found = medium.extents_of(file_system, stream)?;
    let runs: Vec<MediumRun> =
        found.extents.iter().map(|extent| MediumRun { length: extent.length, at: extent.at }).collect();
    Some(encode_judged_extents(found.exactness, &runs))
}

/// The row of a stream (or of an object without one) of a record, without its extents.
pub(crate) fn entry_row(
    record: &Record,
    stream: Option<(usize, &Stream)>,
    placed: TreePlace<'_>,
    directories: &[DirectoryId],
    medium: &OnMedium<'_>,
    analysers: &Analysers,
    result: StreamResult,
) -> EntryRow {
    let (name, encoding, readable) = match placed.link {
        Some(link) => (link.name.clone(), link.encoding, readable_link(link)),
        None if placed.orphan => {
            (Vec::new(), NameEncoding::Bytes, format!("OrphanFile-{}", record.id.number))
        }
        None => (Vec::new(), NameEncoding::Bytes, String::new()),
    };
    // Names of streams are coded as the names of files are; a record without a name is an NTFS record, whose names are UTF-16.
    let stream_encoding = placed.link.map_or(NameEncoding::Utf16Le, |link| link.encoding);
    let named = stream.map(|(_, stream)| NamedStream {
        size: stream.size,
        record: record_facts(record.allocation, stream),
        name: &name,
        encoding,
        readable: &readable,
        stream_name: &stream.name,
    });
    let (content_type, findings) = finding_rows(analysers, named, result.disposition, result.findings);
    EntryRow {
        number: record.id.number,
        generation: record.id.generation,
        stream: stream.map_or(0, |(ordinal, _)| u32::try_from(ordinal).unwrap_or(u32::MAX)),
        stream_kind: stream.map_or("none", |(_, stream)| stream_kind(stream.kind)),
        stream_name: (stream.map_or(Vec::new(), |(_, stream)| stream.name.clone()), stream_encoding),
        directory: directories.get(placed.directory).copied().unwrap_or(DirectoryId::NONE),
        name,
        encoding,
        readable,
        kind: record.kind.key(),
        state: allocation_key(record.allocation),
        orphan: placed.orphan,
        metadata: record.metadata,
        at: medium.at(record.at),
        size: stream.map_or(0, |(_, stream)| stream.size),
        valid: stream.map_or(0, |(_, stream)| stream.valid),
        times: record.times,
        name_times: placed.link.and_then(|link| link.times.as_deref().copied()),
        mode: record.mode,
        owner: record.owner.map(|owner| (owner.uid, owner.gid)),
        links: record.links,
        attributes: record.attributes,
        target: record.target.clone(),
        details: details(record),
        confidence: stream.and_then(|(_, stream)| match stream.confidence {
            Confidence::Recorded => None,
            Confidence::Assumed(how) => Some(how.into()),
        }),
        extents: None,
        disposition: result.disposition,
        rule: result.rule,
        content_type,
        findings,
        digests: result.digests,
        unreadable: result.unreadable,
        problems: Vec::new(),
        hits: Vec::new(),
    }
}

/// What is wrong with a record, as rows, without the kinds that `is_said` names.
pub(crate) fn record_problems(
    record: &Record,
    medium: &OnMedium<'_>,
    is_said: &dyn Fn(&ProblemKind) -> bool,
) -> Vec<ProblemRow> {
    record
        .problems
        .iter()
        .filter(|problem| !is_said(&problem.kind))
        .map(|problem| problem_row(problem, Some(record.id.number), |at| medium.at(at)))
        .collect()
}

/// A problem as a row; `place` maps its offset to the medium.
pub(crate) fn problem_row(
    problem: &byte_source::Problem,
    number: Option<u64>,
    place: impl Fn(u64) -> u64,
) -> ProblemRow {
    let placed = byte_source::Problem { at: place(problem.at), ..problem.clone() };
    ProblemRow {
        number,
        damage: placed.severity == byte_source::Severity::Damage,
        structure: placed.structure,
        at: Some(placed.at),
        what: placed.kind.statement(),
    }
}

/// A further name of a record as a row.
pub(crate) fn link_row(
    record: &Record,
    placed: &TreePlace<'_>,
    directories: &[DirectoryId],
    medium: &OnMedium<'_>,
) -> Option<LinkRow> {
    let link = placed.link?;
    Some(LinkRow {
        number: record.id.number,
        generation: Some(record.id.generation),
        directory: directories.get(placed.directory).copied().unwrap_or(DirectoryId::NONE),
        name: link.name.clone(),
        encoding: link.encoding,
        readable: readable_link(link),
        space: match link.space {
            NameSpace::Primary => "primary",
            NameSpace::Short => "short",
        },
        state: allocation_key(link.allocation),
        at: medium.at(link.at),
        times: link.times.as_deref().copied().unwrap_or_default(),
    })
}

fn details(record: &Record) -> Option<String> {
    if record.details.is_empty() {
        return None;
    }
    let mut object = serde_json::Map::new();
    for detail in &record.details {
        object.insert(detail.name.clone(), serde_json::Value::String(detail.value.clone()));
    }
    Some(serde_json::Value::Object(object).to_string())
}

pub(crate) fn stream_kind(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Data => "data",
        StreamKind::Alternate => "alternate",
        StreamKind::Stored => "stored",
        StreamKind::Slack => "slack",
    }
}

pub(crate) fn allocation_key(allocation: Allocation) -> &'static str {
    match allocation {
        Allocation::Allocated => "allocated",
        Allocation::Deleted => "deleted",
    }
}
