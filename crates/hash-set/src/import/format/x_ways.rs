//! X-Ways exchange text: the first line names the algorithm, then one digest a line.

use case_model::{Algorithm, NameEncoding, readable_name};

use super::list_rows::{self, Style};
use crate::import::collector::Collector;
use crate::import::digest_text::{Untagged, excerpt};
use crate::import::reading::{Lines, SourceFile};
use crate::{ImportError, ImportOptions};

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut lines = Lines::new(source, b'\n')?;
    let heading = loop {
        match lines.next()? {
            Some((_, line)) if line.trim_ascii().is_empty() => {}
            Some((_, line)) => break readable_name(line.trim_ascii(), NameEncoding::Bytes),
            None => break String::new(),
        }
    };
    let algorithm = Algorithm::from_key(heading.trim_matches('"'));
    if algorithm.is_none() {
        return Err(ImportError::NoDigestColumn { columns: vec![excerpt(&heading)] });
    }
    let options = ImportOptions { algorithm, mixed_algorithms: false, ..options.clone() };
    list_rows::read(lines, Untagged::new(&options, None), Style::Headed, collector)
}
