//! A journal that the superblock does not ask for. e2fsck replays it or asks, so its presence must be reported.

use byte_source::{Problem, ProblemKind, Scratch};
use words::term;

use super::find::find_journal;
use crate::RecordKind;
use crate::ext::feature::COMPAT_HAS_JOURNAL;
use crate::ext::group::Group;
use crate::ext::inode_table::with_inode;
use crate::ext::problems::Problems;
use crate::ext::volume::Volume;

/// The inode that is reserved for a journal (`EXT4_JOURNAL_INO`).
const JOURNAL_INODE: u64 = 8;

/// Returns what is wrong when the superblock denies a journal that is there, or changes that the journal holds.
pub(super) fn unasked_journal(
    volume: &Volume,
    groups: &[Group],
    scratch: &mut Scratch,
) -> Option<Problem> {
    if volume.superblock.compat(COMPAT_HAS_JOURNAL) {
        let found = find_journal(volume, groups, &mut Problems::default(), scratch).ok()?;
        let how = term!("ext.holds-changes-but-superblock-does");
        return (found.journal.s_start != 0).then(|| {
            Problem::damage("journal superblock", found.at, ProblemKind::Inconsistent(how))
        });
    }
    let how = term!("ext.holds-journal-but-superblock-says");
    let of_inode = with_inode(volume, groups, JOURNAL_INODE, scratch, |inode, _| {
        let holds = inode.kind() == RecordKind::File && inode.i_size > 0;
        holds.then(|| inode.bytes.damage(ProblemKind::Inconsistent(how)))
    });
    of_inode.ok().flatten()
}
