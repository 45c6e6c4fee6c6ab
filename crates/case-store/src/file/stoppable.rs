//! Long work of SQLite that ends when a stop is requested.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use case_model::StopToken;
use rusqlite::Connection;

use super::error::StoreError;

/// Steps of SQLite's virtual machine between two looks at the token: some microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1000;

/// Whether SQLite looks at the token.
pub(crate) struct Looks(Arc<AtomicBool>);

impl Looks {
    pub(crate) fn pause(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    pub(crate) fn resume(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `work`. SQLite gives up the statement that runs when `stop` is requested, and changes nothing by it.
///
/// # Errors
/// What `work` says; [`StoreError::is_stopped`] after a stop.
pub(crate) fn stoppable<T>(
    connection: &mut Connection,
    stop: &StopToken,
    work: impl FnOnce(&Connection, &Looks) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let token = stop.clone();
    let looks = Looks(Arc::new(AtomicBool::new(true)));
    let is_looking = Arc::clone(&looks.0);
    let handler = move || is_looking.load(Ordering::Relaxed) && token.is_requested();
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(handler))?;
    let done = work(connection, &looks);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(connection: &mut Connection, stop: &StopToken) -> Result<i64, StoreError> {
        let query = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT count(*) FROM n";
        stoppable(connection, stop, |connection, _| {
            Ok(connection.query_row(query, [], |row| row.get(0))?)
        })
    }

    #[test]
    fn a_statement_is_given_up_on_request_and_the_next_one_runs() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(count(&mut connection, &StopToken::new()).unwrap(), 100_000);
        let stop = StopToken::new();
        stop.request();
        assert!(count(&mut connection, &stop).unwrap_err().is_stopped());
        assert_eq!(count(&mut connection, &StopToken::new()).unwrap(), 100_000);
    }
}
