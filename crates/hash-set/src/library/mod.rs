//! A folder of sets: open, find, look up, import, remove, verify.

mod contents;
mod error;
mod export;
mod lookup;
mod open;
mod register;
mod set_file;
mod verify;

pub use contents::{Change, Difference, SetEntry};
pub use error::{DamageKind, HashSetError};
pub use export::{ExportError, ExportFormat, Exported};
pub use lookup::SetLookup;
pub use open::Library;
pub use verify::Finding;
