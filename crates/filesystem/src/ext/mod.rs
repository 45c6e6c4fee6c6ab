//! ext2, ext3 and ext4: superblock, block groups, inodes, block maps and extent trees, directories.
//!
//! Written after "ext4 Data Structures and Algorithms" (Linux kernel documentation) and "The Second Extended File System" (Poirier).

mod bitmap;
mod block_map;
mod budget;
mod census;
mod content;
mod crc;
mod dir_entry;
mod directory;
mod directory_checksum;
mod extent_edits;
mod extent_list;
mod extent_tree;
mod fast_commit_replay;
mod fast_commits;
mod fast_inode;
mod feature;
mod file_system;
mod free_blocks;
mod group;
mod inode;
mod inode_table;
mod journal;
mod leads;
mod locate;
mod open;
mod orphan;
mod own_space;
mod part;
mod problems;
mod reader;
mod record;
mod record_content;
mod rescue;
mod run_list;
mod scan;
mod scan_names;
mod state;
mod superblock;
mod unused_slots;
mod volume;
mod xattr;

use byte_source::{Scratch, Source};

use crate::Recognised;

pub(crate) use open::open;

/// Recognises an ext file system by its superblock, or by a copy when the primary one is damaged.
pub(crate) fn probe(volume: &dyn Source, scratch: &mut Scratch) -> Option<Recognised> {
    let found = locate::locate(volume, scratch).ok()?;
    let reason = match found.backup_of_group {
        None => "superblock with magic 0xEF53 at byte 1080",
        Some(_) => "backup superblock with magic 0xEF53; the primary one is damaged",
    };
    Some(Recognised { kind: found.superblock.kind(), reason })
}
