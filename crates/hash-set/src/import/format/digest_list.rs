//! Lists of digests in lines, as people write them: see [`ListLine`](super::list_line::ListLine).

use super::list_rows::{self, Style};
use crate::import::collector::Collector;
use crate::import::digest_text::{Untagged, algorithm_of_file_name};
use crate::import::reading::{Lines, SourceFile};
use crate::{ImportError, ImportOptions};

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let untagged = Untagged::new(options, algorithm_of_file_name(&source.file_name()));
    list_rows::read(Lines::new(source, b'\n')?, untagged, Style::List, collector)
}
