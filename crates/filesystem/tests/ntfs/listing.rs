//! A volume as a list of streams with paths and digests, the way a user of the contract makes one.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use byte_source::{
    MappedFile, Piece, Problem, ProblemKind, Scratch, Section, Severity, Source, index,
};
use case_model::{NameEncoding, readable_name};
use filesystem::{
    Allocation, Extension, FileSystem, FileSystemKind, Found, Layout, Link, LinkParent, NameSpace,
    OpenOptions, Record, RecordId, RecordRef, Stream, StreamKind, pump, pump_from, recognise,
};
use md5::{Digest, Md5};
use words::term;

/// Everything that a scan handed over.
pub(crate) struct Volume {
    pub(crate) file_system: Box<dyn FileSystem>,
    pub(crate) records: Vec<Record>,
    pub(crate) links: Vec<Link>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) problems: Vec<Problem>,
}

/// One stream under one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: RecordId,
    pub(crate) allocation: Allocation,
    pub(crate) size: u64,
    pub(crate) md5: String,
    /// Bytes that could not be read.
    pub(crate) lost: u64,
}

/// The volume of an image file from byte `offset` on.
pub(crate) fn image(path: &Path, offset: u64) -> Arc<dyn Source> {
    let whole: Arc<dyn Source> = Arc::new(MappedFile::new(&File::open(path).unwrap()).unwrap());
    let length = whole.len();
    Arc::new(Section::new(whole, offset..length))
}

pub(crate) fn open(source: Arc<dyn Source>) -> Result<Box<dyn FileSystem>, Problem> {
    let mut scratch = Scratch::new();
    let found = recognise(&*source, &mut scratch);
    let Some((_, format)) = found.iter().find(|(found, _)| found.kind == FileSystemKind::Ntfs)
    else {
        return Err(Problem::damage(
            "volume",
            0,
            ProblemKind::Inconsistent(term!("test.not-recognised-ntfs")),
        ));
    };
    format.open(source, &OpenOptions::default(), &mut scratch)
}

impl Volume {
    pub(crate) fn scan(source: Arc<dyn Source>) -> Self {
        let file_system = open(source).unwrap();
        let mut records = Vec::new();
        let mut links = Vec::new();
        let mut extensions = Vec::new();
        let mut problems = file_system.summary().problems.clone();
        let space = file_system.record_space();
        let mut scratch = Scratch::new();
        // Parts backwards: they must not depend on each other.
        for part in (0..space.slots.div_ceil(space.part)).rev() {
            let start = part * space.part;
            file_system.scan(
                start..(start + space.part).min(space.slots),
                &mut scratch,
                &mut |found| match found {
                    Found::Record(record) => records.push(*record),
                    Found::Link(link) => links.push(*link),
                    Found::Extension(extension) => extensions.push(extension),
                    Found::Problem(problem) => problems.push(problem),
                    Found::Space(_) => {}
                },
            );
        }
        problems.extend(records.iter().flat_map(|record| record.problems.clone()));
        Self { file_system, records, links, extensions, problems }
    }

    pub(crate) fn damage(&self) -> Vec<String> {
        let damage = self.problems.iter().filter(|problem| problem.severity == Severity::Damage);
        damage.map(ToString::to_string).collect()
    }

    /// Every tally of the census against what the scan counted.
    pub(crate) fn assert_reconciled(&self) {
        let counted = self.records.iter().filter(|record| record.counted).count()
            + self.extensions.iter().filter(|extension| extension.counted).count();
        let census = self.file_system.census(&mut Scratch::new());
        assert_eq!(census.problems, []);
        for tally in census.tallies {
            assert_eq!(tally.expected, counted as u64, "{}", tally.what);
        }
    }

    pub(crate) fn record(&self, number: u64) -> &Record {
        self.records.iter().find(|record| record.id.number == number).unwrap()
    }

    /// The paths of a record: one for each name that people see. Those of orphans begin with `?`.
    pub(crate) fn paths(&self) -> HashMap<u64, Vec<(String, Allocation)>> {
        let mut by_child: HashMap<u64, Vec<&Link>> = HashMap::new();
        let ids: HashMap<u64, RecordId> =
            self.records.iter().map(|record| (record.id.number, record.id)).collect();
        // A link to a record that was used again names nothing that is still there.
        let is_of = |link: &&Link| {
            let id = ids.get(&link.child.number);
            id.is_some_and(|id| {
                link.child.generation.is_none_or(|generation| generation == id.generation)
            })
        };
        for link in self.links.iter().filter(|link| link.space == NameSpace::Primary).filter(is_of)
        {
            by_child.entry(link.child.number).or_default().push(link);
        }
        let mut paths = HashMap::new();
        for (child, links) in &by_child {
            let of = |link: &&Link| (self.path(link, &by_child, &ids, 0), link.allocation);
            paths.insert(*child, links.iter().map(of).collect());
        }
        paths
    }

