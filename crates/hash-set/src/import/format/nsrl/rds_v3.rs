//! RDSv3: a SQLite database in one of two layouts under the same names.
//!
//! *Minimal*: real tables `FILE(sha256, sha1, md5, crc32, file_name, file_size, package_id)`, `PKG`, `VERSION`, …; the primary key of
//! `FILE` begins with sha256. *Full*: `FILE` and `PKG` are views over `METADATA`, `PACKAGE_OBJECT`, `APPLICATION`, …; those are read.

use std::collections::HashMap;
use std::path::Path;

use case_model::{Algorithm, Digests, to_hex};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::database_hash::database_hash;
use super::delta;
use super::grouping::{Grouping, Product};
use crate::compiled::Sorter;
use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{put, put_plain, read_digest};
use crate::import::format::sqlite_file::{self, columns_of, database, kind_of, text};
use crate::import::reading::SourceFile;
use crate::{ImportError, ImportNote, ImportOptions, Position, RejectReason};

/// Rows of a file in key order, and the products with their application types.
const MINIMAL: Queries = Queries {
    table: "FILE",
    files: "SELECT sha256, sha1, md5, file_name, file_size, package_id FROM FILE ORDER BY sha256, sha1, md5",
    needs: &["sha256", "sha1", "md5", "file_name", "file_size", "package_id"],
    products: "SELECT package_id, name, application_type FROM PKG",
};
/// As the view `FILE` does, but without its upper case and with the rows that belong to no package.
const FULL: Queries = Queries {
    table: "METADATA",
    files: "SELECT m.sha256, m.sha1, m.md5, CASE m.extension WHEN '' THEN m.file_name ELSE m.file_name || '.' || m.extension END,
            m.bytes, p.package_id FROM METADATA m LEFT JOIN PACKAGE_OBJECT p ON p.object_id = m.object_id",
    needs: &["sha256", "sha1", "md5", "file_name", "extension", "bytes", "object_id"],
    products: "SELECT a.package_id, a.name, t.description FROM APPLICATION a
               LEFT JOIN APPLICATION_APPLICATION_TYPE l ON l.application_id = a.application_id
               LEFT JOIN APPLICATION_TYPE t ON t.application_type_id = l.application_type_id",
};

struct Queries {
    table: &'static str,
    files: &'static str,
    needs: &'static [&'static str],
    products: &'static str,
}

/// Reads all records, of the database as it is after the deltas of `options`.
pub(in crate::import::format) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    if options.deltas.is_empty() {
        compare_hash(source.path(), options, collector)?;
        return read_database(source.path(), options, collector);
    }
    // Deltas are other people's SQL: they run on a copy, which goes when `scratch` does.
    let scratch = tempfile::tempdir_in(collector.folder()).map_err(ImportError::Write)?;
    let copy = delta::apply_all(source.path(), &options.deltas, scratch.path(), collector)?;
    match options.database_hash {
        Some(_) => compare_hash(&copy, options, collector)?,
        None => collector.note(ImportNote::DeltasNotCompared),
    }
    read_database(&copy, options, collector)
}

/// Compares the database with the hash that its publisher gives, where the caller has it.
fn compare_hash(
    path: &Path,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let Some(expected) = options.database_hash else {
        return Ok(());
    };
    let connection = sqlite_file::open(path)?;
    let found =
        database_hash(&connection, &mut |rows| collector.row_read(rows)).map_err(database(path))?;
    let expected = to_hex(&expected);
    let found = to_hex(&found);
    match expected == found {
        true => collector.note(ImportNote::DatabaseHashAgrees { hash: found }),
        false => return Err(ImportError::DatabaseHash { expected, found }),
    }
    Ok(())
}

