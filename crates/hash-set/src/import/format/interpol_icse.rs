//! INTERPOL ICSE export: a table delimited by `;`. Every entry is grave; its flags are kept in the comment.

use case_model::Algorithm;

use super::csv_table::{Table, read_records};
use crate::import::collector::Collector;
use crate::import::digest_text::Untagged;
use crate::import::reading::{Lines, SourceFile, split_fields};
use crate::{ColumnRole, ImportError, ImportOptions};

/// Columns by which the export is recognised.
pub(crate) const TELLING_COLUMNS: [&str; 3] = ["Image ID", "Victim identified", "Baseline"];

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    collector.file_says(|facts| {
        facts.publisher = "INTERPOL ICSE".to_owned();
    });
    let mut lines = Lines::new(source, b'\n')?;
    let header = lines.next()?.map(|(_, line)| line.to_vec()).unwrap_or_default();
    let names: Vec<String> = split_fields(&header, b';')
        .unwrap_or_default()
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    let roles = names.iter().map(|name| role_of(name)).collect();
    let table = Table { names, roles, delimiter: b';', surplus_at: None };
    read_records(lines, &table, Untagged::new(options, None), collector)
}

fn role_of(column: &str) -> ColumnRole {
    match column {
        "MD5" => ColumnRole::Digest(Algorithm::Md5),
        "SHA1" => ColumnRole::Digest(Algorithm::Sha1),
        "SHA256" => ColumnRole::Digest(Algorithm::Sha256),
        // A perceptual hash: compared elsewhere, never here.
        "PhotoDNA" => ColumnRole::Ignore,
        _ => ColumnRole::Detail,
    }
}
