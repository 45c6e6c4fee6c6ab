//! Where the journal is: by its inode, or by the copy of its block list in the superblock.

use byte_source::{Problem, ProblemKind, Scratch, Structure};
use words::term;

use super::log::JournalBlocks;
use super::superblock::JournalSuperblock;
use crate::ext::budget::Budget;
use crate::ext::content::read_content;
use crate::ext::group::Group;
use crate::ext::inode::Inode;
use crate::ext::inode_table::{inode_at, with_inode};
use crate::ext::problems::Problems;
use crate::ext::superblock::JournalCopy;
use crate::ext::volume::Volume;
use crate::ext::xattr::Xattrs;
use crate::{Layout, Place, RecordKind, Run};

/// A journal with its superblock.
pub(super) struct Found<'j> {
    pub(super) blocks: JournalBlocks<'j>,
    pub(super) journal: JournalSuperblock,
    /// Byte offset of its superblock in the volume.
    pub(super) at: u64,
}

/// Finds the journal as e2fsck does: where its inode is of no use, the copy in the superblock (`s_jnl_blocks`) stands in. The inode may
/// well lie in the journal itself.
///
/// # Errors
/// What is wrong with the inode's journal, when there is no copy that leads to one.
pub(super) fn find_journal<'j>(
    volume: &'j Volume,
    groups: &[Group],
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Result<Found<'j>, Problem> {
    let mut of_inode = Problems::default();
    let runs = runs_of_inode(volume, groups, &mut of_inode, scratch);
    let by_inode = runs.and_then(|runs| open_journal(volume, runs, scratch));
    let by_copy = match by_inode {
        Ok(_) => None,
        Err(_) => find_by_copy(volume, groups, scratch),
    };
    match (by_inode, by_copy) {
        (Err(wrong), Some(found)) => {
            problems.push(wrong.as_note());
            let how = term!("ext.found-jnl-blocks-superblock-inode");
            problems.push(Problem::note("journal", found.at, ProblemKind::Inconsistent(how)));
            Ok(found)
        }
        (by_inode, _) => {
            of_inode.into_vec().into_iter().for_each(|problem| problems.push(problem));
            by_inode
        }
    }
}

/// The journal by the copy of its inode's block list, if there is one that leads to a journal.
fn find_by_copy<'j>(
    volume: &'j Volume,
    groups: &[Group],
    scratch: &mut Scratch,
) -> Option<Found<'j>> {
    let copy = volume.superblock.journal_copy?;
    let runs = runs_of_copy(volume, groups, &copy, &mut Problems::default(), scratch).ok()?;
    open_journal(volume, runs, scratch).ok()
}

/// Reads the superblock of the journal in these runs.
fn open_journal<'j>(
    volume: &'j Volume,
    runs: Vec<Run>,
    scratch: &mut Scratch,
) -> Result<Found<'j>, Problem> {
    let blocks = JournalBlocks::new(volume, runs);
    let at = blocks.at(0)?;
    let bytes =
        volume.bytes("journal superblock", at..at.saturating_add(volume.block_bytes), scratch)?;
    let block = Structure::new("journal superblock", at, &bytes);
    let journal = JournalSuperblock::parse(&block, blocks.count(), volume.block_bytes)?;
    Ok(Found { blocks, journal, at })
}

/// The journal's runs by its inode.
fn runs_of_inode(
    volume: &Volume,
    groups: &[Group],
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Result<Vec<Run>, Problem> {
    let number = volume.superblock.s_journal_inum.into();
    with_inode(volume, groups, number, scratch, |inode, scratch| match inode.kind() {
        RecordKind::File => runs_of(volume, inode, problems, scratch),
        _ => Err(inode.bytes.damage(ProblemKind::Inconsistent(term!("ext.journal-inode-no-file")))),
    })?
}

/// The journal's runs by the copy of its inode's block list.
fn runs_of_copy(
    volume: &Volume,
    groups: &[Group],
    copy: &JournalCopy,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Result<Vec<Run>, Problem> {
    let number = volume.superblock.s_journal_inum.into();
    let bytes = copy.inode_bytes();
    let at = inode_at(volume, groups, number).unwrap_or(0);
    let inode =
        Inode::parse(Structure::new("s_jnl_blocks", at, &bytes), number, &volume.superblock)?;
    runs_of(volume, &inode, problems, scratch)
}

fn runs_of(
    volume: &Volume,
    inode: &Inode<'_>,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Result<Vec<Run>, Problem> {
    let content = read_content(
        volume,
        inode,
        &Xattrs::default(),
        &mut Budget::new(volume),
        problems,
        scratch,
    );
    match content.layout {
        Layout::Runs(runs) if runs.iter().any(|run| matches!(run.place, Place::At(_))) => Ok(runs),
        _ => {
            let how = term!("ext.journal-inode-says-nothing-where");
            Err(inode.bytes.damage(ProblemKind::Inconsistent(how)))
        }
    }
}
