//! Attributes of a file as the contract's record and links.

use byte_source::{Problem, ProblemKind, Scratch, Severity, Structure};
use case_model::Times;
use words::term;

use super::attribute::{Attribute, type_code};
use super::boot_sector::BootSector;
use super::content::MetadataStream;
use super::file_name::FileName;
use super::file_record::{FileRecord, NAME};
use super::file_reference::FileReference;
use super::records::Records;
use super::reparse_point::ReparsePoint;
use super::standard_information::StandardInformation;
use super::{extended_attributes, metadata, object_id, streams, wof};
use crate::{Allocation, Detail, Link, Owner, Record, RecordKind, Space, Stream};

/// A record and its names.
pub(super) struct Assembled {
    pub(super) record: Record,
    pub(super) links: Vec<Link>,
    /// Clusters of attributes that are no streams.
    pub(super) space: Vec<Space>,
}

/// Puts a file together from the attributes of its base record `base` and of the records that extend it.
pub(super) fn assemble(
    base: &FileRecord<'_>,
    attributes: &[Attribute<'_>],
    records: &Records,
    metadata: &metadata::Directories,
    mut problems: Vec<Problem>,
    scratch: &mut Scratch,
) -> Assembled {
    let understood = Understood::read(base, attributes, records, &mut problems, scratch);
    let Understood { names, standard, reparse, kind, streams, details } = understood;
    let allocation = if base.is_in_use() { Allocation::Allocated } else { Allocation::Deleted };
    if allocation == Allocation::Deleted {
        // What a freed record lacks was released, not damaged; pumping its streams still tells what cannot be read.
        problems.iter_mut().for_each(|problem| problem.severity = Severity::Note);
    }
    let record = Record {
        metadata: metadata.holds(base.number, kind, &names),
        target: reparse.and_then(|reparse| reparse.target),
        details,
        streams,
        problems,
        ..record_of_fields(base, allocation, kind, standard.unwrap_or_default())
    };
    let space = match allocation {
        Allocation::Allocated => streams::other_space(attributes, record.id, &records.boot),
        Allocation::Deleted => Vec::new(),
    };
    Assembled { links: links(base.reference(), allocation, &names), record, space }
}

/// What the attributes of a file say.
struct Understood<'a> {
    names: Vec<FileName<'a>>,
    standard: Option<StandardInformation>,
    reparse: Option<ReparsePoint>,
    kind: RecordKind,
    streams: Vec<Stream>,
    details: Vec<Detail>,
}

impl<'a> Understood<'a> {
    fn read(
        base: &FileRecord<'_>,
        attributes: &[Attribute<'a>],
        records: &Records,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) -> Self {
        let boot = &records.boot;
        let names = names(attributes, problems);
        let standard = standard_information(attributes, problems);
        let reparse = ReparsePoint::find(attributes, boot, &*records.volume, problems, scratch);
        let kind = kind(base, attributes, &names, reparse.as_ref());
        let streams = streams(base, kind, attributes, boot, reparse.as_ref(), problems);
        let mut details = details(attributes, standard.as_ref(), reparse.as_ref());
        details.extend(extended_attributes(attributes, records, problems, scratch));
        Self { names, standard, reparse, kind, streams, details }
    }
}

/// The streams of a file, the content that it shows first.
fn streams(
    base: &FileRecord<'_>,
    kind: RecordKind,
    attributes: &[Attribute<'_>],
    boot: &BootSector,
    reparse: Option<&ReparsePoint>,
    problems: &mut Vec<Problem>,
) -> Vec<Stream> {
    let mut streams = streams::data_streams(attributes, boot, problems);
    // The empty unnamed stream of a file is not always written down.
    if kind == RecordKind::File && streams.first().is_none_or(|stream| !stream.name.is_empty()) {
        streams.insert(0, streams::empty());
    }
    if let Some(wof) = reparse.and_then(|reparse| reparse.wof) {
        wof::overlay(&mut streams, wof, base.place.first(), problems);
    }
    streams
}

/// A record as its own fields and `$STANDARD_INFORMATION` give it.
fn record_of_fields(
    base: &FileRecord<'_>,
    allocation: Allocation,
    kind: RecordKind,
    standard: StandardInformation,
) -> Record {
    Record {
        id: base.reference().id(),
        at: base.place.first(),
        kind,
        allocation,
        counted: base.is_in_use(),
        metadata: false,
        times: standard.times,
        mode: None,
        owner: standard.security_id.map(|uid| Owner { uid, gid: 0 }),
        links: Some(u32::from(base.link_count)),
        attributes: standard.file_attributes,
        target: None,
        details: Vec::new(),
        streams: Vec::new(),
        problems: Vec::new(),
    }
}

/// A slot in use of which nothing but its place is known.
pub(super) fn unknown(number: u64, at: u64, problem: Problem) -> Record {
    Record {
        id: FileReference { number, sequence: 0 }.id(),
        at,
        kind: RecordKind::Unknown,
        allocation: Allocation::Allocated,
        counted: true,
        metadata: number < metadata::FIRST_USER_RECORD,
        times: Times::default(),
        mode: None,
        owner: None,
        links: None,
        attributes: 0,
        target: None,
        details: Vec::new(),
        streams: Vec::new(),
        problems: vec![problem],
    }
}

fn kind(
    base: &FileRecord<'_>,
    attributes: &[Attribute<'_>],
    names: &[FileName<'_>],
    reparse: Option<&ReparsePoint>,
) -> RecordKind {
    if let Some(kind) = reparse.and_then(ReparsePoint::kind) {
        kind
    } else if base.is_directory() {
        RecordKind::Directory
    } else if names.is_empty() && metadata::RESERVED_RECORDS.contains(&base.number) {
        RecordKind::Reserved
    } else if attributes.is_empty() || !base.base.is_none() {
        RecordKind::Unknown
    } else {
        RecordKind::File
    }
}

/// The values of the resident attributes of one type; other ones of the type are damage.
fn values<'a>(
    attributes: &[Attribute<'a>],
    type_code: u32,
    problems: &mut Vec<Problem>,
) -> Vec<(u64, Structure<'a>)> {
    let mut values = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.type_code == type_code) {
        match attribute.value() {
            Some(value) => values.push((attribute.at, value)),
            None => {
                let how = ProblemKind::Inconsistent(term!("ntfs.attribute-must-resident-not"));
                problems.push(Problem::damage("attribute header", attribute.at, how));
            }
        }
    }
    values
}

fn names<'a>(attributes: &[Attribute<'a>], problems: &mut Vec<Problem>) -> Vec<FileName<'a>> {
    let mut names = Vec::new();
    for (at, value) in values(attributes, type_code::FILE_NAME, problems) {
        match FileName::parse(&value, at) {
            Ok(name) => names.push(name),
            Err(bounds) => problems.push(bounds.into()),
        }
    }
    names
}

