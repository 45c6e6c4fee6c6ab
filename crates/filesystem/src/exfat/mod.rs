//! exFAT.
//!
//! Source: Microsoft, *exFAT file system specification* (2019), cited below as "spec" with the number of the section. Clusters,
//! chains and the walk over directories are those of FAT.

mod allocation_bitmap;
mod boot_sector;
mod census;
mod deleted_directories;
mod entry_set;
mod file_set;
mod layout;
mod open;
mod primary;
mod probe;
mod record;
mod scan;
mod tree;
mod up_case_table;
mod visit;
mod volume;

pub(crate) use open::open;
pub(crate) use probe::probe;
