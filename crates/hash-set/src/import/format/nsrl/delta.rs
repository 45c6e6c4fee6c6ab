//! RDSv3 deltas: SQL by somebody else, applied to a scratch copy only, and allowed nothing but to change rows of the library's tables.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use byte_source::length;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};
use rusqlite::{Connection, OpenFlags};

use crate::import::collector::Collector;
use crate::import::digest_text::excerpt;
use crate::import::format::sqlite_file::database;
use crate::import::reading::{Lines, SourceFile};
use crate::{DeltaFault, ImportError, Position};

/// Tables of both layouts.
const TABLES: [&str; 18] = [
    "FILE",
    "MFG",
    "OS",
    "PKG",
    "VERSION",
    "METADATA",
    "PACKAGE_OBJECT",
    "APPLICATION",
    "APPLICATION_TYPE",
    "APPLICATION_APPLICATION_TYPE",
    "LANGUAGE",
    "APPLICATION_LANGUAGE",
    "OPERATING_SYSTEM",
    "OPERATING_SYSTEM_APPLICATION",
    "MANUFACTURER",
    "MANUFACTURER_APPLICATION",
    "MANUFACTURER_OPERATING_SYSTEM",
    "EXTRACTEE",
];
/// Longest statement in bytes: rows are inserted one by one or some thousands at once.
const LONGEST_STATEMENT_BYTES: usize = 16 << 20;
/// Steps of SQLite's machine that a delta may take: some minutes, to look at every row of the full library ...
const MOST_STEPS: u64 = 50_000_000_000;
/// ... and for each of its bytes: a row of some 200 bytes, found by its key, takes a few hundred.
const STEPS_A_BYTE: u64 = 10_000;
/// Steps between two looks at the clockwork.
const STEPS_A_LOOK: i32 = 10_000_000;
/// A delta cannot make the database grow by more than so many times its own length.
const GROWTH: u64 = 16;

/// Bytes of the base copied between two calls of the progress function.
const COPY_STEP_BYTES: u64 = 4 << 20;

/// Applies `deltas` in order to a copy of `base` in `folder`, and gives the copy.
pub(super) fn apply_all(
    base: &Path,
    deltas: &[PathBuf],
    folder: &Path,
    collector: &mut Collector<'_>,
) -> Result<PathBuf, ImportError> {
    let copy = folder.join("scratch.db");
    copy_base(base, &copy, collector)?;
    for delta in deltas {
        apply(&copy, delta, collector)?;
    }
    Ok(copy)
}

/// Copies the base piece by piece, so that somebody who waits sees it; the system copies within itself where it can.
fn copy_base(base: &Path, copy: &Path, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let from = File::open(base).map_err(ImportError::read(base))?;
    let total = from.metadata().map_err(ImportError::read(base))?.len();
    let mut options = File::options();
    let mut to =
        options.write(true).create_new(true).mode(0o600).open(copy).map_err(ImportError::Write)?;
    let mut done = 0_u64;
    loop {
        let count =
            io::copy(&mut (&from).take(COPY_STEP_BYTES), &mut to).map_err(ImportError::Write)?;
        if count == 0 {
            return Ok(());
        }
        done = done.saturating_add(count);
        collector.copied(done, total);
    }
}

/// Applies one delta: all of it or nothing is used, for after an error the copy is thrown away.
fn apply(copy: &Path, delta: &Path, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let source = SourceFile::open(delta)?;
    let total = source.meter().total();
    let mut connection = open_scratch(copy, total)?;
    let lines = Lines::new(&source, b'\n')?;
    let mut statements = Statements { lines, rest: Vec::new(), position: None };
    let steps = total.saturating_mul(STEPS_A_BYTE).saturating_add(MOST_STEPS);
    let steps = Arc::new(AtomicU64::new(steps));
    while let Some((position, sql)) = statements.next()? {
        let fault = |source| {
            let path = delta.to_path_buf();
            Box::new(DeltaFault { path, position, statement: excerpt(sql.trim()), source })
        };
        execute(&mut connection, &sql, &steps).map_err(fault)?;
    }
    if !connection.is_autocommit() {
        return Err(ImportError::DeltaUnfinished { path: delta.to_path_buf() });
    }
    connection.close().map_err(|(_, error)| database(copy)(error))?;
    collector.companion_file(source)
}

fn open_scratch(copy: &Path, delta_bytes: u64) -> Result<Connection, ImportError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags).map_err(database(copy))?;
    let pragma = |name: &str| {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
    };
    let limits = || {
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;
             PRAGMA recursive_triggers = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536;",
        )?;
        let pages = pragma("page_count")?.unsigned_abs();
        let page_bytes = pragma("page_size")?.unsigned_abs();
        let growth = delta_bytes.saturating_mul(GROWTH).checked_div(page_bytes).unwrap_or(0);
        let most = pages.saturating_add(growth).saturating_add(1024);
        pragma(&format!("max_page_count = {most}"))
    };
    limits().map_err(database(copy))?;
    Ok(connection)
}

