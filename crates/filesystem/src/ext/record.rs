//! From an inode to a record.

use byte_source::{Expected, ProblemKind, Scratch, Structure};
use case_model::Times;
use words::term;

use super::budget::Budget;
use super::feature::RO_COMPAT_PROJECT;
use super::inode::Inode;
use super::problems::Problems;
use super::record_content::{ContentReader, Names, ROOT};
use super::state::State;
use super::superblock::Superblock;
use super::volume::Volume;
use super::xattr::{Xattrs, read_xattrs};
use crate::{Allocation, Detail, Record, RecordId, RecordKind};

/// Inode of the reserved group descriptor blocks; its content is metadata in a map of 4 GiB.
const RESIZE: u64 = 7;

/// A record, and the way to the names where it is a directory.
pub(super) struct Built {
    pub(super) record: Record,
    pub(super) names: Option<Names>,
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
    state.problem.iter().for_each(|problem| problems.push(problem.clone()));
    if !is_blank(inode) {
        inode
            .checksum_problem(&volume.superblock)
            .into_iter()
            .for_each(|problem| problems.push(problem));
    }
    let xattrs = match state.allocation {
        Allocation::Allocated => read_xattrs(volume, inode, &mut problems, scratch),
        Allocation::Deleted => deleted_xattrs(volume, inode, scratch),
    };
    let mut record = record_of_fields(&volume.superblock, inode, &state, &mut problems);
    let problems_here = &mut problems;
    let mut reader =
        ContentReader { volume, inode, xattrs: &xattrs, budget, problems: problems_here, scratch };
    let names = reader.add_to(&mut record);
    record.details.extend(xattrs.details);
    record.problems = match state.allocation {
        Allocation::Allocated => problems.into_vec(),
        Allocation::Deleted => notes_but_the_first(problems, inode),
    };
    Built { record, names }
}

/// True for an inode without mode, size and blocks: its other fields say nothing.
fn is_blank(inode: &Inode<'_>) -> bool {
    inode.i_mode == 0 && inode.i_size == 0 && inode.i_blocks == 0
}

/// The record as the inode's own fields give it, without content.
fn record_of_fields(
    superblock: &Superblock,
    inode: &Inode<'_>,
    state: &State,
    problems: &mut Problems,
) -> Record {
    let reserved = inode.number < superblock.s_first_ino.into();
    let kind = kind_of(inode, reserved, state.counted, problems);
    let blank = is_blank(inode);
    // An inode with an attribute's value keeps a reference count in its times.
    let has_times = !blank && !inode.is_attribute_value();
    let is_deleted = state.allocation == Allocation::Deleted;
    Record {
        id: RecordId { number: inode.number, generation: inode.i_generation.into() },
        at: inode.bytes.at(),
        kind,
        allocation: state.allocation,
        counted: state.counted,
        metadata: is_metadata(superblock, inode),
        times: if has_times { inode.times(is_deleted) } else { Times::default() },
        mode: (!blank).then(|| inode.i_mode.into()),
        owner: (!blank).then(|| inode.owner()),
        links: Some(inode.i_links_count.into()),
        attributes: inode.i_flags,
        target: None,
        details: details(superblock, inode, kind),
        streams: Vec::new(),
        problems: Vec::new(),
    }
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

fn kind_of(
    inode: &Inode<'_>,
    reserved: bool,
    counted: bool,
    problems: &mut Problems,
) -> RecordKind {
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
    if let Some((_, name)) = named.iter().find(|(inum, _)| *inum != 0 && u64::from(*inum) == number)
    {
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
        add(
            "i_size",
            format!("{} bytes: map of the reserved group descriptor blocks", inode.i_size),
        );
    }
    details
}

/// `major:minor`: the old form has 8 bits each in the first word of `i_block`, the new one 12 and 20 in the second.
fn device(inode: &Inode<'_>) -> String {
    let i_block = Structure::new("i_block", 0, &inode.i_block);
    let old = i_block.u32_le(0).unwrap_or(0);
    let new = i_block.u32_le(4).unwrap_or(0);
    if old != 0 {
        format!("{}:{}", old >> 8 & 0xff, old & 0xff)
    } else {
        format!("{}:{}", new >> 8 & 0xfff, new & 0xff | new >> 12 & 0xf_ff00)
    }
}
