//! FAT12, FAT16 and FAT32 with VFAT long names.
//!
//! Sources: Microsoft, *FAT: General Overview of On-Disk Format* (1.03, December 2000) and
//! *Microsoft FAT Specification* (August 2005), cited below as "FAT spec" with the name of the
//! section.

mod boot_sector;
mod census;
mod chain;
mod cluster_count;
mod cluster_set;
mod code_page;
mod deleted_directories;
mod deleted_files;
mod directories;
mod directory;
mod directory_entry;
mod free_runs;
mod geometry;
mod limited_problems;
mod long_name;
mod lost_chain_record;
mod lost_chains;
mod probe;
mod reached;
mod record;
mod record_of_entry;
mod recovery;
mod renamed;
mod reserved_area;
mod scan;
mod short_name;
mod slot_use;
mod table;
mod table_copies;
mod tree;
mod unowned;
mod virtual_link;
mod virtual_records;
mod volume;

pub(crate) use chain::{Chain, Crossings, Heap, push_extent};
pub(crate) use cluster_count::ClusterCount;
pub(crate) use cluster_set::ClusterSet;
pub(crate) use deleted_files::DeletedFiles;
pub(crate) use directories::{Directories, Directory};
pub(crate) use directory::visit_slots;
pub(crate) use free_runs::{FreeRuns, push_cluster};
pub(crate) use lost_chain_record::{lost_chain_record, scan_lost_chains};
pub(crate) use lost_chains::LostChains;
pub(crate) use probe::probe;
pub(crate) use reached::Reached;
pub(crate) use record_of_entry::{data_stream, record_of_entry, runs};
pub(crate) use recovery::RENAMED;
pub(crate) use renamed::Renamed;
pub(crate) use table::{Entry, Format, Table, TableReader};
pub(crate) use unowned::{
    MOST_UNOWNED_STEPS, UNOWNED_CHAIN, UNOWNED_RUN, limit_problem, unowned_chain,
};
pub(crate) use volume::open;
