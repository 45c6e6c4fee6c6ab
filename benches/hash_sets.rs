//! Hash sets to measure with: digests without order, and the same ones in other programs' forms.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use case_model::{Algorithm, Digests, to_hex};
use hash_set::{ImportError, ImportOptions, Library};
use rusqlite::Connection;

/// Digest number `number`: any two differ (each word is an invertible mixing of the number), spread evenly, as digests are.
#[must_use]
pub fn digest_of(number: u64) -> [u8; 32] {
    let mut digest = [0; 32];
    for (part, bytes) in (1_u64..).zip(digest.chunks_exact_mut(8)) {
        let mut mixed = number.wrapping_add(part.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
    }
    digest
}

/// A stream of one byte with this SHA-256.
#[must_use]
pub fn sha256_stream(digest: [u8; 32]) -> (Digests, u64) {
    (Digests { sha256: Some(digest), ..Digests::default() }, 1)
}

/// A set of digests with even numbers, as the program compiles it, and beside it as other programs keep it.
pub struct HashSetBench {
    folder: PathBuf,
    count: u64,
    /// Taken away when the measurement ends.
    _temporary: Option<tempfile::TempDir>,
}

impl HashSetBench {
    /// Makes a set of `count` SHA-256, or takes the one that an earlier run made in `kept`.
    ///
    /// # Errors
    /// What keeps it from being made.
    pub fn make(count: u64, kept: Option<&Path>) -> Result<Self, Box<dyn std::error::Error>> {
        let temporary = if kept.is_none() { Some(tempfile::tempdir()?) } else { None };
        let folder = match (kept, &temporary) {
            (Some(kept), _) => kept.join(count.to_string()),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => return Err("no folder".into()),
        };
        fs::create_dir_all(&folder)?;
        let this = Self { folder, count, _temporary: temporary };
        let mut library = Library::open(&this.sets())?;
        if library.sets().is_empty() {
            import_list(&mut library, &this.folder.join("list.txt"), count)?;
        }
        Ok(this)
    }

    /// The folder of the sets.
    #[must_use]
    pub fn sets(&self) -> PathBuf {
        self.folder.join("sets")
    }

    /// The same digests as SQLite keeps them best: a table without rows of its own, filled in order, mapped.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sqlite(&self) -> rusqlite::Result<Connection> {
        let path = self.folder.join("known.db");
        let there = path.exists();
        let mut connection = Connection::open(&path)?;
        connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA mmap_size = 17179869184; PRAGMA cache_size = -65536")?;
        if !there {
            let mut all: Vec<[u8; 32]> =
                (0..self.count).map(|number| digest_of(number * 2)).collect();
            all.sort_unstable();
            connection.execute_batch(
                "CREATE TABLE known (digest BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
            )?;
            let transaction = connection.transaction()?;
            let mut insert = transaction.prepare("INSERT INTO known VALUES (?1)")?;
            all.iter().try_for_each(|digest| insert.execute([digest.as_slice()]).map(drop))?;
            drop(insert);
            transaction.commit()?;
        }
        Ok(connection)
    }

    /// The first halves of the digests as a list of MD5, as `md5sum` writes it.
    fn md5_list(&self) -> io::Result<PathBuf> {
        let list = self.folder.join("known.md5");
        if !list.exists() {
            make_md5_list(&list, self.count)?;
        }
        Ok(list)
    }

    /// The list of MD5 as the program compiles it.
    ///
    /// # Errors
    /// What keeps it from being made.
    pub fn md5_library(&self) -> Result<Library, Box<dyn std::error::Error>> {
        let mut library = Library::open(&self.folder.join("md5-sets"))?;
        if library.sets().is_empty() {
            let options = ImportOptions { beside: Some(on_a_thread), ..ImportOptions::default() };
            library.import(&self.md5_list()?, &options, &mut |_| {})?;
        }
        Ok(library)
    }

    /// The list of MD5 with hfind's index, and a file that asks for `queries`; `None` without hfind.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn hfind(&self, queries: &[[u8; 32]]) -> io::Result<Option<(PathBuf, PathBuf)>> {
        let ask = self.folder.join("ask");
        if Command::new("hfind")
            .arg("-V")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            return Ok(None);
        }
        let list = self.md5_list()?;
        if !self.folder.join("known.md5-md5.idx").exists() {
            Command::new("hfind")
                .args(["-i", "md5sum"])
                .arg(&list)
                .stdout(Stdio::null())
                .status()?;
        }
        fs::write(&ask, queries.iter().map(|query| half(query) + "\n").collect::<String>())?;
        Ok(Some((list, ask)))
    }
}

