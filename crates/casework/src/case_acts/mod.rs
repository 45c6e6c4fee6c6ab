//! What is done with a case as a whole: it gets another name, is closed, opened again, removed. Each act has an entry in the case's ledger
//! and one in the lab's.

mod close;
mod dates;
mod names;
mod remove;
mod rename;

pub use dates::CaseDates;
pub use remove::RemovalRequest;
