//! Evidence for tests: files of a folder beside each other, shared images unpacked, other programs.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    missing_docs,
    reason = "every test uses a part of it"
)]

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use byte_source::{BadReason, MappedFile, MemorySource, Piece, PositionedFile, Scratch, Source};
use disk_image::{ImageError, Neighbours, OpenedImage};
use md5::{Digest, Md5};

/// The files of a folder.
pub struct Folder {
    pub path: PathBuf,
    /// Read with `pread` instead of a map.
    pub positioned: bool,
}

impl Folder {
    fn source(&self, name: &str) -> io::Result<Arc<dyn Source>> {
        let file = File::open(self.path.join(name))?;
        let len = file.metadata()?.len();
        if self.positioned {
            return Ok(Arc::new(PositionedFile::new(file, len)));
        }
        Ok(Arc::new(MappedFile::new(&file)?))
    }
}

impl Neighbours for Folder {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn Source>>> {
        match self.source(name) {
            Ok(source) => Ok(Some(source)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        match std::fs::read_dir(&self.path) {
            Ok(entries) => {
                entries.map(|entry| Ok(entry?.file_name().into_string().unwrap())).collect()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// Opens the image at `path` through a map.
pub fn open(path: &Path) -> Result<OpenedImage, ImageError> {
    open_by(path, false)
}

/// Opens the image at `path` through a map or with `pread`.
pub fn open_by(path: &Path, positioned: bool) -> Result<OpenedImage, ImageError> {
    let folder = Folder { path: path.parent().unwrap().to_owned(), positioned };
    let name = path.file_name().unwrap().to_str().unwrap();
    let first = folder.source(name).unwrap();
    disk_image::open(name, first, &folder, &mut Scratch::new())
}

/// Opens an image of one file that is in memory.
pub fn open_bytes(name: &str, bytes: Vec<u8>) -> Result<OpenedImage, ImageError> {
    let nothing = Folder { path: "/nonexistent".into(), positioned: false };
    disk_image::open(name, Arc::new(MemorySource::new(bytes)), &nothing, &mut Scratch::new())
}

/// Visits the first 64 MiB: a mutant may claim a medium of any size.
pub fn visit_head(medium: &Arc<dyn Source>) {
    let end = medium.len().min(64 << 20);
    let mut bytes = 0;
    let _ = medium.visit(0..end, &mut Scratch::new(), &mut |piece| {
        assert!(!piece.is_empty());
        bytes += piece.len();
        ControlFlow::Continue(())
    });
    assert_eq!(bytes, end, "pieces add up to the range");
}

/// What a whole visit finds: all bytes hashed (zeros where bad), and the bad ranges.
pub struct Sweep {
    pub bytes: u64,
    pub md5: String,
    pub bad: Vec<(u64, u64, BadReason)>,
}

pub fn sweep(source: &dyn Source) -> Sweep {
    let mut md5 = Md5::new();
    let mut at = 0;
    let mut bad = Vec::new();
    let zeros = vec![0; 1 << 16];
    let _ = source.visit(0..source.len(), &mut Scratch::new(), &mut |piece| {
        match piece {
            Piece::Data { bytes, at: place } => {
                assert!(!bytes.is_empty());
                assert!(place == at || place == u64::MAX);
                md5.update(bytes);
            }
            Piece::Zero(_) => {}
            Piece::Bad(length, reason) => bad.push((at, length, reason)),
        }
        if !matches!(piece, Piece::Data { .. }) {
            let mut rest = piece.len();
            while rest > 0 {
                let now = rest.min(zeros.len() as u64);
                md5.update(&zeros[..now as usize]);
                rest -= now;
            }
        }
        at += piece.len();
        ControlFlow::Continue(())
    });
    assert_eq!(at, source.len(), "pieces add up to the source");
    Sweep { bytes: at, md5: case_model::to_hex(&md5.finalize()), bad }
}

/// All bytes of the source; panics when one is bad.
pub fn all_bytes(source: &dyn Source) -> Vec<u8> {
    byte_source::read_vec(source, 0, source.len(), &mut Scratch::new()).unwrap()
}

/// The folder of shared evidence; says so when it is not there.
pub fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !path.is_dir() {
        eprintln!("skipped: no shared evidence at {}", path.display());
        return None;
    }
    Some(path)
}

/// Unpacks the shared image `id` into `into`; the paths of its files, by name.
pub fn unpack(shared: &Path, id: &str, into: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(shared.join("evidence").join(id)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let target = into.join(name.strip_suffix(".zst").unwrap_or(name));
        if name.ends_with(".zst") {
            let run = Command::new("zstd")
                .args(["-dqf", "--long=27", "--sparse", "-o"])
                .arg(&target)
                .arg(&path)
                .status();
            assert!(run.unwrap().success(), "zstd {}", path.display());
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
        paths.push(target);
    }
    paths.sort();
    paths
}

/// True when `program` is there; says so when not.
pub fn have(program: &str) -> bool {
    let there = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output()
        .unwrap()
        .status
        .success();
    if !there {
        eprintln!("skipped: {program} is not installed");
    }
    there
}

/// Runs a shell command in `folder`; panics with its output when it fails.
pub fn run(folder: &Path, command: &str) -> String {
    let out = Command::new("sh").args(["-c", command]).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{command}\n{text}\n{}", String::from_utf8_lossy(&out.stderr));
    text
}

/// A reproducible stream of numbers (SplitMix64): the seed is the test's, so a failure can be repeated.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A medium with text, zeros and noise, so that compression has something to do.
pub fn medium(bytes: usize, seed: u64) -> Vec<u8> {
    let mut numbers = Seeded(seed);
    let mut out = Vec::with_capacity(bytes + 8192);
    while out.len() < bytes {
        match numbers.below(3) {
            0 => out.extend(std::iter::repeat_n(0, 4096 + numbers.below(4096) as usize)),
            1 => (0..512).for_each(|_| out.extend_from_slice(&numbers.next().to_le_bytes())),
            _ => (0..100).for_each(|n| {
                out.extend_from_slice(format!("record {n} {}\n", numbers.below(99)).as_bytes())
            }),
        }
    }
    out.truncate(bytes);
    out
}
