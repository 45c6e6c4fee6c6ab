//! Coverage: what a case's answers do not cover. Values with kinds; their words are made where they are shown.

mod compute;
mod history;
mod withdraw;

use case_model::CaseId;
use case_store::{ImageId, LostStreams};

pub use withdraw::WithdrawnItem;

/// What the answers about a case cover, and what they do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The case.
    pub case: CaseId,
    /// Every exhibit that is registered, and every item that was asked for and not read.
    pub exhibits: Vec<ExhibitCoverage>,
    /// True when a program is scanning into the case at this moment.
    pub being_scanned: bool,
}

/// One exhibit, or an item that never became one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExhibitCoverage {
    /// The row of its image; `None` when nothing of it is in the index.
    pub image: Option<ImageId>,
    /// The name of the image, folder or item.
    pub name: String,
    /// Its absolute path.
    pub path: String,
    /// How far it was read.
    pub state: ExhibitState,
    /// What of it is not covered, beside its state.
    pub gaps: Vec<Gap>,
    /// The hash sets that its files were looked up in.
    pub looked_up: LookedUp,
}

/// How far an exhibit was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExhibitState {
    /// Its scan came to its end.
    Read,
    /// Its scan was interrupted, or still runs; a part of it may be in the index.
    Unfinished,
    /// It was asked for, but the scan was interrupted, or still runs, before it came to it.
    NotBegun,
    /// It was asked for and could not be read. The error is in words.
    Failed(String),
}

impl ExhibitState {
    /// Returns the state's word in answers for programs.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unfinished => "unfinished",
            Self::NotBegun => "not-begun",
            Self::Failed(_) => "failed",
        }
    }
}

/// Something of an exhibit that an answer does not cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// An encrypted volume.
    EncryptedVolume {
        /// Its first byte on the medium.
        start: u64,
        /// The kind of encryption.
        encryption: String,
    },
    /// A file system that was recognised or suspected and not read.
    UnreadFileSystem {
        /// The first byte of its volume on the medium.
        start: u64,
        /// Its kind.
        kind: String,
        /// `unsupported` or `failed`.
        state: String,
    },
    /// Files whose content was not read whole in the clear.
    LostStreams(LostStreams),
    /// Problems that cost evidence: their number.
    Damages(u64),
    /// Ranges of the medium that could not be read.
    UnreadableRanges {
        /// Their number.
        ranges: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// Stored digests of the medium that do not agree: their number.
    WrongDigests(u64),
    /// Counts of the metadata that do not reconcile: their number.
    Unreconciled(u64),
    /// Images in its files that were not read inside.
    NestedUnread {
        /// Those that a scan of nested images reads.
        readable: u64,
        /// Those that cannot be opened, or pass a limit.
        closed: u64,
        /// The path of the first.
        first: String,
    },
    /// The medium was not as recorded when it was read last: how it compared, in the words of the ledger.
    ChangedMedium(String),
    /// The scan called the exhibit incomplete; the index does not say why.
    Unexplained,
}

/// The hash sets that an exhibit's files were looked up in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LookedUp {
    /// The ledger does not say: the exhibit's scan has no end yet, or an older version wrote it.
    #[default]
    Unknown,
    /// The lab had no hash set: nothing was matched.
    None,
    /// These were looked up.
    Sets(Vec<LookedUpSet>),
}

/// A hash set that was looked up, as the ledger names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LookedUpSet {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its content digest in hexadecimal digits.
    pub digest: String,
}

impl Coverage {
    /// Returns true when everything that was asked for was read whole in the clear, and something was asked for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.is_never_scanned() && self.exhibits.iter().all(ExhibitCoverage::is_complete)
    }

    /// Returns true when no evidence was ever asked for.
    #[must_use]
    pub fn is_never_scanned(&self) -> bool {
        self.exhibits.is_empty()
    }

    /// Returns the exhibits that are not covered whole.
    pub fn lacking(&self) -> impl Iterator<Item = &ExhibitCoverage> {
        self.exhibits.iter().filter(|exhibit| !exhibit.is_complete())
    }

    /// Returns the exhibits whose files were looked up in no hash set.
    pub fn unmatched(&self) -> impl Iterator<Item = &ExhibitCoverage> {
        self.exhibits.iter().filter(|exhibit| exhibit.looked_up == LookedUp::None)
    }

    /// Returns the exhibit of an image.
    #[must_use]
    pub fn exhibit(&self, image: ImageId) -> Option<&ExhibitCoverage> {
        self.exhibits.iter().find(|exhibit| exhibit.image == Some(image))
    }

    /// Returns true when a scan can be resumed to cover more.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        let open = |state: &ExhibitState| {
            matches!(state, ExhibitState::Unfinished | ExhibitState::NotBegun)
        };
        self.exhibits.iter().any(|exhibit| open(&exhibit.state))
    }
}

impl ExhibitCoverage {
    /// Returns true when the exhibit was read whole in the clear.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == ExhibitState::Read && self.gaps.is_empty()
    }
}
