//! What `shim.c` recorded.

use std::path::{Path, PathBuf};

use crate::failure::{Attempt, Failure, Outcome};
use crate::shim::FaultKind;

/// Bytes of a record's head: kind, outcome, lengths of two paths, two bytes of nothing, inode, offset, length of the data; little-endian.
const HEAD_BYTES: usize = 32;

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) kind: Kind,
    pub(crate) outcome: Ended,
    pub(crate) path: PathBuf,
    /// Where it was renamed to.
    pub(crate) second: PathBuf,
    /// Of what is said: the descriptor.
    pub(crate) inode: u64,
    /// Of a truncation: the new length.
    pub(crate) offset: u64,
    pub(crate) data: Vec<u8>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    /// The system refused it.
    Refused,
    /// It was made to fail, or to be short.
    Injected,
}

/// What was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Write,
    Truncate,
    Sync,
    SyncFolder,
    Create,
    Open,
    Unnamed,
    MakeFolder,
    Rename,
    Unlink,
    RemoveFolder,
    /// A line on standard output or standard error.
    Said,
}

impl Kind {
    /// As `concerned` in `shim.c`, but for a full disk, whose calls cannot be told from their kinds.
    pub(crate) fn concerns(self, fault: FaultKind) -> bool {
        match fault {
            FaultKind::WriteFails
            | FaultKind::WriteTorn
            | FaultKind::WriteShort
            | FaultKind::WriteNoSpace => self == Self::Write,
            FaultKind::DiskFull => {
                matches!(
                    self,
                    Self::Write | Self::Truncate | Self::Create | Self::Unnamed | Self::MakeFolder
                )
            }
            FaultKind::SyncFails => matches!(self, Self::Sync | Self::SyncFolder),
            FaultKind::RenameFails => self == Self::Rename,
            FaultKind::RemoveFails => matches!(self, Self::Unlink | Self::RemoveFolder),
            FaultKind::OpenFails => matches!(self, Self::Open | Self::Create | Self::Unnamed),
            FaultKind::TruncateFails => self == Self::Truncate,
            FaultKind::FolderFails => self == Self::MakeFolder,
            FaultKind::Kill | FaultKind::KillTorn => self != Self::Said,
        }
    }
}

/// Reads a record to its end.
pub(crate) fn read(path: &Path) -> Outcome<Vec<Operation>> {
    let bytes = std::fs::read(path).when(path.display())?;
    let mut rest = bytes.as_slice();
    let mut operations = Vec::new();
    while !rest.is_empty() {
        let operation = one(&mut rest)
            .ok_or_else(|| Failure::new(format!("{}: a record is broken off", path.display())))?;
        operations.push(operation?);
    }
    Ok(operations)
}

fn one(rest: &mut &[u8]) -> Option<Outcome<Operation>> {
    let (head, mut tail) = rest.split_at_checked(HEAD_BYTES)?;
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(*head.get(at..)?.first_chunk()?)));
    let long = |at: usize| Some(u64::from_le_bytes(*head.get(at..)?.first_chunk()?));
    let mut take = |length: usize| {
        let (taken, after) = tail.split_at_checked(length)?;
        tail = after;
        Some(taken.to_vec())
    };
    let path = PathBuf::from(String::from_utf8(take(short(2)?)?).ok()?);
    let second = PathBuf::from(String::from_utf8(take(short(4)?)?).ok()?);
    let data = take(usize::try_from(long(24)?).ok()?)?;
    *rest = tail;
    let outcome = match head.get(1)? {
        0 => Ended::Done,
        1 => Ended::Refused,
        _ => Ended::Injected,
    };
    let kind = match kind(*head.first()?) {
        Some(kind) => kind,
        None => {
            let why =
                format!("{}: a call that nobody models; see `unknown` in shim.c", path.display());
            return Some(Err(Failure::new(why)));
        }
    };
    Some(Ok(Operation { kind, outcome, path, second, inode: long(8)?, offset: long(16)?, data }))
}

fn kind(byte: u8) -> Option<Kind> {
    Some(match byte {
        b'W' => Kind::Write,
        b'T' => Kind::Truncate,
        b'S' => Kind::Sync,
        b'D' => Kind::SyncFolder,
        b'C' => Kind::Create,
        b'O' => Kind::Open,
        b'P' => Kind::Unnamed,
        b'M' => Kind::MakeFolder,
        b'R' => Kind::Rename,
        b'U' => Kind::Unlink,
        b'X' => Kind::RemoveFolder,
        b'A' => Kind::Said,
        _ => return None,
    })
}
