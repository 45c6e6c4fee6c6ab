//! The content of a record: its streams, the target of a symbolic link, the way to the names of a directory.

use byte_source::{Expected, ProblemKind, Scratch, index, length};
use case_model::{NameEncoding, readable_name};
use words::term;

use super::budget::Budget;
use super::content::{Content, inline_bytes, is_lost, read_content};
use super::inode::Inode;
use super::problems::Problems;
use super::superblock::Superblock;
use super::volume::Volume;
use super::xattr::Xattrs;
use crate::{
    Allocation, Confidence, Detail, FileSystemKind, Layout, Place, Record, RecordKind, Run, Stream,
    StreamKind,
};

/// Inode of the bad blocks; it has no mode, but content.
const BAD_BLOCKS: u64 = 1;
/// Inode of the root directory.
pub(super) const ROOT: u64 = 2;

/// Where the names of a directory lie.
pub(super) enum Names {
    Runs(Vec<Run>),
    /// In `i_block` and in the value of `system.data`, with its byte offset.
    Inline(Vec<u8>, u64),
}

/// What the content of an inode is read with.
pub(super) struct ContentReader<'r> {
    pub(super) volume: &'r Volume,
    pub(super) inode: &'r Inode<'r>,
    pub(super) xattrs: &'r Xattrs,
    pub(super) budget: &'r mut Budget,
    pub(super) problems: &'r mut Problems,
    pub(super) scratch: &'r mut Scratch,
}

impl ContentReader<'_> {
    /// Adds streams, or the target of a symbolic link, to the record. Returns where the names of a directory lie.
    pub(super) fn add_to(&mut self, record: &mut Record) -> Option<Names> {
        let inode = self.inode;
        match record.kind {
            RecordKind::File => {
                let layout = self.file_layout(record);
                record.streams.push(data_stream(inode, layout));
            }
            RecordKind::Reserved if inode.number == BAD_BLOCKS && inode.i_size > 0 => {
                let layout = self.read(record).layout;
                record.streams.push(data_stream(inode, layout));
            }
            RecordKind::Directory if inode.has_inline_data() => {
                let (value, at) = self.xattrs.system_data.clone().unwrap_or_default();
                return Some(Names::Inline(value, at));
            }
            RecordKind::Directory => {
                if let Layout::Runs(runs) = self.read(record).layout {
                    return Some(Names::Runs(runs));
                }
            }
            RecordKind::SymbolicLink => self.add_target(record),
            _ => {}
        }
        None
    }

    /// Reads the content, and tells the record of blocks that are allocated past its end.
    fn read(&mut self, record: &mut Record) -> Content {
        let content = self.content();
        if content.blocks_past_end > 0 {
            let value = format!("{} blocks", content.blocks_past_end);
            record.details.push(Detail { name: "allocated_past_end".to_owned(), value });
        }
        content
    }

    fn content(&mut self) -> Content {
        read_content(self.volume, self.inode, self.xattrs, self.budget, self.problems, self.scratch)
    }

    /// The layout of a file's content; runs that are allocated past its end lie behind it.
    fn file_layout(&mut self, record: &mut Record) -> Layout {
        let inode = self.inode;
        if inode.is_compressed(&self.volume.superblock) {
            return Layout::Unsupported(term!("ext.compressed-e2compr"));
        }
        if inode.is_encrypted() {
            return Layout::Encrypted(term!("ext.encrypted-fscrypt"));
        }
        let Content { mut layout, mut past, .. } = self.read(record);
        if record.allocation == Allocation::Deleted && is_lost(&layout) {
            layout = self::lost(inode, &self.volume.superblock).unwrap_or(layout);
        }
        if let Layout::Runs(runs) = &mut layout {
            runs.append(&mut past);
        }
        layout
    }

    /// Reads the target: in `i_block` when it is short and takes no blocks, else inline data or a block.
    fn add_target(&mut self, record: &mut Record) {
        let inode = self.inode;
        let size = inode.i_size;
        let most = self.volume.block_bytes;
        if size > most {
            let field = "i_size of a symbolic link";
            return self.problems.push(inode.bytes.wrong_value(
                field,
                Expected::Within(1, most),
                size,
            ));
        }
        let bytes = self.target_bytes();
        if bytes.len() < index(size) {
            let kind =
                ProblemKind::OutOfBounds { wanted_end: size, available: length(bytes.len()) };
            self.problems.push(inode.bytes.damage(kind));
        }
        let target = bytes.get(..index(size).min(bytes.len())).unwrap_or_default();
        if inode.is_encrypted() {
            let value = target.iter().map(|byte| format!("{byte:02x}")).collect();
            record.details.push(Detail { name: "encrypted target".to_owned(), value });
        } else if target.iter().any(|byte| *byte != 0) {
            record.target = Some((target.to_vec(), readable_name(target, NameEncoding::Bytes)));
        }
    }

    /// The bytes that a symbolic link's target lies in; there may be more of them, or less.
    fn target_bytes(&mut self) -> Vec<u8> {
        let inode = self.inode;
        let block_bytes = self.volume.block_bytes;
        let attribute_space = if inode.i_file_acl == 0 { 0 } else { block_bytes };
        let in_blocks = inode.has_extents() || inode.space(block_bytes) > attribute_space;
        if inode.has_inline_data() {
            inline_bytes(self.volume, inode, self.xattrs).0
        } else if in_blocks && inode.i_size > 0 {
            let content = self.content();
            self.first_block(&content.layout)
        } else {
            inode.i_block.to_vec()
        }
    }

    fn first_block(&mut self, layout: &Layout) -> Vec<u8> {
        let Layout::Runs(runs) = layout else { return Vec::new() };
        let Some(&Run { length, place: Place::At(at) }) = runs.first() else { return Vec::new() };
        let range = at..at.saturating_add(length.min(self.volume.block_bytes));
        let bytes = self.volume.bytes("symbolic link target", range, self.scratch);
        self.problems.take(bytes).map(std::borrow::Cow::into_owned).unwrap_or_default()
    }
}

/// The layout of a deleted file without a place. An ext2 file that was deleted keeps its pointers; ext3 and ext4
/// clear them, and the size with them. `None` for an empty file of ext2.
fn lost(inode: &Inode<'_>, superblock: &Superblock) -> Option<Layout> {
    if inode.i_size == 0 && superblock.kind() == FileSystemKind::Ext2 {
        return None;
    }
    Some(Layout::Lost(match (inode.i_size, inode.has_extents()) {
        (0, _) => term!("ext.size-block-pointers-were-cleared"),
        (_, true) => term!("ext.extents-were-cleared-when-file"),
        (_, false) => term!("ext.block-pointers-were-cleared-when"),
    }))
}

fn data_stream(inode: &Inode<'_>, layout: Layout) -> Stream {
    Stream {
        kind: StreamKind::Data,
        name: Vec::new(),
        size: inode.i_size,
        valid: inode.i_size,
        layout,
        confidence: Confidence::Recorded,
    }
}
