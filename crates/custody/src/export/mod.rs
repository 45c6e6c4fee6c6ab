//! The record as a folder that anybody can check without this program: BagIt (RFC 8493), JSON lines, signed notes, and a
//! verifier as text.

mod bag;
mod finding;
mod folder;
mod log_line;
mod storage;
mod verify;
mod writer;
mod zip_file;

pub use finding::{ExportReport, Finding, FindingKind, Remark};
pub use folder::Folder;
pub use storage::{ExportInput, ExportOutput};
pub use verify::{Trust, verify_export};
pub use writer::{BagInfo, ExportError, ExportWriter};
pub use zip_file::{ZipInput, ZipOutput};
