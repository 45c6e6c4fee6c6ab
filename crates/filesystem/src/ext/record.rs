//! From an inode to a record.

use byte_source::{Expected, ProblemKind, Scratch, Structure, index, length};
use case_model::{NameEncoding, Times, readable_name};
use words::term;

use super::budget::Budget;
use super::content::{Content, inline_bytes, is_lost, read_content};
use super::feature::RO_COMPAT_PROJECT;
use super::inode::Inode;
use super::problems::Problems;
use super::state::State;
use super::superblock::Superblock;
use super::volume::Volume;
use super::xattr::{Xattrs, read_xattrs};
use crate::{Allocation, Confidence, Detail, Layout, Record, RecordId, RecordKind, Run, Stream, StreamKind};

/// Inode of the bad blocks; it has no mode, but content.
const BAD_BLOCKS: u64 = 1;
/// Inode of the root directory.
pub(super) const ROOT: u64 = 2;
/// Inode of the reserved group descriptor blocks; its content is metadata in a map of 4 GiB.
const RESIZE: u64 = 7;

/// A record, and the way to the names where it is a directory.
pub(super) struct Built {
    pub(super) record: Record,
    pub(super) names: Option<Names>,
}

/// Where the names of a directory lie.
pub(super) enum Names {
    Runs(Vec<Run>),
    /// In `i_block` and in the value of `system.data`, with its byte offset.
    Inline(Vec<u8>, u64),
}

/// Builds the record of an inode.
pub(super) fn build_record(
    volume: &Volume,
    inode: &Inode<'_>,
    state: State,
    budget: &mut Budget,
    scratch: &mut Scratch,
) -> Built {
    let mut problems = Problems::default();
    state.problem.into_iter().for_each(|problem| problems.push(problem));
    let blank = inode.i_mode == 0 && inode.i_size == 0 && inode.i_blocks == 0;
    if !blank {
        inode.checksum_problem(&volume.superblock).into_iter().for_each(|problem| problems.push(problem));
    }
    let reserved = inode.number < volume.superblock.s_first_ino.into();
    let xattrs = match state.allocation {
        Allocation::Allocated => read_xattrs(volume, inode, &mut problems, scratch),
        Allocation::Deleted => deleted_xattrs(volume, inode, scratch),
    };
    let kind = kind_of(inode, reserved, state.counted, &mut problems);
    let mut record = Record {
        id: RecordId { number: inode.number, generation: inode.i_generation.into() },
        at: inode.bytes.at(),
        kind,
        allocation: state.allocation,
        counted: state.counted,
        metadata: is_metadata(&volume.superblock, inode),
        // An inode with an attribute's value keeps a reference count in its times.
        times: if blank || inode.is_attribute_value() {
            Times::default()
        } else {
            inode.times(state.allocation == Allocation::Deleted)
        },
        mode: (!blank).then(|| inode.i_mode.into()),
        owner: (!blank).then(|| inode.owner()),
        links: Some(inode.i_links_count.into()),
        attributes: inode.i_flags,
        target: None,
        details: details(&volume.superblock, inode, kind),
        streams: Vec::new(),
        problems: Vec::new(),
    };
    let names = add_content(volume, inode, &xattrs, &mut record, budget, &mut problems, scratch);
    record.details.extend(xattrs.details);
    record.problems = match state.allocation {
        Allocation::Allocated => problems.into_vec(),
        Allocation::Deleted => notes_but_the_first(problems, inode),
    };
    Built { record, names }
}

/// Problems of a deleted inode cost nothing, but a contradiction with the bitmap does.
fn notes_but_the_first(problems: Problems, inode: &Inode<'_>) -> Vec<byte_source::Problem> {
    let contradiction = |problem: &byte_source::Problem| {
        problem.at == inode.bytes.at() && matches!(problem.kind, ProblemKind::Inconsistent(_))
    };
    let all = problems.into_vec().into_iter();
    all.map(|problem| if contradiction(&problem) { problem } else { problem.as_note() }).collect()
}

/// The block of a deleted inode's attributes may long be another's: only what lies in the inode is told.
fn deleted_xattrs(volume: &Volume, inode: &Inode<'_>, scratch: &mut Scratch) -> Xattrs {
    let Ok(mut own) = Inode::parse(inode.bytes, inode.number, &volume.superblock) else {
        return Xattrs::default();
    };
    own.i_file_acl = 0;
    read_xattrs(volume, &own, &mut Problems::default(), scratch)
}

