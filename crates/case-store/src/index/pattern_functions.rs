//! Patterns of names and paths as functions of SQLite. A pattern is parsed once a query.

use std::error::Error;
use std::sync::Arc;

use name_pattern::{DirectoryMatch, NamePattern, PathPattern};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

/// What an error in a function must be.
type FunctionError = Box<dyn Error + Send + Sync + 'static>;

/// Only questions may call them, never a schema that an edited file brings along.
const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_DIRECTONLY);

/// Adds the functions to a connection:
///
/// - `name_matches(pattern, name, stream)`
/// - `path_matches(pattern, directory, name, stream)`
/// - `path_directory(pattern, directory)`: 2 when all in the directory matches, 1 when some of it may, else 0
/// - `path_ends(pattern, name)`: 0 when nothing of this name can match
pub(crate) fn register(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.create_scalar_function("name_matches", 3, FLAGS, |context| {
        let pattern = name_pattern(context)?;
        Ok(pattern.matches(text(context, 1)?, text(context, 2)?))
    })?;
    connection.create_scalar_function("path_matches", 4, FLAGS, |context| {
        let pattern = path_pattern(context)?;
        Ok(pattern.matches(text(context, 1)?, text(context, 2)?, text(context, 3)?))
    })?;
    connection.create_scalar_function("path_directory", 2, FLAGS, |context| {
        Ok(match path_pattern(context)?.directory(text(context, 1)?) {
            DirectoryMatch::Whole => 2,
            DirectoryMatch::Partly => 1,
            DirectoryMatch::Nothing => 0,
        })
    })?;
    connection.create_scalar_function("path_ends", 2, FLAGS, |context| {
        Ok(path_pattern(context)?.ends_with(text(context, 1)?))
    })
}

fn name_pattern(context: &Context<'_>) -> Result<Arc<NamePattern>, rusqlite::Error> {
    context.get_or_create_aux(0, |value| -> Result<NamePattern, FunctionError> {
        Ok(NamePattern::parse(value.as_str()?)?)
    })
}

fn path_pattern(context: &Context<'_>) -> Result<Arc<PathPattern>, rusqlite::Error> {
    context.get_or_create_aux(0, |value| -> Result<PathPattern, FunctionError> {
        Ok(PathPattern::parse(value.as_str()?)?)
    })
}

fn text<'c>(context: &'c Context<'_>, argument: usize) -> Result<&'c str, rusqlite::Error> {
    match context.get_raw(argument) {
        ValueRef::Null => Ok(""),
        value => {
            value.as_str().map_err(|error| rusqlite::Error::UserFunctionError(Box::new(error)))
        }
    }
}
