//! Reading an image with the reader under test, and naming what it found.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use byte_source::{MappedFile, MemorySource, Piece, Problem, Scratch, Severity, Source};
use filesystem::{
    Allocation, FileSystem, Found, Link, LinkParent, OpenOptions, Record, RecordKind, Stream, pump,
    recognise,
};
use md5::Md5;
use sha2::{Digest, Sha256};

/// Everything that a scan found.
pub(crate) struct Reading {
    pub(crate) fs: Box<dyn FileSystem>,
    pub(crate) records: BTreeMap<u64, Record>,
    pub(crate) links: Vec<Link>,
    pub(crate) problems: Vec<Problem>,
}

pub(crate) fn read_file(path: &Path) -> Reading {
    let file = File::open(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    read_source(Arc::new(MappedFile::new(&file).unwrap()))
}

pub(crate) fn read_bytes(bytes: Vec<u8>) -> Reading {
    read_source(Arc::new(MemorySource::new(bytes)))
}

pub(crate) fn open_source(source: Arc<dyn Source>) -> Option<Result<Box<dyn FileSystem>, Problem>> {
    let mut scratch = Scratch::new();
    let (_, format) =
        recognise(&*source, &mut scratch).into_iter().find(|(_, format)| format.name == "ext")?;
    Some(format.open(source, &OpenOptions::default(), &mut scratch))
}

pub(crate) fn read_source(source: Arc<dyn Source>) -> Reading {
    scan(open_source(source).expect("recognised").expect("opened"))
}

pub(crate) fn scan(fs: Box<dyn FileSystem>) -> Reading {
    let mut scratch = Scratch::new();
    let mut records = BTreeMap::new();
    let mut links = Vec::new();
    let mut problems = fs.summary().problems.clone();
    let space = fs.record_space();
    let mut from = 0;
    while from < space.slots {
        fs.scan(from..from + space.part, &mut scratch, &mut |found| match found {
            Found::Record(record) => {
                problems.extend(record.problems.iter().cloned());
                assert!(records.insert(record.id.number, *record).is_none(), "a record came twice");
            }
            Found::Link(link) => links.push(*link),
            Found::Problem(problem) => problems.push(problem),
            Found::Space(_) => {}
            Found::Extension(_) => panic!("ext has no extension records"),
        });
        from += space.part;
    }
    Reading { fs, records, links, problems }
}

impl Reading {
    /// Path of every allocated name (raw bytes), with its record.
    pub(crate) fn paths(&self) -> BTreeMap<Vec<u8>, &Record> {
        self.paths_of(Allocation::Allocated)
    }

    /// Path of every name of this state, with its record.
    pub(crate) fn paths_of(&self, allocation: Allocation) -> BTreeMap<Vec<u8>, &Record> {
        let mut parents: HashMap<u64, (u64, &[u8])> = HashMap::new();
        for link in self.links.iter().filter(|link| link.allocation == Allocation::Allocated) {
            if let LinkParent::Directory(parent) = link.parent {
                parents.insert(link.child.number, (parent.number, &link.name));
            }
        }
        let folder = |mut number: u64| {
            let mut path = Vec::new();
            while number != self.fs.root().number {
                let (parent, name) = parents.get(&number)?;
                path = [b"/", *name, &path].concat();
                number = *parent;
            }
            Some(path)
        };
        let mut paths = BTreeMap::new();
        for link in self.links.iter().filter(|link| link.allocation == allocation) {
            let LinkParent::Directory(parent) = link.parent else { continue };
            let (Some(folder), Some(record)) =
                (folder(parent.number), self.records.get(&link.child.number))
            else {
                continue;
            };
            paths.insert([&folder, b"/".as_slice(), &link.name].concat(), record);
        }
        paths
    }

    /// Paths of all files, with the digests of their content.
    pub(crate) fn files(&self) -> BTreeMap<Vec<u8>, Content> {
        let files = self.paths().into_iter().filter(|(_, record)| record.kind == RecordKind::File);
        files.map(|(path, record)| (path, self.content(&record.streams[0]))).collect()
    }

    pub(crate) fn content(&self, stream: &Stream) -> Content {
        content(&**self.fs.volume(), stream)
    }

    /// Problems that cost evidence.
    pub(crate) fn damage(&self) -> Vec<String> {
        let damage = self.problems.iter().filter(|problem| problem.severity == Severity::Damage);
        damage.map(ToString::to_string).collect()
    }

    /// The reconciliation: records that count, and what the metadata says.
    pub(crate) fn assert_reconciled(&self) {
        let census = self.fs.census(&mut Scratch::new());
        let counted = self.records.values().filter(|record| record.counted).count() as u64;
        assert_eq!(census.tallies.len(), 1);
        assert_eq!(census.tallies[0].expected, counted, "{:?}", census.problems);
    }
}

/// Digests and length of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) size: u64,
    pub(crate) bad: u64,
    pub(crate) md5: String,
    pub(crate) sha256: String,
}

pub(crate) fn content(volume: &dyn Source, stream: &Stream) -> Content {
    let mut md5 = Md5::new();
    let mut sha256 = Sha256::new();
    let mut size = 0;
    let mut bad = 0;
    let zeros = vec![0; 1 << 16];
    let _ = pump(volume, stream, &mut Scratch::new(), &mut |piece| {
        size += piece.len();
        match piece {
            Piece::Data { bytes, .. } => {
                md5.update(bytes);
                sha256.update(bytes);
            }
            Piece::Zero(mut count) => {
                while count > 0 {
                    let here = count.min(zeros.len() as u64);
                    md5.update(&zeros[..here as usize]);
                    sha256.update(&zeros[..here as usize]);
                    count -= here;
                }
            }
            Piece::Bad(count, _) => bad += count,
        }
        ControlFlow::Continue(())
    });
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Content { size, bad, md5: hex(&md5.finalize()), sha256: hex(&sha256.finalize()) }
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