/// Writes a list of `count` MD5 (first halves of the digests with even numbers) with names, as `md5sum` does.
///
/// # Errors
/// What the operating system says.
pub fn make_md5_list(path: &Path, count: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    (0..count)
        .try_for_each(|number| writeln!(out, "{}  {number}", half(&digest_of(number * 2))))?;
    out.flush()
}

/// As the program starts work beside an import.
///
/// # Errors
/// When the system starts no more threads.
pub fn on_a_thread(work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    std::thread::Builder::new().spawn(work).map(drop)
}

fn half(digest: &[u8; 32]) -> String {
    to_hex(digest.get(..16).unwrap_or_default())
}

/// Writes the list, imports it and takes it away.
fn import_list(library: &mut Library, path: &Path, count: u64) -> Result<(), ImportError> {
    let write = || -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        (0..count).try_for_each(|number| writeln!(out, "{}", to_hex(&digest_of(number * 2))))?;
        out.flush()
    };
    write().map_err(ImportError::Write)?;
    let options = ImportOptions {
        algorithm: Some(Algorithm::Sha256),
        memory_bytes: 512 << 20,
        beside: Some(on_a_thread),
        ..ImportOptions::default()
    };
    library.import(path, &options, &mut |_| {})?;
    let _ = fs::remove_file(path);
    Ok(())
}

/// Rows of one file in an RDSv3: the minimal set of 2026 has 442 million rows of 74 million files.
const ROWS_A_FILE: u64 = 6;

/// Makes an RDSv3 database, minimal layout, of `rows` rows in `path`.
///
/// # Errors
/// What SQLite says.
pub fn make_rds(path: &Path, rows: u64) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;
         CREATE TABLE FILE (sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL, file_name VARCHAR NOT NULL,
           file_size INTEGER NOT NULL, package_id INTEGER NOT NULL,
           CONSTRAINT PK_FILE__FILE PRIMARY KEY (sha256, sha1, md5, crc32, file_name, file_size, package_id));
         CREATE TABLE PKG (package_id INTEGER, name VARCHAR, version VARCHAR, operating_system_id INTEGER, manufacturer_id INTEGER, language VARCHAR,
           application_type VARCHAR, PRIMARY KEY (package_id, operating_system_id, manufacturer_id, language, application_type));
         CREATE TABLE VERSION (version VARCHAR UNIQUE NOT NULL PRIMARY KEY, build_set VARCHAR NOT NULL,
           build_date TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL, release_date TIMESTAMP NOT NULL, description VARCHAR NOT NULL);
         INSERT INTO VERSION VALUES ('2026.09.1', 'modern_minimal', '2026-08-01', '2026-09-01', 'bench');",
    )?;
    let transaction = connection.transaction()?;
    for package in 0..5_000 {
        let name = format!("Product {package}");
        transaction.execute(
            "INSERT INTO PKG VALUES (?1, ?2, '1.0', 1, 1, 'English', 'Utility')",
            (package, name),
        )?;
    }
    // As the publisher's database: the rows stand in the order of the key.
    let mut files: Vec<[u8; 32]> = (0..rows.div_ceil(ROWS_A_FILE)).map(digest_of).collect();
    files.sort_unstable();
    let mut insert = transaction.prepare("INSERT INTO FILE VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for row in 0..rows {
        let digest = files
            .get(usize::try_from(row / ROWS_A_FILE).unwrap_or(usize::MAX))
            .copied()
            .unwrap_or_default();
        let hex = to_hex(&digest).to_uppercase();
        let name = format!("file{:05}.dll", row / ROWS_A_FILE % 50_000);
        let package = row % ROWS_A_FILE * 700 + row % 700;
        insert.execute((
            &hex,
            &hex[..40],
            &hex[16..48],
            &hex[..8],
            name,
            (row / ROWS_A_FILE % 1_000_000 + 1).cast_signed(),
            package.cast_signed(),
        ))?;
    }
    drop(insert);
    transaction.commit()
}
