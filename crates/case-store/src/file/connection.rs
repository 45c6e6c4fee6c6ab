//! Connections to SQLite files, with the settings that keep them safe.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;

/// A connection belongs to one thread at a time, as the compiler sees to: SQLite need not.
pub(crate) const READ_WRITE: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
/// Pages that a connection keeps in memory, in KiB: what an index is built from should not be read twice.
const CACHE_KIBIBYTES: i64 = 64 << 10;

/// How often a writer that waits for another looks again. SQLite's own handler looks ten times a second, and would miss the moments between
/// two transactions of a scan.
pub(crate) const WAIT_STEP: Duration = Duration::from_millis(5);
/// How long a writer waits for another before it gives up.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

/// The version of SQLite that is built in.
#[must_use]
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// A connection with our settings to a file of whatever kind and layout.
pub(crate) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(path, READ_WRITE)?;
    settle(&mut connection)?;
    Ok(connection)
}

/// Asked by SQLite when another connection writes; false gives up.
fn wait(times: i32) -> bool {
    let waited = WAIT_STEP.saturating_mul(times.unsigned_abs());
    std::thread::sleep(WAIT_STEP);
    waited < BUSY_TIMEOUT
}

/// Applies our settings.
pub(crate) fn settle(connection: &mut Connection) -> Result<(), StoreError> {
    connection.busy_handler(Some(wait))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES)?;
    // Statements are prepared once and kept: the writer uses a dozen, `find` one per combination of filters.
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}
