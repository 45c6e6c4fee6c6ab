//! A folder of sets: open, find, look up, import, remove, verify.

mod error;
mod lookup;
mod open;
mod register;
mod set_file;
mod verify;

pub use error::{DamageKind, HashSetError};
pub use open::Library;
pub use verify::Finding;
