//! Copies of cases: made while the case is in use, checked, brought back.

mod backup;
mod check;
mod restore;

pub use backup::{Backup, BackupNotice};
pub use check::{CheckedFile, Health};
pub use restore::{GivenUp, RestoredCase};