/// Runs one statement within what is left of the steps.
fn execute(connection: &mut Connection, sql: &str, steps: &Arc<AtomicU64>) -> rusqlite::Result<()> {
    let steps = Arc::clone(steps);
    connection.progress_handler(
        STEPS_A_LOOK,
        Some(move || {
            let look = u64::from(STEPS_A_LOOK.unsigned_abs());
            steps
                .try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(look))
                .is_err()
        }),
    )?;
    let mut seen = Seen::default();
    connection.authorizer(Some(move |context: AuthContext<'_>| seen.allow(&context)))?;
    connection.execute(sql, []).map(drop)
}

/// What one statement does.
#[derive(Default)]
struct Seen {
    selects: bool,
    reads: bool,
}

impl Seen {
    /// Rows of the library's tables may be changed, and transactions begun and ended. Nothing else: no other table, no schema, no ATTACH,
    /// no PRAGMA, no function, nothing through a trigger or view that the database brings along, and no SELECT that reads a table
    /// (joins make more rows than any disk holds; lists of VALUES are SELECTs that read none).
    fn allow(&mut self, context: &AuthContext<'_>) -> Authorization {
        let ours = |name: &str| TABLES.iter().any(|table| table.eq_ignore_ascii_case(name));
        let in_main = context.database_name.is_none_or(|name| name == "main");
        let allowed = match context.action {
            AuthAction::Insert { table_name }
            | AuthAction::Delete { table_name }
            | AuthAction::Update { table_name, .. } => ours(table_name),
            AuthAction::Read { table_name, .. } => {
                self.reads = true;
                ours(table_name)
            }
            // COMMIT has no name of its own in this enumeration; savepoints come as another action.
            AuthAction::Transaction {
                operation: TransactionOperation::Begin | TransactionOperation::Unknown,
            } => true,
            AuthAction::Select => {
                self.selects = true;
                true
            }
            _ => false,
        };
        let joins = self.selects && self.reads;
        let fine = allowed && in_main && context.accessor.is_none() && !joins;
        if fine { Authorization::Allow } else { Authorization::Deny }
    }
}

/// The statements of a script.
struct Statements {
    lines: Lines,
    /// What follows the last statement on its line.
    rest: Vec<u8>,
    position: Option<Position>,
}

impl Statements {
    /// The next statement and the line it begins on; `None` at the end. What is left without a semicolon is a statement cut off.
    fn next(&mut self) -> Result<Option<(Position, String)>, ImportError> {
        let mut text = std::mem::take(&mut self.rest);
        let mut scan = Scan::default();
        let mut begin = self.position.clone().filter(|_| !text.trim_ascii().is_empty());
        loop {
            if let Some(end) = scan.end_of_statement(&text) {
                self.rest = text.split_off(end);
                let sql = String::from_utf8_lossy(&text).into_owned();
                let position = begin.unwrap_or(Position::Line { line: 0, byte: 0 });
                return Ok(Some((position, sql)));
            }
            if text.trim_ascii().is_empty() {
                text.clear();
                (scan, begin) = (Scan::default(), None);
            }
            let Some(position) = self.read_line(&mut text, &begin)? else {
                let last = begin.filter(|_| !scan.only_comments);
                return Ok(
                    last.map(|position| (position, String::from_utf8_lossy(&text).into_owned()))
                );
            };
            begin = begin.or(Some(position));
        }
    }

    /// Adds the next line to a statement that begins at `begin`. Returns its place; `None` at the end.
    fn read_line(
        &mut self,
        text: &mut Vec<u8>,
        begin: &Option<Position>,
    ) -> Result<Option<Position>, ImportError> {
        let Some((position, line)) = self.lines.next()? else { return Ok(None) };
        if text.len().saturating_add(line.len()) > LONGEST_STATEMENT_BYTES {
            let position = begin.clone().unwrap_or(position);
            return Err(ImportError::LineTooLong {
                position,
                limit: length(LONGEST_STATEMENT_BYTES),
            });
        }
        text.extend_from_slice(line);
        text.push(b'\n');
        self.position = Some(position.clone());
        Ok(Some(position))
    }
}

/// Looks for the semicolon that ends a statement, outside of quotes and comments; goes on where it stopped.
struct Scan {
    at: usize,
    inside: Inside,
    only_comments: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Quotes(u8),
    LineComment,
    BlockComment,
}

impl Default for Scan {
    fn default() -> Self {
        Self { at: 0, inside: Inside::Nothing, only_comments: true }
    }
}

impl Inside {
    /// Takes a byte, knowing the one behind it. Returns how many bytes are taken: the marks of block comments are two.
    fn step(&mut self, byte: u8, next: Option<u8>) -> usize {
        let (inside, step) = match (*self, byte, next) {
            (Self::Nothing, b'-', Some(b'-')) => (Self::LineComment, 1),
            (Self::Nothing, b'/', Some(b'*')) => (Self::BlockComment, 2),
            (Self::Nothing, b'\'' | b'"' | b'`', _) => (Self::Quotes(byte), 1),
            (Self::Nothing, b'[', _) => (Self::Quotes(b']'), 1),
            (Self::Quotes(quote), byte, _) if byte == quote => (Self::Nothing, 1),
            (Self::LineComment, b'\n', _) => (Self::Nothing, 1),
            (Self::BlockComment, b'*', Some(b'/')) => (Self::Nothing, 2),
            (same, ..) => (same, 1),
        };
        *self = inside;
        step
    }
}

impl Scan {
    /// First byte behind the semicolon.
    fn end_of_statement(&mut self, text: &[u8]) -> Option<usize> {
        while let Some(&byte) = text.get(self.at) {
            if byte == b';' && matches!(self.inside, Inside::Nothing) {
                self.at = self.at.saturating_add(1);
                return Some(self.at);
            }
            let next = text.get(self.at.saturating_add(1)).copied();
            let step = self.inside.step(byte, next);
            let comment =
                matches!(self.inside, Inside::LineComment | Inside::BlockComment) || step == 2;
            self.only_comments &= comment || byte.is_ascii_whitespace();
            self.at = self.at.saturating_add(step);
        }
        None
    }
}