fn read_database(
    path: &Path,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let connection = sqlite_file::open(path)?;
    let queries = match kind_of(&connection, "FILE").map_err(database(path))?.as_deref() {
        Some("table") => MINIMAL,
        _ => FULL,
    };
    check_columns(&connection, &queries, path)?;
    describe(&connection, collector).map_err(database(path))?;
    let products = products_with_care(&connection, &queries, options).map_err(database(path))?;
    let rows = Rows { path, connection: &connection, queries: &queries, products: &products };
    match rows.come_sorted().map_err(database(path))? {
        true => rows.read_sorted(collector),
        false => rows.sort_and_read(options, collector),
    }
}

/// Version, build set and date of release.
fn describe(connection: &Connection, collector: &mut Collector<'_>) -> rusqlite::Result<()> {
    let mut select = connection.prepare(
        "SELECT version, build_set, release_date FROM VERSION ORDER BY release_date DESC",
    )?;
    let mut rows = select.query([])?;
    if let Some(row) = rows.next()? {
        let version = text(row, 0)?;
        let build_set = text(row, 1)?;
        let released = text(row, 2)?;
        collector.file_says(|facts| {
            facts.publisher = "NIST NSRL".to_owned();
            facts.name = format!("NSRL {}", build_set.unwrap_or_default());
            facts.version = version.unwrap_or_default();
            facts.released = released.unwrap_or_default();
        });
    }
    Ok(())
}

/// Packages that deserve a look, with their class.
fn products_with_care(
    connection: &Connection,
    queries: &Queries,
    options: &ImportOptions,
) -> rusqlite::Result<HashMap<i64, String>> {
    let mut products = HashMap::new();
    let mut select = connection.prepare(queries.products)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let name = text(row, 1)?.unwrap_or_default();
        let kind = text(row, 2)?.unwrap_or_default();
        if let (Some(package), Some(class)) = (row.get(0)?, options.care.class(&name, &kind)) {
            products.insert(package, class.to_owned());
        }
    }
    Ok(products)
}

struct Rows<'a> {
    path: &'a Path,
    connection: &'a Connection,
    queries: &'a Queries,
    products: &'a HashMap<i64, String>,
}

