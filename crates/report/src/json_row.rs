//! One stream as a JSON object.

use case_store::FoundRow;
use serde_json::{Map, Value};

use crate::fields::FIELDS;

/// Returns a row of the index as a JSON object; what it does not have is left out. Digests are lower-case hexadecimal, times RFC 3339
/// in UTC (without `Z`: local time of an unknown zone), offsets and sizes bytes. `times_raw` gives each field as on disk with clock and
/// zone; `extents` are `[offset on the medium or null for a hole, length]`.
#[must_use]
pub fn json_row(row: &FoundRow) -> Value {
    let values = FIELDS.iter().map(|field| (field.name, (field.value)(row)));
    let present = values.filter(|(_, value)| !value.is_null());
    Value::Object(present.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}
