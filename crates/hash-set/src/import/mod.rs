//! Reading the files that labs receive.

mod collector;
mod digest_text;
mod error;
mod format;
mod options;
mod reading;
mod recognise;
mod report;

use std::path::Path;

pub(crate) use collector::Collected;
use collector::Collector;
pub use error::ImportError;
pub use format::Format;
pub use options::{ColumnRole, ImportOptions};
pub use report::{ImportNote, ImportReport, Outcome, Position, Progress, RejectReason, Rejection, Stage};

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
    let mut collector = Collector::new(&source, format, options, folder, progress);
    format.read(&mut source, options, &mut collector)?;
    collector.finish(source)
}
