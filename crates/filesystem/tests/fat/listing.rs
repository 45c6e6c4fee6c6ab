//! What a file system holds, as a table of paths with the digests of their content: for comparison with other programs.

#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use byte_source::{Piece, Problem, Scratch, Severity, Source};
use case_model::{readable_name, to_hex};
use filesystem::{
    Allocation, Confidence, FileSystem, FileSystemKind, Found, Link, LinkParent, NameSpace,
    OpenOptions, Record, RecordKind, StreamKind, pump, recognise,
};
use md5::{Digest, Md5};

/// One name of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) number: u64,
    pub(crate) kind: RecordKind,
    pub(crate) allocated: bool,
    pub(crate) metadata: bool,
    pub(crate) assumed: bool,
    pub(crate) size: u64,
    pub(crate) md5: String,
    /// Bytes that could not be had.
    pub(crate) bad: u64,
    pub(crate) problems: Vec<Problem>,
    pub(crate) record: Record,
}

/// Everything that a complete scan gave.
pub(crate) struct Listing {
    pub(crate) rows: BTreeMap<String, Vec<Row>>,
    pub(crate) short_names: Vec<Link>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) counted: u64,
    pub(crate) expected: Vec<u64>,
    pub(crate) unallocated: Vec<std::ops::Range<u64>>,
    pub(crate) summary: filesystem::Summary,
}

impl Listing {
    pub(crate) fn row(&self, path: &str, allocated: bool) -> Option<&Row> {
        self.rows.get(path)?.iter().find(|row| row.allocated == allocated)
    }

    /// What directories list: all but the file system's structures and lost chains.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&String, &Vec<Row>)> {
        self.rows.iter().filter(|(path, _)| {
            !["/$Metadata/", "/$LostChains/"].iter().any(|folder| path.starts_with(folder))
        })
    }

    pub(crate) fn row_ignoring_case(&self, path: &str) -> Option<&Row> {
        self.rows
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(path))
            .and_then(|(_, rows)| rows.first())
    }

    /// Everything that costs evidence, with the path it belongs to.
    pub(crate) fn damage(&self) -> Vec<String> {
        let of_rows = self.rows.iter().flat_map(|(path, rows)| {
            rows.iter().flat_map(move |row| {
                row.problems.iter().map(move |problem| (path.as_str(), problem))
            })
        });
        let all = of_rows.chain(self.problems.iter().map(|problem| ("", problem)));
        all.filter(|(_, problem)| problem.severity == Severity::Damage)
            .map(|(path, problem)| format!("{path}: {problem}"))
            .collect()
    }
}

pub(crate) fn open(
    volume: Arc<dyn Source>,
    options: &OpenOptions,
) -> Option<(FileSystemKind, Box<dyn FileSystem>)> {
    let mut scratch = Scratch::new();
    let (recognised, format) = recognise(&*volume, &mut scratch).into_iter().next()?;
    Some((
        recognised.kind,
        format.open(volume, options, &mut scratch).expect("a recognised volume opens"),
    ))
}

pub(crate) fn list(fs: &dyn FileSystem) -> Listing {
    let mut scratch = Scratch::new();
    let space = fs.record_space();
    let mut records = HashMap::new();
    let mut links = Vec::new();
    let mut problems = Vec::new();
    let mut counted = 0;
    let mut part = 0;
    while part < space.slots {
        let end = (part + space.part).min(space.slots);
        fs.scan(part..end, &mut scratch, &mut |found| match found {
            Found::Record(record) => {
                counted += u64::from(record.counted);
                let before = records.insert(record.id.number, *record);
                assert!(before.is_none(), "record {:?} came twice", before.map(|record| record.id));
            }
            Found::Link(link) => links.push(*link),
            Found::Problem(problem) => problems.push(problem),
            Found::Extension(_) | Found::Space(_) => {}
        });
        part = end;
    }
    let census = fs.census(&mut scratch);
    problems.extend(census.problems);
    problems.extend(fs.summary().problems.iter().cloned());
    let mut unallocated = Vec::new();
    problems.extend(fs.unallocated(&mut scratch, &mut |range| unallocated.push(range)));
    let short_names = links.iter().filter(|link| link.space == NameSpace::Short).cloned().collect();
    links.retain(|link| link.space == NameSpace::Primary);
    let rows = rows(fs, &records, &links, &mut scratch);
    Listing {
        rows,
        short_names,
        problems,
        counted,
        expected: census.tallies.iter().map(|tally| tally.expected).collect(),
        unallocated,
        summary: fs.summary().clone(),
    }
}

fn rows(
    fs: &dyn FileSystem,
    records: &HashMap<u64, Record>,
    links: &[Link],
    scratch: &mut Scratch,
) -> BTreeMap<String, Vec<Row>> {
    let by_child: HashMap<u64, &Link> =
        links.iter().map(|link| (link.child.number, link)).collect();
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for link in links {
        let record = &records[&link.child.number];
        let again =
            fs.record(record.id, scratch).expect("a record that the scan gave is found again");
        assert_eq!(
            (again.id, &again.streams, again.kind),
            (record.id, &record.streams, record.kind)
        );
        let row = row(fs, record, link, scratch);
        rows.entry(path(link, &by_child)).or_default().push(row);
    }
    rows
}

fn path(link: &Link, by_child: &HashMap<u64, &Link>) -> String {
    let mut names = Vec::new();
    let mut link = link;
    for _ in 0..5000 {
        names.push(
            link.readable.clone().unwrap_or_else(|| readable_name(&link.name, link.encoding)),
        );
        match link.parent {
            LinkParent::Directory(parent) if parent.number == 0 => break,
            LinkParent::Directory(parent) => link = by_child[&parent.number],
            LinkParent::Virtual(folder) => {
                names.push(folder.to_owned());
                break;
            }
        }
    }
    names.reverse();
    format!("/{}", names.join("/"))
}

fn row(fs: &dyn FileSystem, record: &Record, link: &Link, scratch: &mut Scratch) -> Row {
    let stream = record.streams.iter().find(|stream| stream.kind == StreamKind::Data);
    let mut md5 = Md5::new();
    let mut bad = 0;
    let mut length = 0;
    if let Some(stream) = stream {
        let _ = pump(&**fs.volume(), stream, scratch, &mut |piece| {
            length += piece.len();
            match piece {
                Piece::Data { bytes, .. } => md5.update(bytes),
                Piece::Zero(count) => (0..count).for_each(|_| md5.update([0])),
                Piece::Bad(count, _) => bad += count,
            }
            ControlFlow::Continue(())
        });
        assert_eq!(length, stream.size);
    }
    Row {
        number: record.id.number,
        kind: record.kind,
        allocated: link.allocation == Allocation::Allocated,
        metadata: record.metadata,
        assumed: stream.is_some_and(|stream| stream.confidence != Confidence::Recorded),
        size: stream.map_or(0, |stream| stream.size),
        md5: if bad == 0 { to_hex(&md5.finalize()) } else { String::new() },
        bad,
        problems: record.problems.clone(),
        record: record.clone(),
    }
}
