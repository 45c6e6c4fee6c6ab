//! Fast commits: behind the log, small records of what changed since its last transaction (Linux,
//! `Documentation/filesystems/ext4/journal.rst`, "Fast commits"). Little-endian, unlike the log.

use byte_source::{OutOfBounds, Problem, ProblemKind, Scratch, Structure, index, length};
use words::term;

use super::log::JournalBlocks;
use super::superblock::JournalSuperblock;
use crate::ext::crc::crc32c;
use crate::ext::problems::Problems;

/// Changes that are replayed: three times what the 256 blocks of 4 KiB that are usual can hold.
const MOST_CHANGES: usize = 1 << 18;

const ADD_RANGE: u16 = 1;
const DEL_RANGE: u16 = 2;
const CREAT: u16 = 3;
const LINK: u16 = 4;
const UNLINK: u16 = 5;
const INODE: u16 = 6;
const PAD: u16 = 7;
const TAIL: u16 = 8;
const HEAD: u16 = 9;

/// Bytes of a tag and its length, before the value.
const TAG_BYTES: usize = 4;

/// One change, as a tag says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ext) enum Change {
    /// An extent as in an extent tree: 12 bytes.
    AddRange { inode: u64, extent: [u8; 12] },
    /// Logical blocks that are no more mapped.
    DelRange { inode: u64, first: u32, count: u32 },
    /// A new inode and its name.
    Create { parent: u64, inode: u64, name: Vec<u8> },
    /// A further name.
    Link { parent: u64, inode: u64, name: Vec<u8> },
    /// A name that went.
    Unlink { parent: u64, inode: u64, name: Vec<u8> },
    /// The fields of an inode.
    Inode { inode: u64, bytes: Vec<u8> },
}

impl Change {
    /// The inode that is changed.
    pub(in crate::ext) fn inode(&self) -> u64 {
        match self {
            Self::AddRange { inode, .. }
            | Self::DelRange { inode, .. }
            | Self::Create { inode, .. }
            | Self::Link { inode, .. }
            | Self::Unlink { inode, .. }
            | Self::Inode { inode, .. } => *inode,
        }
    }
}

/// A change and the byte offset of its tag in the volume.
pub(in crate::ext) type PlacedChange = (Change, u64);