/// The links that the names stand for; the root directory is in itself, which is no link.
fn links(child: FileReference, allocation: Allocation, names: &[FileName<'_>]) -> Vec<Link> {
    let is_root = |name: &FileName<'_>| {
        child.number == metadata::ROOT && name.parent.number == metadata::ROOT
    };
    names
        .iter()
        .filter(|name| !is_root(name))
        .map(|name| name.link(child, allocation, names))
        .collect()
}

fn standard_information(
    attributes: &[Attribute<'_>],
    problems: &mut Vec<Problem>,
) -> Option<StandardInformation> {
    let values = values(attributes, type_code::STANDARD_INFORMATION, problems);
    let (_, value) = values.first()?;
    StandardInformation::parse(value).map_err(|bounds| problems.push(bounds.into())).ok()
}

fn details(
    attributes: &[Attribute<'_>],
    standard: Option<&StandardInformation>,
    reparse: Option<&ReparsePoint>,
) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut push =
        |name: &str, value: String| details.push(Detail { name: name.to_owned(), value });
    if let Some(id) = standard.and_then(|standard| standard.security_id) {
        push("security_id", id.to_string());
    }
    if let Some(usn) = standard.and_then(|standard| standard.usn).filter(|usn| *usn != 0) {
        push("usn", usn.to_string());
    }
    if let Some(reparse) = reparse {
        push("reparse_tag", format!("{:#010x}", reparse.tag));
    }
    details.extend(object_id::details(attributes));
    details
}

fn extended_attributes(
    attributes: &[Attribute<'_>],
    records: &Records,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Vec<Detail> {
    const NAME: &str = "$EA";
    /// All extended attributes of a file take less than 64 KiB.
    const LIMIT: u64 = 64 << 10;
    let Some(attribute) = attributes.iter().find(|attribute| attribute.type_code == type_code::EA)
    else {
        return Vec::new();
    };
    if let Some(value) = attribute.value() {
        return extended_attributes::details(
            &Structure::new(NAME, value.at(), value.all()),
            problems,
        );
    }
    let stream = streams::find(attributes, type_code::EA, attribute.name, &records.boot, problems);
    let Some(stream) = stream else { return Vec::new() };
    let content = MetadataStream { name: NAME, at: attribute.at, stream: &stream, limit: LIMIT };
    let bytes = content.read(&*records.volume, problems, scratch);
    extended_attributes::details(&Structure::new(NAME, attribute.at, &bytes), problems)
}

/// A record that says it is in use and holds nothing.
pub(super) fn no_attributes(at: u64) -> Problem {
    Problem::damage(
        NAME,
        at,
        ProblemKind::Inconsistent(term!("ntfs.record-use-without-attributes")),
    )
}
