//! ILook `.hsh`, versions 3 and 4. Names are not quoted, so a comma in one shifts the fields behind it.

use case_model::Algorithm;

use super::csv_table::{Table, read_records};
use crate::import::collector::Collector;
use crate::import::digest_text::Untagged;
use crate::import::reading::{Lines, SourceFile, split_fields};
use crate::{ColumnRole, ImportError, ImportOptions};

/// First column of the header; its records hold MD5.
pub(crate) const FIRST_COLUMN: [&str; 2] = ["V3Hash", "V4Hash"];

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut lines = Lines::new(source, b'\n')?;
    let header = lines.next()?.map(|(_, line)| line.to_vec()).unwrap_or_default();
    let names = split_fields(&header, b',').unwrap_or_default();
    let roles = names.iter().map(|name| role_of(name)).collect();
    let surplus_at = names.iter().position(|name| name == "FileName");
    let table = Table { names, roles, delimiter: b',', surplus_at };
    read_records(lines, &table, Untagged::new(options, None), collector)
}

fn role_of(column: &str) -> ColumnRole {
    match column {
        name if FIRST_COLUMN.contains(&name) => ColumnRole::Digest(Algorithm::Md5),
        "HashSHA1" => ColumnRole::Digest(Algorithm::Sha1),
        "HashSHA256" => ColumnRole::Digest(Algorithm::Sha256),
        "FileName" => ColumnRole::Name,
        "FileSize" => ColumnRole::Size,
        _ => ColumnRole::Ignore,
    }
}