/// The changes of all complete fast commits that follow the log's last transaction.
pub(super) fn read_changes(
    blocks: &JournalBlocks<'_>,
    journal: &JournalSuperblock,
    next_sequence: u32,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Vec<PlacedChange> {
    let mut area = Area {
        sequence: next_sequence,
        register: 0,
        pending: Vec::new(),
        committed: Vec::new(),
        commits: 0,
    };
    // One block is left between the log and the fast commits.
    let first = u64::from(journal.log_end).saturating_add(1);
    let end = if journal.has_fast_commits() { u64::from(journal.s_maxlen) } else { 0 };
    for number in first..end {
        let Some(at) = problems.take(blocks.at(number)) else { break };
        let range = at..at.saturating_add(blocks.volume.block_bytes);
        let bytes = blocks.volume.bytes("fast commit block", range, scratch);
        let Some(bytes) = problems.take(bytes) else { break };
        let block = Structure::new("fast commit block", at, &bytes);
        if number == first && block.u16_le(0) != Ok(HEAD) {
            break;
        }
        if let Err(end) = area.block(&block) {
            end.problem(area.commits).into_iter().for_each(|problem| problems.push(problem));
            break;
        }
    }
    area.committed
}

/// The area of fast commits, as far as it was read.
struct Area {
    /// The transaction that fast commits must belong to.
    sequence: u32,
    /// CRC-32C of the tags of the commit under way.
    register: u32,
    pending: Vec<PlacedChange>,
    committed: Vec<PlacedChange>,
    /// Commits that ended.
    commits: u64,
}

/// Why reading ends.
enum End {
    /// Fast commits of another transaction.
    Stale,
    /// No tag, or a checksum that does not fit.
    Broken(Problem),
    /// Something that must be told in any case.
    Refused(Problem),
}

impl End {
    /// What must be told when reading ends behind that many complete commits.
    fn problem(self, commits: u64) -> Option<Problem> {
        match self {
            Self::Stale => None,
            // Behind a complete commit, what is left of older ones; without one, the fast commit is broken.
            Self::Broken(_) if commits > 0 => None,
            Self::Broken(problem) | Self::Refused(problem) => Some(problem),
        }
    }
}

impl From<OutOfBounds> for End {
    fn from(bounds: OutOfBounds) -> Self {
        Self::Broken(bounds.into())
    }
}

impl Area {
    /// Takes the tags of a block.
    fn block(&mut self, block: &Structure<'_>) -> Result<(), End> {
        let mut at = 0_usize;
        // Every tag is 4 bytes long or longer: the block's length bounds the loop.
        while at.saturating_add(TAG_BYTES) <= block.len() {
            let bytes = self.tag(block, at)?;
            at = at.saturating_add(TAG_BYTES).saturating_add(bytes);
        }
        Ok(())
    }

    /// Takes a tag; gives the length of its value.
    fn tag(&mut self, block: &Structure<'_>, at: usize) -> Result<usize, End> {
        let tag = block.u16_le(at)?;
        let bytes = usize::from(block.u16_le(at.saturating_add(2))?);
        let value = block.part("fast commit tag", at.saturating_add(TAG_BYTES), bytes)?;
        // The checksum of a tail does not cover itself.
        let covered = if tag == TAIL { TAG_BYTES + 4 } else { bytes.saturating_add(TAG_BYTES) };
        self.register = crc32c(self.register, block.bytes(at, covered)?);
        match tag {
            PAD => {}
            HEAD => self.head(block, &value)?,
            TAIL => self.tail(block, &value)?,
            _ => {
                let how = term!("ext.no-tag-fast-commit");
                let change =
                    change(tag, &value).ok_or_else(|| End::Broken(block.inconsistent(how)))?;
                self.pend(block, (change, block.at().saturating_add(length(at))))?;
            }
        }
        Ok(bytes)
    }

    /// Takes the head of an area: features that it asks for, and its transaction.
    fn head(&self, block: &Structure<'_>, value: &Structure<'_>) -> Result<(), End> {
        let features = value.u32_le(0)?;
        if features != 0 {
            let feature = term!("ext.feature-fast-commits");
            let kind = ProblemKind::Unsupported { feature, value: features.into() };
            return Err(End::Refused(block.damage(kind)));
        }
        if value.u32_le(4)? == self.sequence { Ok(()) } else { Err(End::Stale) }
    }

    /// Takes the tail of a commit: with the right checksum, its changes count.
    fn tail(&mut self, block: &Structure<'_>, value: &Structure<'_>) -> Result<(), End> {
        let fits = value.u32_le(4)? == self.register;
        if value.u32_le(0)? != self.sequence || !fits {
            return Err(End::Broken(
                block.inconsistent(term!("ext.fast-commit-checksum-does-not")),
            ));
        }
        self.register = 0;
        self.committed.append(&mut self.pending);
        self.commits = self.commits.saturating_add(1);
        Ok(())
    }

    /// Keeps a change until its commit ends.
    fn pend(&mut self, block: &Structure<'_>, change: PlacedChange) -> Result<(), End> {
        if self.committed.len().saturating_add(self.pending.len()) >= MOST_CHANGES {
            let what = term!("ext.changes-fast-commits");
            let kind = ProblemKind::LimitReached { what, limit: length(MOST_CHANGES) };
            return Err(End::Refused(block.damage(kind)));
        }
        self.pending.push(change);
        Ok(())
    }
}

/// A change; `None` for an unknown tag, or a value that is none of it.
fn change(tag: u16, value: &Structure<'_>) -> Option<Change> {
    let number = |at| value.u32_le(at).ok().map(u64::from);
    match (tag, value.len()) {
        (ADD_RANGE, 16) => {
            Some(Change::AddRange { inode: number(0)?, extent: value.array(4).ok()? })
        }
        (DEL_RANGE, 12) => Some(Change::DelRange {
            inode: number(0)?,
            first: value.u32_le(4).ok()?,
            count: value.u32_le(8).ok()?,
        }),
        (CREAT | LINK | UNLINK, _) => named_change(tag, value),
        (INODE, bytes) if bytes >= index(4 + 128) => {
            Some(Change::Inode { inode: number(0)?, bytes: value.from(4).ok()?.to_vec() })
        }
        _ => None,
    }
}

/// A change of a name: parent, inode, and 1 to 255 bytes.
fn named_change(tag: u16, value: &Structure<'_>) -> Option<Change> {
    let name = value.from(8).ok().filter(|name| (1..=255).contains(&name.len()))?.to_vec();
    let parent = value.u32_le(0).ok()?.into();
    let inode = value.u32_le(4).ok()?.into();
    Some(match tag {
        CREAT => Change::Create { parent, inode, name },
        LINK => Change::Link { parent, inode, name },
        _ => Change::Unlink { parent, inode, name },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(tag: u16, value: &[u8]) -> Vec<u8> {
        [&tag.to_le_bytes()[..], &(value.len() as u16).to_le_bytes(), value].concat()
    }

    /// A block with a head, one name, and a tail that fills it.
    fn block(sequence: u32, flip: u8) -> Vec<u8> {
        let head = tag(HEAD, &[0_u32.to_le_bytes(), sequence.to_le_bytes()].concat());
        let creat =
            tag(CREAT, &[&2_u32.to_le_bytes()[..], &12_u32.to_le_bytes(), b"name"].concat());
        let mut block = [head, creat].concat();
        let rest = 256 - block.len() - 4;
        block.extend([TAIL.to_le_bytes(), (rest as u16).to_le_bytes()].concat());
        block.extend(sequence.to_le_bytes());
        let crc = crc32c(0, &block);
        block.extend(crc.to_le_bytes());
        block[20] ^= flip;
        block.resize(256, 0);
        block
    }

    fn read(bytes: &[u8], sequence: u32) -> (Result<u64, ()>, Vec<PlacedChange>) {
        let mut area =
            Area { sequence, register: 0, pending: Vec::new(), committed: Vec::new(), commits: 0 };
        let ended = area.block(&Structure::new("fast commit block", 1000, bytes)).map_err(|_| ());
        (ended.map(|()| area.commits), area.committed)
    }

    #[test]
    fn a_commit_counts_when_its_tail_fits_and_is_of_this_transaction() {
        let name = Change::Create { parent: 2, inode: 12, name: b"name".to_vec() };
        assert_eq!(read(&block(7, 0), 7), (Ok(1), vec![(name, 1012)]));
        assert_eq!(read(&block(7, 0), 8), (Err(()), vec![]));
        assert_eq!(read(&block(7, 1), 7), (Err(()), vec![]));
        for end in 0..60 {
            assert_eq!(read(&block(7, 0)[..end], 7).1, []);
        }
    }
}
