//! Reading the files that labs receive.

mod care_list;
mod category_mapping;
mod collector;
mod digest_text;
mod error;
mod file_format;
mod format;
mod options;
mod preview;
mod reading;
mod recognise;
mod report;
mod visible_text;

use std::path::Path;

pub use care_list::{CareList, CareListError};
pub use category_mapping::{CategoryMapping, MappingError};
pub(crate) use collector::Collected;
use collector::Collector;
pub use error::{DeltaFault, ImportError};
pub use file_format::Format;
pub use options::{ColumnRole, ImportOptions};
pub use preview::{PreviewColumn, TablePreview, preview_table};
pub use report::{
    ImportNote, ImportReport, Outcome, Position, Progress, RejectReason, Rejection, Stage,
};

/// Reads `path` into sorted records, spilling into `folder`.
pub(crate) fn collect(
    path: &Path,
    options: &ImportOptions,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Collected, ImportError> {
    let mut source = reading::SourceFile::open(path)?;
    let format = match options.format {
        Some(format) => format,
        None => recognise::recognise(&source, options)?,
    };
    if (!options.deltas.is_empty() || options.database_hash.is_some())
        && format != Format::NsrlRdsV3
    {
        return Err(ImportError::DeltasNotApplicable { format });
    }
    // Its library reads a database where it likes; all others are hashed as they are read.
    if let Some(beside) = options.beside.filter(|_| format.is_database()) {
        source.hash_beside(beside)?;
    }
    let mut collector = Collector::new(&source, format, options, folder, progress);
    format.read(&source, options, &mut collector)?;
    collector.finish(source)
}
