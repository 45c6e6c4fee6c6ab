//! From a record and what its streams gave to the rows that are stored.

use analysis::{Analysers, NamedStream, RecordFacts};
use byte_source::ProblemKind;
use case_model::NameEncoding;
use case_store::{DirectoryId, EntryRow, LinkRow, MediumRun, ProblemRow, encode_judged_extents};
use evidence::{OnMedium, TreePlace, readable_link};
use filesystem::{Allocation, Confidence, FileSystem, NameSpace, Record, Stream, StreamKind};
use words::Statement;

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
    let runs: Vec<MediumRun> = found
        .extents
        .iter()
        .map(|extent| MediumRun { length: extent.length, at: extent.at })
        .collect();
    Some(encode_judged_extents(found.exactness, &runs))
}

/// The name of a record at one of its places, as it is stored.
struct EntryName {
    raw: Vec<u8>,
    encoding: NameEncoding,
    readable: String,
}

impl EntryName {
    /// Returns the name at `placed`. A record without a directory and a name is called by its number.
    fn of(record: &Record, placed: TreePlace<'_>) -> Self {
        let without_name =
            |readable| Self { raw: Vec::new(), encoding: NameEncoding::Bytes, readable };
        match placed.link {
            Some(link) => Self {
                raw: link.name.clone(),
                encoding: link.encoding,
                readable: readable_link(link),
            },
            None if placed.orphan => without_name(format!("OrphanFile-{}", record.id.number)),
            None => without_name(String::new()),
        }
    }
}

/// The columns of a row that describe its stream.
struct StreamColumns {
    ordinal: u32,
    kind: &'static str,
    name: Vec<u8>,
    size: u64,
    valid: u64,
    confidence: Option<Statement>,
}

/// The columns of an object without a stream.
impl Default for StreamColumns {
    fn default() -> Self {
        Self { ordinal: 0, kind: "none", name: Vec::new(), size: 0, valid: 0, confidence: None }
    }
}

impl StreamColumns {
    fn of(ordinal: usize, stream: &Stream) -> Self {
        Self {
            ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
            kind: stream_kind(stream.kind),
            name: stream.name.clone(),
            size: stream.size,
            valid: stream.valid,
            confidence: match stream.confidence {
                Confidence::Recorded => None,
                Confidence::Assumed(how) => Some(how.into()),
            },
        }
    }
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
    let EntryName { raw, encoding, readable } = EntryName::of(record, placed);
    // Names of streams are coded as the names of files are; a record without a name is an NTFS record, whose names are UTF-16.
    let stream_encoding = placed.link.map_or(NameEncoding::Utf16Le, |link| link.encoding);
    let facts = stream.map(|(_, stream)| record_facts(record.allocation, stream));
    let stream =
        stream.map(|(ordinal, stream)| StreamColumns::of(ordinal, stream)).unwrap_or_default();
    let directory = directories.get(placed.directory).copied().unwrap_or(DirectoryId::NONE);
    let row = EntryRow {
        number: record.id.number,
        generation: record.id.generation,
        stream: stream.ordinal,
        stream_kind: stream.kind,
        stream_name: (stream.name, stream_encoding),
        name: raw,
        encoding,
        readable,
        orphan: placed.orphan,
        metadata: record.metadata,
        at: medium.at(record.at),
        size: stream.size,
        valid: stream.valid,
        times: record.times,
        name_times: placed.link.and_then(|link| link.times.as_deref().copied()),
        mode: record.mode,
        owner: record.owner.map(|owner| (owner.uid, owner.gid)),
        links: record.links,
        attributes: record.attributes,
        target: record.target.clone(),
        details: details(record),
        confidence: stream.confidence,
        ..EntryRow::without_content(record.kind.key(), allocation_key(record.allocation), directory)
    };
    with_result(row, facts, analysers, result)
}

/// Returns the row with what reading its stream gave. `facts` are those of the record; without a stream there are none.
pub(crate) fn with_result(
    row: EntryRow,
    facts: Option<RecordFacts>,
    analysers: &Analysers,
    result: StreamResult,
) -> EntryRow {
    let named = facts.map(|record| NamedStream {
        size: row.size,
        record,
        name: &row.name,
        encoding: row.encoding,
        readable: &row.readable,
        stream_name: &row.stream_name.0,
    });
    let (content_type, findings) =
        finding_rows(analysers, named, result.disposition, result.findings);
    EntryRow {
        disposition: result.disposition,
        rule: result.rule,
        content_type,
        findings,
        digests: result.digests,
        unreadable: result.unreadable,
        ..row
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