    fn path(
        &self,
        link: &Link,
        by_child: &HashMap<u64, Vec<&Link>>,
        ids: &HashMap<u64, RecordId>,
        depth: usize,
    ) -> String {
        let name = readable_name(&link.name, NameEncoding::Utf16Le);
        let LinkParent::Directory(parent) = link.parent else {
            panic!("NTFS has no virtual folders")
        };
        if parent.number == self.file_system.root().number {
            return format!("/{name}");
        }
        let is_there = ids.get(&parent.number).is_some_and(|id| RecordRef::from(*id) == parent);
        match by_child.get(&parent.number).and_then(|links| links.first()) {
            Some(above) if is_there && depth < 300 => {
                format!("{}/{name}", self.path(above, by_child, ids, depth + 1))
            }
            _ => format!("?/{name}"),
        }
    }

    /// All streams by path, `path:name` for alternate ones, content digested.
    pub(crate) fn rows(&self) -> BTreeMap<String, Row> {
        let paths = self.paths();
        let mut rows = BTreeMap::new();
        for record in &self.records {
            let unnamed = vec![(format!("?record-{}", record.id.number), record.allocation)];
            for (path, _) in paths.get(&record.id.number).unwrap_or(&unnamed) {
                for stream in &record.streams {
                    let path = match stream.kind {
                        StreamKind::Data => path.clone(),
                        _ => {
                            format!("{path}:{}", readable_name(&stream.name, NameEncoding::Utf16Le))
                        }
                    };
                    let (md5, lost) = self.digest(stream);
                    let row = Row {
                        id: record.id,
                        allocation: record.allocation,
                        size: stream.size,
                        md5,
                        lost,
                    };
                    assert_eq!(rows.insert(path.clone(), row), None, "{path} twice");
                }
            }
        }
        rows
    }

    pub(crate) fn digest(&self, stream: &Stream) -> (String, u64) {
        let mut md5 = Md5::new();
        let mut total = 0;
        let mut lost = 0;
        let zeros = vec![0; 1 << 20];
        let _ = pump(&**self.file_system.volume(), stream, &mut Scratch::new(), &mut |piece| {
            total += piece.len();
            match piece {
                Piece::Data { bytes, .. } => md5.update(bytes),
                Piece::Zero(mut count) => {
                    while count > 0 {
                        let now = count.min(zeros.len() as u64);
                        md5.update(&zeros[..index(now)]);
                        count -= now;
                    }
                }
                Piece::Bad(count, _) => lost += count,
            }
            ControlFlow::Continue(())
        });
        assert_eq!(total, stream.size, "the pieces add up to the size");
        if matches!(stream.layout, Layout::Coded(_)) {
            let volume = self.file_system.volume().as_ref();
            assert_begun_anywhere_gives_the_same(volume, stream, &bytes_from(volume, stream, 0));
        }
        (md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect(), lost)
    }
}

/// The bytes of a stream from byte `from` on; none in the place of a bad one.
pub(crate) fn bytes_from(volume: &dyn Source, stream: &Stream, from: u64) -> Vec<Option<u8>> {
    let mut all = Vec::new();
    let _ = pump_from(volume, stream, from, &mut Scratch::new(), &mut |piece| {
        match piece {
            Piece::Data { bytes, .. } => all.extend(bytes.iter().copied().map(Some)),
            Piece::Zero(count) => all.resize(all.len() + index(count), Some(0)),
            Piece::Bad(count, _) => all.resize(all.len() + index(count), None),
        }
        ControlFlow::Continue(())
    });
    all
}

/// Reading a coded stream can begin within every unit of it: what a scan that was broken off goes on with.
pub(crate) fn assert_begun_anywhere_gives_the_same(
    volume: &dyn Source,
    stream: &Stream,
    all: &[Option<u8>],
) {
    let Layout::Coded(coded) = &stream.layout else { return };
    let unit = u64::from(coded.unit_bytes);
    let last = stream.size / unit;
    for border in [1, last / 2, last].map(|number| number * unit) {
        for from in [border.saturating_sub(1), border, border + unit / 2] {
            if from <= stream.size {
                assert!(bytes_from(volume, stream, from) == all[index(from)..], "from byte {from}");
            }
        }
    }
}
