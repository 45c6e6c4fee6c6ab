//! A library in a temporary folder, and files to import.
#![allow(dead_code, clippy::unwrap_used, reason = "test code, of which each test file uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use case_model::{Algorithm, Digests, Hit, from_hex};
use hash_set::{ImportError, ImportOptions, ImportReport, Library};

/// Digests of `abc` (RFC 1321, FIPS 180-4).
pub(crate) const ABC_MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
pub(crate) const ABC_SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";
pub(crate) const ABC_SHA256: &str =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// Digests of no bytes.
pub(crate) const EMPTY_MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
pub(crate) const EMPTY_SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
pub(crate) const EMPTY_SHA256: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
pub(crate) const EMPTY_BLAKE3: &str =
    "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

/// A folder for files to import, with a library inside.
pub(crate) struct Lab {
    pub(crate) folder: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn sets(&self) -> PathBuf {
        self.folder.path().join("sets")
    }

    pub(crate) fn library(&self) -> Library {
        Library::open(&self.sets()).unwrap()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn import(
        &self,
        name: &str,
        content: impl AsRef<[u8]>,
        options: &ImportOptions,
    ) -> Result<ImportReport, ImportError> {
        self.import_file(&self.file(name, content), options)
    }

    pub(crate) fn import_file(
        &self,
        path: &Path,
        options: &ImportOptions,
    ) -> Result<ImportReport, ImportError> {
        self.library().import(path, options, &mut |_| {})
    }

    /// The folder of the only set.
    pub(crate) fn set_folder(&self) -> PathBuf {
        let mut all = fs::read_dir(self.sets()).unwrap().map(|entry| entry.unwrap().path());
        all.find(|path| path.is_dir()).unwrap()
    }

    /// Folders among the sets that are no sets.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let registered = self.library().sets().len();
        let all: Vec<PathBuf> = fs::read_dir(self.sets())
            .map(|entries| {
                entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
            })
            .unwrap_or_default();
        if all.len() == registered { Vec::new() } else { all }
    }
}

/// Runs a script in the lab's folder: independent programs write the files.
pub(crate) fn shell(lab: &Lab, script: &str) {
    let status = Command::new("bash")
        .arg("-ec")
        .arg(script)
        .current_dir(lab.folder.path())
        .status()
        .unwrap();
    assert!(status.success(), "{script}");
}

/// Digests from hexadecimal texts, told apart by their length.
pub(crate) fn digests(texts: &[&str]) -> Digests {
    let mut digests = Digests::default();
    for text in texts {
        let bytes = from_hex(text).unwrap();
        match bytes.len() {
            16 => digests.md5 = Some(bytes.try_into().unwrap()),
            20 => digests.sha1 = Some(bytes.try_into().unwrap()),
            _ => digests.sha256 = Some(bytes.try_into().unwrap()),
        }
    }
    digests
}

/// All three digests of `abc`.
pub(crate) fn abc() -> Digests {
    digests(&[ABC_MD5, ABC_SHA1, ABC_SHA256])
}

/// What matters of a hit, for comparison.
pub(crate) fn told(hits: &[Hit]) -> Vec<(Algorithm, &'static str, &'static str, &str)> {
    hits.iter()
        .map(|hit| (hit.algorithm, hit.disposition.key(), hit.class.key(), hit.label.as_str()))
        .collect()
}

/// The samples of public hash set formats, when they are there.
pub(crate) fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hash-sets");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no samples in {}", folder.display());
    None
}

/// Three files in the minimal layout: `abc` in two ordinary products, one file in a wiper alone, one in both.
pub(crate) const MINIMAL: &str = r#"python3 - <<'EOF'
import sqlite3, hashlib
db = sqlite3.connect("rds.db")
db.executescript("""
CREATE TABLE FILE (sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL,
  file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT NULL,
  CONSTRAINT PK_FILE__FILE PRIMARY KEY (sha256, sha1, md5, crc32, file_name, file_size, package_id));
CREATE TABLE MFG (manufacturer_id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL);
CREATE TABLE OS (operating_system_id INTEGER, name VARCHAR, version VARCHAR, manufacturer_id INTEGER);
CREATE TABLE PKG (package_id INTEGER, name VARCHAR, version VARCHAR, operating_system_id INTEGER, manufacturer_id INTEGER,
  language VARCHAR, application_type VARCHAR);
CREATE TABLE VERSION (version VARCHAR UNIQUE NOT NULL PRIMARY KEY, build_set VARCHAR NOT NULL,
  build_date TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL, release_date TIMESTAMP NOT NULL, description VARCHAR NOT NULL);
CREATE VIEW DISTINCT_HASH AS SELECT DISTINCT sha256, sha1, md5, crc32 FROM FILE;
INSERT INTO PKG VALUES (1, 'Windows', '11', 1, 1, 'English', 'Operating System'), (2, 'Office', '16', 1, 1, 'English', 'Suite'),
  (3, 'Heidi Eraser', '6', 1, 1, 'English', 'Utility');
INSERT INTO VERSION VALUES ('2026.03.1', 'modern_minimal', '2026-02-01', '2026-03-01', 'd');
""")
def file(content, name, package):
    h = lambda a: hashlib.new(a, content).hexdigest().upper()
    db.execute("INSERT INTO FILE VALUES (?,?,?,?,?,?,?)", (h("sha256"), h("sha1"), h("md5"), "00000000", name, len(content), package))
file(b"abc", "a.dll", 1); file(b"abc", "b.dll", 2); file(b"wipe", "eraser.exe", 3); file(b"both", "c.dll", 3); file(b"both", "c.dll", 1)
file(b"", "empty", 1)
db.execute("INSERT INTO FILE VALUES ('zz', 'yy', 'xx', '', 'broken', 1, 1)")
db.commit()
EOF"#;

pub(crate) fn sums_of(text: &str) -> Digests {
    let sum = |program: &str| {
        let script = format!("printf %s '{text}' | {program}");
        let out = std::process::Command::new("bash").arg("-c").arg(script).output().unwrap();
        String::from_utf8(out.stdout).unwrap().split(' ').next().unwrap().to_owned()
    };
    digests(&[&sum("md5sum"), &sum("sha1sum"), &sum("sha256sum")])
}