fn kind_of(inode: &Inode<'_>, reserved: bool, counted: bool, problems: &mut Problems) -> RecordKind {
    let kind = inode.kind();
    if inode.number == ROOT {
        if kind != RecordKind::Directory {
            let how = term!("ext.root-directory-inode-no-directory");
            problems.push(inode.bytes.damage(ProblemKind::Inconsistent(how)));
        }
        return kind;
    }
    if reserved && (inode.i_mode == 0 || inode.number == RESIZE) {
        return RecordKind::Reserved;
    }
    if kind == RecordKind::Unknown && counted {
        let expected = Expected::Rule(term!("ext.known-file-type-bits-12"));
        let kind = ProblemKind::Value { field: "i_mode", expected, found: inode.i_mode.into() };
        problems.push(inode.bytes.damage(kind));
    }
    kind
}

/// Is it the file system's own?
fn is_metadata(superblock: &Superblock, inode: &Inode<'_>) -> bool {
    inode.number != ROOT
        && (inode.number < superblock.s_first_ino.into()
            || inode.is_attribute_value()
            || special_name(superblock, inode.number).is_some())
}

/// What an inode is for that the superblock names or the format reserves.
pub(super) fn special_name(superblock: &Superblock, number: u64) -> Option<&'static str> {
    let named = [
        (superblock.s_journal_inum, "journal"),
        (superblock.s_usr_quota_inum, "quota-user"),
        (superblock.s_grp_quota_inum, "quota-group"),
        (superblock.s_prj_quota_inum, "quota-project"),
        (superblock.s_orphan_file_inum, "orphan-file"),
    ];
    if let Some((_, name)) = named.iter().find(|(inum, _)| *inum != 0 && u64::from(*inum) == number) {
        return Some(name);
    }
    if number == ROOT || number >= superblock.s_first_ino.into() {
        return None;
    }
    Some(match number {
        1 => "bad-blocks",
        3 => "reserved-3",
        4 => "reserved-4",
        5 => "boot-loader",
        6 => "undelete-directory",
        7 => "resize",
        8 => "reserved-8",
        9 => "exclude",
        10 => "replica",
        _ => "reserved",
    })
}

fn details(superblock: &Superblock, inode: &Inode<'_>, kind: RecordKind) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut add = |name: &str, value: String| details.push(Detail { name: name.to_owned(), value });
    if matches!(kind, RecordKind::BlockDevice | RecordKind::CharacterDevice) {
        add("device", device(inode));
    }
    if superblock.ro_compat(RO_COMPAT_PROJECT)
        && let Some(project) = inode.extra(0x9c)
    {
        add("i_projid", project.to_string());
    }
    if inode.is_encrypted() {
        add("encrypted", "by fscrypt; names and content are ciphertext".to_owned());
    }
    if inode.has_verity() {
        add("verity", "fs-verity tree behind the end of the data".to_owned());
    }
    if inode.is_attribute_value() {
        add("ea_inode", "holds the value of an extended attribute".to_owned());
    }
    if inode.number == RESIZE {
        add("i_size", format!("{} bytes: map of the reserved group descriptor blocks", inode.i_size));
    }
    details
}

/// `major:minor`: the old form has 8 bits each in the first word of `i_block`, the new one 12 and 20 in the second.
fn device(inode: &Inode<'_>) -> String {
    let i_block = Structure::new("i_block", 0, &inode.i_block);
    let (old, new) = (i_block.u32_le(0).unwrap_or(0), i_block.u32_le(4).unwrap_or(0));
    if old != 0 {
        format!("{}:{}", old >> 8 & 0xff, old & 0xff)
    } else {
        format!("{}:{}", new >> 8 & 0xfff, new & 0xff | new >> 12 & 0xf_ff00)
    }
}

