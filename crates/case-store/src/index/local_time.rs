//! Local times of evidence as UTC within a query.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;

use case_model::{SharedZone, Timestamp, Zone, decode_times};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

use super::filter::TimeField;
use crate::file::ids::ImageId;

/// What an error in a function must be.
type FunctionError = Box<dyn Error + Send + Sync + 'static>;

/// Which reading of a local time that has two is meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    Earliest,
    Latest,
}

/// Adds a function to a connection: `utc_of_local(zone, times_raw, field, ns, reading)` gives the UTC of a time. A time that is UTC on the
/// medium, and one that has no reading within the range of nanoseconds, stay as they are. A zone is parsed once a query.
pub(crate) fn register(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        // Only questions may call it, never a schema that an edited file brings along.
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("utc_of_local", 5, flags, |context| {
        let Some(ns) = context.get::<Option<i64>>(3)? else { return Ok(None) };
        if !is_unzoned(context)? {
            return Ok(Some(ns));
        }
        let readings = zone(context)?.read(ns).utc();
        let reading = if context.get::<i64>(4)? == 0 { readings.first() } else { readings.last() };
        Ok(Some(reading.copied().unwrap_or(ns)))
    })
}

fn is_unzoned(context: &Context<'_>) -> Result<bool, rusqlite::Error> {
    let ValueRef::Blob(packed) = context.get_raw(1) else { return Ok(false) };
    let field: String = context.get(2)?;
    let found = decode_times(packed).into_iter().find(|(name, _, _)| *name == field);
    let time = found.and_then(|(_, clock, raw)| Timestamp::from_raw(clock, raw));
    Ok(time.is_some_and(|time| time.is_unzoned()))
}

fn zone(context: &Context<'_>) -> Result<Arc<Zone>, rusqlite::Error> {
    context.get_or_create_aux(0, |value| -> Result<Zone, FunctionError> {
        Ok(Zone::named(value.as_str()?)?)
    })
}

/// Returns the SQL of a time in UTC: of the images that have a zone by their zone, of the others as it is.
pub(super) fn utc_sql(
    zones: &[(ImageId, SharedZone)],
    field: TimeField,
    reading: Reading,
) -> String {
    let column = field.key();
    if zones.is_empty() {
        return format!("e.{column}");
    }
    let reading = match reading {
        Reading::Earliest => 0,
        Reading::Latest => 1,
    };
    let mut sql = "CASE v.image".to_owned();
    for (image, shared) in zones {
        // Names of the time zone database have no quotation mark.
        let zone = shared.zone.name();
        let _ = write!(
            sql,
            " WHEN {image} THEN utc_of_local('{zone}', e.times_raw, '{column}', e.{column}, {reading})"
        );
    }
    sql.push_str(&format!(" ELSE e.{column} END"));
    sql
}
