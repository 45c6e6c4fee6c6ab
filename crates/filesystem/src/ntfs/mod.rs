//! NTFS, by the record table.
//!
//! Names and layouts of structures follow Microsoft's headers as the Linux-NTFS documentation collects them. A few rules of this
//! reader that others build on:
//!
//! - **Identity.** `RecordId::generation` is the sequence number that references to the record carry. NTFS increments the number on
//!   disk, past 0, when it frees a record; the generation of a deleted record is therefore the number on disk minus 1 (65535 for 1,
//!   0 for 0). Parents of links are handed over as on disk: a link whose parent was freed and used again does not match any more.
//! - **Slots.** Slots without a record (zeros, or formatted and never used) give nothing, unless `$MFT:$BITMAP` says they are in
//!   use: then they are damage, and records of kind `Unknown`.
//! - **Extension records** are merged into their base record by its attribute list; one that its base does not list comes as a
//!   record of its own, with damage.
//! - **Deleted records** carry notes instead of damage: what they lack was released.

mod assemble;
mod attribute;
mod attribute_list;
mod boot_sector;
mod bootstrap;
mod budget;
mod content;
mod directory_index;
mod extended_attributes;
mod file_name;
mod file_record;
mod file_reference;
mod file_system;
mod gather;
mod index_entry;
mod mapping_pairs;
mod metadata;
mod mft;
mod open;
mod placement;
mod probe;
mod reader;
mod record_bitmap;
mod records;
mod reparse_point;
mod scan;
mod standard_information;
mod streams;
mod unallocated;
mod update_sequence;
mod volume_information;
mod wof;

pub(crate) use open::open;
pub(crate) use probe::probe;