impl Rows<'_> {
    /// Will the rows come in key order without SQLite sorting hundreds of millions of them?
    fn come_sorted(&self) -> rusqlite::Result<bool> {
        if !self.queries.files.contains("ORDER BY") {
            return Ok(false);
        }
        let mut select =
            self.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", self.queries.files))?;
        let plan: Vec<String> =
            select.query_map([], |row| row.get("detail"))?.collect::<rusqlite::Result<_>>()?;
        Ok(!plan.iter().any(|step| step.contains("TEMP B-TREE")))
    }

    /// Six rows of seven belong to the same file as the row before: they are told by their bytes, and not read again.
    fn read_sorted(&self, collector: &mut Collector<'_>) -> Result<(), ImportError> {
        let error = database(self.path);
        let mut grouping = Grouping::default();
        let mut select = self.connection.prepare(self.queries.files).map_err(&error)?;
        let mut rows = select.query([]).map_err(&error)?;
        let mut before = RowBytes::default();
        let mut number = 0_u64;
        while let Some(row) = rows.next().map_err(&error)? {
            number = number.saturating_add(1);
            collector.row_read(number);
            let product = self.product(row);
            if before.are_those_of(row).map_err(&error)? {
                grouping.again(product);
                continue;
            }
            before.clear();
            match candidate(row).map_err(&error)? {
                Ok(candidate) => {
                    before.take(row).map_err(&error)?;
                    grouping.take(&self.position(number), candidate, product, collector)?;
                }
                Err(reason) => collector.reject(&self.position(number), reason),
            }
        }
        grouping.flush(collector)
    }

    fn product(&self, row: &Row<'_>) -> Product {
        if self.products.is_empty() {
            return Product::Ordinary;
        }
        let package: Option<i64> = row.get(5).unwrap_or_default();
        let class = package.and_then(|package| self.products.get(&package));
        class.map_or(Product::Ordinary, |class| Product::WithCare(class.clone()))
    }

    /// Brings the rows of one file together with our own sorter.
    fn sort_and_read(
        &self,
        options: &ImportOptions,
        collector: &mut Collector<'_>,
    ) -> Result<(), ImportError> {
        let files = self.queries.files.split(" ORDER BY").next().unwrap_or_default();
        let mut sorter = Sorter::new(collector.folder(), options.memory_bytes / 4);
        let mut encoded = Vec::new();
        self.each(files, collector, &mut |position, candidate, product, _| {
            encode(position, &candidate, &product, &mut encoded);
            sorter.push(&encoded).map_err(ImportError::Write)
        })?;
        self.group_sorted(sorter, collector)
    }

    /// Takes rows as they were spilled, sorted.
    fn group_sorted(
        &self,
        sorter: Sorter,
        collector: &mut Collector<'_>,
    ) -> Result<(), ImportError> {
        let mut encoded = Vec::new();
        let mut sorted = sorter.into_sorted().map_err(ImportError::Write)?;
        let mut grouping = Grouping::default();
        while sorted.next(&mut encoded).map_err(ImportError::Write)? {
            let damaged =
                || ImportError::Write(std::io::Error::other("a spilled row came back damaged"));
            let (row, candidate, product) = decode(&encoded).ok_or_else(damaged)?;
            let position = self.position(row);
            grouping.take(&position, candidate, product, collector)?;
        }
        grouping.flush(collector)
    }

    fn position(&self, row: u64) -> Position {
        Position::Row { table: self.queries.table.to_owned(), row }
    }

    fn each(
        &self,
        query: &str,
        collector: &mut Collector<'_>,
        take: &mut TakeRow<'_>,
    ) -> Result<(), ImportError> {
        let error = database(self.path);
        let mut select = self.connection.prepare(query).map_err(&error)?;
        let mut rows = select.query([]).map_err(&error)?;
        let mut number = 0_u64;
        while let Some(row) = rows.next().map_err(&error)? {
            number = number.saturating_add(1);
            let position = self.position(number);
            collector.row_read(number);
            let product = self.product(row);
            match candidate(row).map_err(&error)? {
                Ok(candidate) => take(&position, candidate, product, collector)?,
                Err(reason) => collector.reject(&position, reason),
            }
        }
        Ok(())
    }
}

/// The digests and the size of a row as they stand in the database.
#[derive(Default)]
struct RowBytes {
    digests: Vec<u8>,
    size: i64,
}

impl RowBytes {
    /// True when the row has the same; false for a row that is read in another way than most.
    fn are_those_of(&self, row: &Row<'_>) -> rusqlite::Result<bool> {
        let mut rest = self.digests.as_slice();
        for column in 0..3 {
            let ValueRef::Text(text) = row.get_ref(column)? else { return Ok(false) };
            match rest.strip_prefix(text).and_then(|rest| rest.strip_prefix(b"|")) {
                Some(after) => rest = after,
                None => return Ok(false),
            }
        }
        Ok(rest.is_empty() && row.get_ref(4)? == ValueRef::Integer(self.size))
    }

    fn take(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        if let ValueRef::Integer(size) = row.get_ref(4)? {
            self.size = size;
            for column in 0..3 {
                if let ValueRef::Text(text) = row.get_ref(column)? {
                    self.digests.extend_from_slice(text);
                    self.digests.push(b'|');
                }
            }
        }
        Ok(())
    }

    /// No row is like this.
    fn clear(&mut self) {
        self.digests.clear();
    }
}

