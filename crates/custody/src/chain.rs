//! Is the record still what was written?

use case_model::to_hex;
use thiserror::Error;

use crate::entry::{FORMAT, Head, MAX_BODY_BYTES, StoredEntry, chain_hash};
use crate::json::{Json, JsonError, parse_canonical};
use crate::merkle::{Hash, MerkleBuilder, leaf_hash};

/// What became of a whole record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Rows that were looked at, including those behind the first bad one.
    pub entries: u64,
    /// The last good row: everything up to here is as it was written.
    pub head: Head,
    /// The Merkle root over all rows up to `head`.
    pub root: Hash,
    /// The first bad row, if there is one. What stands behind it is bound by nothing and was not judged.
    pub fault: Option<ChainFault>,
}

impl ChainReport {
    /// True when every row is as it was written. Says nothing about rows cut off at the end: for that, compare with a checkpoint.
    #[must_use]
    pub const fn is_intact(&self) -> bool {
        self.fault.is_none()
    }
}

/// A row that is not what was written there.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("entry {seq} (row {row}): {kind}")]
pub struct ChainFault {
    /// The row, counted from 1 as read.
    pub row: u64,
    /// The sequence number that the row bears.
    pub seq: u64,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a row.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FaultKind {
    /// Rows are missing, doubled, or in another order.
    #[error(
        "sequence number {expected} expected, {found} found: entries are missing, doubled or in another order"
    )]
    Sequence {
        /// The number after the row before.
        expected: u64,
        /// The number of this row.
        found: u64,
    },
    /// The row does not follow the one before it.
    #[error(
        "the hash of the entry before it is {}, this entry names {}",
        to_hex(expected),
        to_hex(found)
    )]
    Prev {
        /// The hash of the row before.
        expected: Hash,
        /// What this row names.
        found: Hash,
    },
    /// The bytes are not those that were hashed.
    #[error("the stored hash is {}, its bytes give {}", to_hex(expected), to_hex(found))]
    Hash {
        /// The hash that is stored.
        expected: Hash,
        /// The hash that the row's bytes give.
        found: Hash,
    },
    /// Longer than any entry may be.
    #[error("the body has {0} bytes, at most {MAX_BODY_BYTES} are allowed")]
    TooLong(usize),
    /// The body is not canonical JSON.
    #[error("the body is no canonical JSON: {0}")]
    Json(#[from] JsonError),
    /// Another format, or none.
    #[error("the body's format is {found}, this program knows {FORMAT:?}")]
    Version {
        /// The `v` member.
        found: String,
    },
    /// The number inside the body is another one.
    #[error("the row bears sequence number {expected}, its body {found}")]
    BodySequence {
        /// The row's number.
        expected: u64,
        /// The `seq` member.
        found: String,
    },
    /// The body names another predecessor.
    #[error("the row names {} as the entry before it, its body {found}", to_hex(expected))]
    BodyPrev {
        /// The row's `prev`.
        expected: Hash,
        /// The `prev` member.
        found: String,
    },
}

/// Verifies row by row, in bounded memory.
#[derive(Clone, Debug)]
pub struct ChainVerifier {
    head: Head,
    tree: MerkleBuilder,
    rows: u64,
    fault: Option<ChainFault>,
    /// Up to this row, bodies are hashed and not read.
    unread_up_to: u64,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self {
            head: Head::EMPTY,
            tree: MerkleBuilder::new(),
            rows: 0,
            fault: None,
            unread_up_to: 0,
        }
    }
}

impl ChainVerifier {
    /// Before the first row.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Before the first row of a record whose first rows are under a signed checkpoint, which the caller compares with the root that comes
    /// out: their bodies are hashed and not read, which is several times as fast. What was signed was read then.
    #[must_use]
    pub fn with_signed(size: u64) -> Self {
        Self { unread_up_to: size, ..Self::default() }
    }

    /// Looks at the next row. Rows behind a bad one are only counted.
    ///
    /// # Errors
    /// The first bad row, again for every row after it.
    pub fn push(&mut self, entry: &StoredEntry) -> Result<(), ChainFault> {
        self.rows = self.rows.saturating_add(1);
        if self.fault.is_none() {
            match check(self.head, entry, self.unread_up_to) {
                Ok(()) => {
                    self.head = Head::from(entry);
                    self.tree.push(leaf_hash(&entry.body));
                }
                Err(kind) => self.fault = Some(ChainFault { row: self.rows, seq: entry.seq, kind }),
            }
        }
        self.fault.clone().map_or(Ok(()), Err)
    }

    /// The last good row.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Returns the first bad row, if there is one.
    #[must_use]
    pub const fn fault(&self) -> Option<&ChainFault> {
        self.fault.as_ref()
    }

    /// The Merkle root over all rows up to the head.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// What became of the record.
    #[must_use]
    pub fn finish(self) -> ChainReport {
        ChainReport {
            entries: self.rows,
            head: self.head,
            root: self.tree.root(),
            fault: self.fault,
        }
    }
}

/// Verifies a whole record, first row first.
pub fn verify_chain(entries: impl IntoIterator<Item = StoredEntry>) -> ChainReport {
    let mut verifier = ChainVerifier::new();
    for entry in entries {
        // A fault is kept by the verifier and the rest is counted.
        let _ = verifier.push(&entry);
    }
    verifier.finish()
}

fn check(head: Head, entry: &StoredEntry, unread_up_to: u64) -> Result<(), FaultKind> {
    let expected = head.seq.saturating_add(1);
    if entry.seq != expected {
        return Err(FaultKind::Sequence { expected, found: entry.seq });
    }
    if entry.prev != head.hash {
        return Err(FaultKind::Prev { expected: head.hash, found: entry.prev });
    }
    if entry.body.len() > MAX_BODY_BYTES {
        return Err(FaultKind::TooLong(entry.body.len()));
    }
    let found = chain_hash(entry.seq, &entry.prev, &entry.body);
    if found != entry.hash {
        return Err(FaultKind::Hash { expected: entry.hash, found });
    }
    match entry.seq <= unread_up_to {
        true => Ok(()),
        false => check_body(entry, &parse_canonical(&entry.body)?),
    }
}

/// The tree binds only the body, the chain also the row: the two must say the same.
fn check_body(entry: &StoredEntry, body: &Json) -> Result<(), FaultKind> {
    if body.get("v").and_then(Json::as_text) != Some(FORMAT) {
        return Err(FaultKind::Version { found: shown(body.get("v")) });
    }
    let seq = match body.get("seq") {
        Some(Json::Int(seq)) => u64::try_from(*seq).ok(),
        _ => None,
    };
    if seq != Some(entry.seq) {
        return Err(FaultKind::BodySequence { expected: entry.seq, found: shown(body.get("seq")) });
    }
    if body.get("prev").and_then(Json::as_text) != Some(&to_hex(&entry.prev)) {
        return Err(FaultKind::BodyPrev { expected: entry.prev, found: shown(body.get("prev")) });
    }
    Ok(())
}

/// A member for a message: a short beginning is enough.
fn shown(member: Option<&Json>) -> String {
    const SHOWN_CHARACTERS: usize = 80;
    match member {
        None => "missing".to_owned(),
        Some(Json::Text(text)) => {
            format!("{:?}", text.chars().take(SHOWN_CHARACTERS).collect::<String>())
        }
        Some(Json::Int(number)) => number.to_string(),
        Some(_) => "of another kind".to_owned(),
    }
}
