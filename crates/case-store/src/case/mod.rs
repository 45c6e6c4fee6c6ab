//! A case and a lab's ledger as files: opened, created with their first entry, copied, changed in transactions.

pub(crate) mod case_file;
pub(crate) mod copies;
pub(crate) mod countersign;
pub(crate) mod first_entry;
pub(crate) mod kept_record;
pub(crate) mod transaction;