type TakeRow<'a> =
    dyn FnMut(&Position, Candidate, Product, &mut Collector<'_>) -> Result<(), ImportError> + 'a;

fn candidate(row: &Row<'_>) -> rusqlite::Result<Result<Candidate, RejectReason>> {
    let mut digests = Digests::default();
    for (column, algorithm) in [(0, Algorithm::Sha256), (1, Algorithm::Sha1), (2, Algorithm::Md5)] {
        if let Err(reason) = read_column(row, column, algorithm, &mut digests)? {
            return Ok(Err(reason));
        }
    }
    let size: Option<i64> = row.get(4).unwrap_or_default();
    let size = size.and_then(|size| u64::try_from(size).ok());
    Ok(Ok(Candidate { digests, size, name: text(row, 3)?, ..Candidate::default() }))
}

/// A row for the sorter: digests first (strongest first, all of one length), so that rows of one file are neighbours.
fn encode(position: &Position, candidate: &Candidate, product: &Product, out: &mut Vec<u8>) {
    let digests = &candidate.digests;
    out.clear();
    out.extend(digests.sha256.unwrap_or_default());
    out.extend(digests.sha1.unwrap_or_default());
    out.extend(digests.md5.unwrap_or_default());
    out.extend(candidate.size.unwrap_or(u64::MAX).to_be_bytes());
    let row = if let Position::Row { row, .. } = position { *row } else { 0 };
    out.extend(row.to_be_bytes());
    let class = if let Product::WithCare(class) = product { class.as_str() } else { "" };
    out.extend(class.as_bytes());
    out.push(0);
    out.extend(candidate.name.as_deref().unwrap_or_default().as_bytes());
}

fn decode(bytes: &[u8]) -> Option<(u64, Candidate, Product)> {
    let (sha256, rest) = bytes.split_first_chunk::<32>()?;
    let (sha1, rest) = rest.split_first_chunk::<20>()?;
    let (md5, rest) = rest.split_first_chunk::<16>()?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (row, rest) = rest.split_first_chunk::<8>()?;
    let (product, name) = decode_texts(rest)?;
    // A digest of nothing but zeros stands for none (see `read_digest`).
    let digests = Digests {
        sha256: Some(*sha256).filter(|digest| *digest != [0; 32]),
        sha1: Some(*sha1).filter(|digest| *digest != [0; 20]),
        md5: Some(*md5).filter(|digest| *digest != [0; 16]),
        blake3: None,
    };
    let size = Some(u64::from_be_bytes(*size)).filter(|&size| size != u64::MAX);
    Some((
        u64::from_be_bytes(*row),
        Candidate { digests, size, name, ..Candidate::default() },
        product,
    ))
}

/// Reads the digest of a column.
fn read_column(
    row: &Row<'_>,
    column: usize,
    algorithm: Algorithm,
    digests: &mut Digests,
) -> rusqlite::Result<Result<(), RejectReason>> {
    if let ValueRef::Text(text) = row.get_ref(column)?
        && put_plain(digests, algorithm, text)
    {
        return Ok(Ok(()));
    }
    let read = read_digest(&text(row, column)?.unwrap_or_default(), algorithm);
    Ok(read.map(|digest| digest.iter().for_each(|digest| put(digests, algorithm, digest))))
}

/// Refuses a database whose table lacks a column that is needed.
fn check_columns(
    connection: &Connection,
    queries: &Queries,
    path: &Path,
) -> Result<(), ImportError> {
    let there = columns_of(connection, queries.table).map_err(database(path))?;
    match queries.needs.iter().find(|wanted| !there.iter().any(|one| one == *wanted)) {
        Some(column) => {
            let path = path.to_path_buf();
            Err(ImportError::NoColumn { path, table: queries.table, column })
        }
        None => Ok(()),
    }
}

/// Decodes the class of the product, a zero, and the name.
fn decode_texts(bytes: &[u8]) -> Option<(Product, Option<String>)> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let (class, name) = bytes.split_at_checked(end)?;
    let name = Some(String::from_utf8(name.get(1..)?.to_vec()).ok()?);
    let class = String::from_utf8(class.to_vec()).ok()?;
    let product = if class.is_empty() { Product::Ordinary } else { Product::WithCare(class) };
    Some((product, name))
}
