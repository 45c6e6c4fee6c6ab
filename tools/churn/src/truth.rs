//! What the driver that wrote a disk says is on it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use faults::{Attempt, Outcome};
use rustix::fs::{SeekFrom as Sparse, lgetxattr, llistxattr, seek};
use sha2::{Digest, Sha256};

use crate::file_systems::Family;

/// A stream of more bytes is compared by the ranges that hold data.
const MOST_HASHED: u64 = 256 << 20;
/// So much of a range with data is compared.
const MOST_OF_RANGE: u64 = 4 << 20;
/// So many ranges are compared.
const MOST_RANGES: usize = 1000;
/// The longest list of names and the longest value of an attribute.
const MOST_ATTRIBUTE: usize = 1 << 20;

/// An entry that is there.
#[derive(Debug)]
pub(crate) struct Entry {
    /// From the root, which is `/`.
    pub(crate) path: Vec<u8>,
    /// As athar's export writes it: `file`, `directory`, `link`, `fifo`, …; `broken`: the driver itself cannot reach it.
    pub(crate) kind: &'static str,
    pub(crate) record: u64,
    pub(crate) links: u64,
    /// Since 1970, in nanoseconds.
    pub(crate) modified: i128,
    /// Of a file.
    pub(crate) content: Option<Content>,
    /// Of a symbolic link.
    pub(crate) target: Option<Vec<u8>>,
    /// Attributes `user.*` of ext, with their values.
    pub(crate) attributes: BTreeMap<String, Vec<u8>>,
    /// Alternate streams of NTFS, by name.
    pub(crate) streams: BTreeMap<String, Content>,
}

/// The bytes of a stream.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) size: u64,
    pub(crate) bytes: Bytes,
}

/// As much of them as can be compared.
#[derive(Debug)]
pub(crate) enum Bytes {
    /// The SHA-256 of all bytes.
    Whole(String),
    /// Ranges that hold data, with their SHA-256.
    Ranges(Vec<Range>),
    /// The driver cannot read it.
    Unreadable,
}

/// Bytes of a stream.
#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) at: u64,
    pub(crate) length: u64,
    pub(crate) sha256: String,
}

/// Returns all entries of a mounted file system, and the root.
///
/// # Errors
/// The driver cannot list a directory.
pub(crate) fn walk(family: Family, root: &Path) -> Outcome<Vec<Entry>> {
    let mut waiting = vec![Vec::new()];
    let mut entries = Vec::new();
    while let Some(path) = waiting.pop() {
        let at = if path.is_empty() {
            root.to_owned()
        } else {
            root.join(OsStr::from_bytes(&path[1..]))
        };
        let entry = entry(family, &at, path).when(at.display())?;
        if entry.kind == "directory" {
            for child in fs::read_dir(&at).when(at.display())? {
                let name = child.when(at.display())?.file_name().into_vec();
                let parent = if entry.path == b"/" { &[] } else { entry.path.as_slice() };
                waiting.push([parent, b"/", &name].concat());
            }
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(family: Family, at: &Path, path: Vec<u8>) -> io::Result<Entry> {
    let path = if path.is_empty() { b"/".to_vec() } else { path };
    let attributes = BTreeMap::new();
    let streams = BTreeMap::new();
    let Ok(status) = fs::symlink_metadata(at) else {
        // ntfs-3g leaves names without a record when the disk is full.
        let record = 0;
        let links = 0;
        let modified = 0;
        let nothing = (None, None);
        return Ok(Entry {
            path,
            kind: "broken",
            record,
            links,
            modified,
            content: nothing.0,
            target: nothing.1,
            attributes,
            streams,
        });
    };
    let kind = kind(&status);
    let modified = i128::from(status.mtime()) * 1_000_000_000 + i128::from(status.mtime_nsec());
    let mut entry = Entry {
        path,
        kind,
        record: status.ino(),
        links: status.nlink(),
        modified,
        content: None,
        target: None,
        attributes,
        streams,
    };
    match kind {
        "file" => entry.content = Some(content(at)),
        "link" => entry.target = Some(fs::read_link(at)?.into_os_string().into_vec()),
        _ => {}
    }
    if matches!(kind, "file" | "directory") {
        match family {
            Family::Ext => entry.attributes = attributes_of(at)?,
            Family::Ntfs => entry.streams = streams_of(at),
            Family::Exfat | Family::Fat => {}
        }
    }
    Ok(entry)
}

fn kind(status: &Metadata) -> &'static str {
    let kind = status.file_type();
    match () {
        () if kind.is_dir() => "directory",
        () if kind.is_symlink() => "link",
        () if kind.is_fifo() => "fifo",
        () if kind.is_socket() => "socket",
        () if kind.is_char_device() => "character-device",
        () if kind.is_block_device() => "block-device",
        () => "file",
    }
}

fn content(at: &Path) -> Content {
    let read = File::open(at).and_then(|mut file| {
        let size = file.metadata()?.len();
        let bytes = if size > MOST_HASHED {
            Bytes::Ranges(ranges(&mut file)?)
        } else {
            whole(&mut file, size)?
        };
        Ok(Content { size, bytes })
    });
    let size = || fs::symlink_metadata(at).map_or(0, |status| status.len());
    read.unwrap_or_else(|_| Content { size: size(), bytes: Bytes::Unreadable })
}

fn whole(file: &mut File, size: u64) -> io::Result<Bytes> {
    let (sha256, read) = digest(file)?;
    Ok(if read == size { Bytes::Whole(sha256) } else { Bytes::Unreadable })
}

/// The ranges with data, each up to a limit. A driver that knows no holes says that everything is data: then it is the first bytes.
fn ranges(file: &mut File) -> io::Result<Vec<Range>> {
    let mut ranges = Vec::new();
    let mut place = 0;
    while ranges.len() < MOST_RANGES {
        let Ok(at) = seek(&*file, Sparse::Data(place)) else { break };
        place = seek(&*file, Sparse::Hole(at))?;
        file.seek(SeekFrom::Start(at))?;
        let length = (place - at).min(MOST_OF_RANGE);
        let (sha256, _) = digest(&mut file.take(length))?;
        ranges.push(Range { at, length, sha256 });
    }
    Ok(ranges)
}

/// Returns the SHA-256 of what a reader gives, and how many bytes these are.
pub(crate) fn digest(source: &mut impl Read) -> io::Result<(String, u64)> {
    let mut state = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        let count = source.read(&mut buffer)?;
        if count == 0 {
            return Ok((hex(&state.finalize()), total));
        }
        state.update(&buffer[..count]);
        total += count as u64;
    }
}

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes_of(at: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut names = vec![0; MOST_ATTRIBUTE];
    let length = llistxattr(at, &mut names[..])?;
    let mut found = BTreeMap::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| name.starts_with(b"user.")) {
        let mut value = vec![0; MOST_ATTRIBUTE];
        let length = lgetxattr(at, name, &mut value[..])?;
        value.truncate(length);
        found.insert(String::from_utf8_lossy(name).into_owned(), value);
    }
    Ok(found)
}

fn streams_of(at: &Path) -> BTreeMap<String, Content> {
    let mut names = vec![0; MOST_ATTRIBUTE];
    // ntfs-3g says "no such attribute" where there are no streams.
    let length = lgetxattr(at, "ntfs.streams.list", &mut names[..]).unwrap_or(0);
    let names = names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names
        .map(|name| {
            let whole = [at.as_os_str().as_bytes(), b":", name].concat();
            (
                String::from_utf8_lossy(name).into_owned(),
                content(Path::new(OsStr::from_bytes(&whole))),
            )
        })
        .collect()
}