/// Adds streams, or the target of a symbolic link, to the record. Returns where the names of a directory lie.
fn add_content(
    volume: &Volume,
    inode: &Inode<'_>,
    xattrs: &Xattrs,
    record: &mut Record,
    budget: &mut Budget,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Option<Names> {
    let mut behind = Vec::new();
    let mut read = |problems: &mut Problems| {
        let Content { layout, blocks_past_end, past } =
            read_content(volume, inode, xattrs, budget, problems, scratch);
        behind = past;
        if blocks_past_end > 0 {
            let value = format!("{blocks_past_end} blocks");
            record.details.push(Detail { name: "allocated_past_end".to_owned(), value });
        }
        layout
    };
    match record.kind {
        RecordKind::File => {
            let mut layout =
                file_layout(&volume.superblock, inode, record.allocation, &mut || read(problems));
            if let Layout::Runs(runs) = &mut layout {
                runs.append(&mut behind);
            }
            record.streams.push(data_stream(inode, layout));
        }
        RecordKind::Reserved if inode.number == BAD_BLOCKS && inode.i_size > 0 => {
            let layout = read(problems);
            record.streams.push(data_stream(inode, layout));
        }
        RecordKind::Directory if inode.has_inline_data() => {
            let (value, at) = xattrs.system_data.clone().unwrap_or_default();
            return Some(Names::Inline(value, at));
        }
        RecordKind::Directory => {
            if let Layout::Runs(runs) = read(problems) {
                return Some(Names::Runs(runs));
            }
        }
        RecordKind::SymbolicLink => add_target(volume, inode, xattrs, record, budget, problems, scratch),
        _ => {}
    }
    None
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

fn file_layout(
    superblock: &Superblock,
    inode: &Inode<'_>,
    allocation: Allocation,
    read: &mut dyn FnMut() -> Layout,
) -> Layout {
    if inode.is_compressed(superblock) {
        return Layout::Unsupported(term!("ext.compressed-e2compr"));
    }
    if inode.is_encrypted() {
        return Layout::Encrypted(term!("ext.encrypted-fscrypt"));
    }
    let layout = read();
    // An ext2 file that was deleted keeps its pointers; ext3 and ext4 clear them, and the size with them.
    let cleared = inode.i_size > 0 || superblock.kind() != crate::FileSystemKind::Ext2;
    if allocation == Allocation::Deleted && cleared && is_lost(&layout) {
        let how = match (inode.i_size, inode.has_extents()) {
            (0, _) => term!("ext.size-block-pointers-were-cleared"),
            (_, true) => term!("ext.extents-were-cleared-when-file"),
            (_, false) => term!("ext.block-pointers-were-cleared-when"),
        };
        return Layout::Lost(how);
    }
    layout
}

/// Reads the target: in `i_block` when it is short and takes no blocks, else inline data or a block.
fn add_target(
    volume: &Volume,
    inode: &Inode<'_>,
    xattrs: &Xattrs,
    record: &mut Record,
    budget: &mut Budget,
    problems: &mut Problems,
    scratch: &mut Scratch,
) {
    let size = inode.i_size;
    let most = volume.block_bytes;
    if size > most {
        let expected = Expected::Within(1, most);
        let kind = ProblemKind::Value { field: "i_size of a symbolic link", expected, found: size };
        return problems.push(inode.bytes.damage(kind));
    }
    let attribute_space = if inode.i_file_acl == 0 { 0 } else { volume.block_bytes };
    let in_blocks = inode.has_extents() || inode.space(volume.block_bytes) > attribute_space;
    let bytes = if inode.has_inline_data() {
        inline_bytes(volume, inode, xattrs).0
    } else if in_blocks && size > 0 {
        let content = read_content(volume, inode, xattrs, budget, problems, scratch);
        read_block_target(volume, &content.layout, problems, scratch)
    } else {
        inode.i_block.to_vec()
    };
    if bytes.len() < index(size) {
        let (wanted_end, available) = (size, length(bytes.len()));
        problems.push(inode.bytes.damage(ProblemKind::OutOfBounds { wanted_end, available }));
    }
    let target = bytes.get(..index(size).min(bytes.len())).unwrap_or_default();
    if inode.is_encrypted() {
        let value = target.iter().map(|byte| format!("{byte:02x}")).collect();
        record.details.push(Detail { name: "encrypted target".to_owned(), value });
    } else if target.iter().any(|byte| *byte != 0) {
        record.target = Some((target.to_vec(), readable_name(target, NameEncoding::Bytes)));
    }
}

fn read_block_target(
    volume: &Volume,
    layout: &Layout,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Vec<u8> {
    let Layout::Runs(runs) = layout else { return Vec::new() };
    let Some(&Run { length, place: crate::Place::At(at) }) = runs.first() else { return Vec::new() };
    let range = at..at.saturating_add(length.min(volume.block_bytes));
    let bytes = volume.bytes("symbolic link target", range, scratch);
    problems.take(bytes).map(std::borrow::Cow::into_owned).unwrap_or_default()
}
