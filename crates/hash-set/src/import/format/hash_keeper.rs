//! HashKeeper: `.hsh` holds the records, `.hke` beside it describes the set.

use std::fs;
use std::path::Path;

use case_model::{Algorithm, HitDisposition};

use super::csv_table::{Table, read_records};
use crate::import::collector::Collector;
use crate::import::digest_text::Untagged;
use crate::import::reading::{Lines, SourceFile, split_fields};
use crate::{ColumnRole, ImportError, ImportOptions};

/// First column of the header of `.hsh`.
pub(crate) const FIRST_COLUMNS: [&str; 2] = ["file_id", "hashset_id"];
/// Longest description file in bytes: one line with ten fields a set.
const LONGEST_DESCRIPTION_BYTES: u64 = 1 << 20;

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    describe(source, collector)?;
    let mut lines = Lines::new(source, b'\n')?;
    let header = lines.next()?.map(|(_, line)| line.to_vec()).unwrap_or_default();
    let names = split_fields(&header, b',').unwrap_or_default();
    let roles = names.iter().map(|name| role_of(name)).collect();
    let table = Table { names, roles, delimiter: b',', surplus_at: None };
    read_records(lines, &table, Untagged::new(options, None), collector)
}

/// Takes name, vendor, version and the notable flag from the `.hke` file, if there is one.
fn describe(source: &SourceFile, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let Some(path) = beside(source.path(), &["hke", "HKE"]) else {
        return Ok(());
    };
    let bytes = read_description(&path).map_err(ImportError::read(&path))?;
    collector.companion(&path, &bytes);
    let mut lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    let mut fields = || split_fields(lines.next().unwrap_or_default(), b',').unwrap_or_default();
    let names = fields();
    let values = fields();
    let value = |name: &str| {
        names.iter().position(|one| one == name).and_then(|at| values.get(at)).cloned()
    };
    collector.file_says(|facts| {
        facts.name = value("name").unwrap_or_default();
        facts.publisher = value("vendor").unwrap_or_default();
        facts.version = value("version").unwrap_or_default();
        facts.released = value("date_loaded").unwrap_or_default();
        let flag = value("notable_flag");
        facts.disposition = flag.as_deref().and_then(disposition_of).unwrap_or(facts.disposition);
    });
    Ok(())
}

/// Returns what a "notable_flag" says: 1 notable, 0 known; anything else leaves the default.
fn disposition_of(flag: &str) -> Option<HitDisposition> {
    match flag {
        "0" => Some(HitDisposition::Known),
        "1" => Some(HitDisposition::Notable),
        _ => None,
    }
}

fn role_of(column: &str) -> ColumnRole {
    match column {
        "hash" => ColumnRole::Digest(Algorithm::Md5),
        "file_name" => ColumnRole::Name,
        "file_size" => ColumnRole::Size,
        "comments" => ColumnRole::Comment,
        _ => ColumnRole::Ignore,
    }
}

fn read_description(path: &Path) -> std::io::Result<Vec<u8>> {
    match fs::metadata(path)?.len() {
        0..=LONGEST_DESCRIPTION_BYTES => fs::read(path),
        _ => Err(std::io::ErrorKind::FileTooLarge.into()),
    }
}

/// The file with the same name and one of these extensions.
fn beside(path: &Path, extensions: &[&str]) -> Option<std::path::PathBuf> {
    extensions.iter().map(|extension| path.with_extension(extension)).find(|path| path.is_file())
}
