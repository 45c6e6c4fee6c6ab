//! What every container answers.

use std::io;
use std::sync::Arc;

use byte_source::{Problem, Source};
use thiserror::Error;

use crate::{LogicalEntry, StoredDigest};

/// The files beside the one that was named: segments, extents, parents. Parsers know no paths; whoever opens files implements this.
pub trait Neighbours {
    /// The file called `name` (no folders) beside the first one; `None` when there is none.
    ///
    /// # Errors
    /// What the operating system says when it is there but cannot be opened.
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn Source>>>;

    /// The names of the files beside the first one, for parents that are known by an identifier only. Without it they are looked for under
    /// the names that their programs give them.
    ///
    /// # Errors
    /// What the operating system says when the folder cannot be listed.
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// Which container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names of the containers")]
pub enum Container {
    Raw,
    SplitRaw,
    Ewf,
    EwfLogical,
    Ewf2,
    Ewf2Logical,
    Qcow,
    Qcow2,
    Vmdk,
    Vhd,
    Vhdx,
    Vdi,
    Dmg,
}

impl Container {
    /// The word in exports and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::SplitRaw => "split-raw",
            Self::Ewf => "ewf",
            Self::EwfLogical => "ewf-logical",
            Self::Ewf2 => "ewf2",
            Self::Ewf2Logical => "ewf2-logical",
            Self::Qcow => "qcow",
            Self::Qcow2 => "qcow2",
            Self::Vmdk => "vmdk",
            Self::Vhd => "vhd",
            Self::Vhdx => "vhdx",
            Self::Vdi => "vdi",
            Self::Dmg => "dmg",
        }
    }
}

/// A container that was opened: the medium inside it and all that it claims.
pub struct OpenedImage {
    /// Which container.
    pub container: Container,
    /// By what it was recognised, in words: the decision is kept with the case.
    pub reason: &'static str,
    /// The medium's bytes.
    pub medium: Arc<dyn Source>,
    /// Length of the medium in bytes as the container states it; `None` where nothing states it: a raw file may have been cut off.
    pub stated_bytes: Option<u64>,
    /// Bytes of a sector of the medium, as the container says; 512 where it does not.
    pub sector_bytes: u32,
    /// The files that make up the image, in order.
    pub segments: Vec<Segment>,
    /// Digests of the medium that the container stores.
    pub stored_digests: Vec<StoredDigest>,
    /// What the container claims of case, examiner, dates; never verified by us.
    pub claims: Vec<Claim>,
    /// The files of logical evidence, parents before their children; `None` when the container holds a medium. Their data lie on `medium`.
    pub logical_entries: Option<Vec<LogicalEntry>>,
    /// What is wrong with the container. Positions count over all segment files of the image, one after the other, in the order of
    /// `segments`; in problems of an extent or a parent they count in its own file.
    pub problems: Vec<Problem>,
}

/// A file of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// File name, without folders.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// A header value of the container, as claimed by whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The field's name by the format ("case number", "examiner", …).
    pub field: &'static str,
    /// The value, readable.
    pub value: String,
}

/// Why a container cannot be opened at all.
#[derive(Debug, Error)]
pub enum ImageError {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// A file of the image cannot be opened.
    #[error("{name}: {error}")]
    Io {
        /// The file.
        name: String,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// A differencing image without its parent, a descriptor without its extents.
    #[error(
        "{container} image needs {name:?}, which is not beside it; put it there and scan again"
    )]
    MissingFile {
        /// The container's name.
        container: &'static str,
        /// The file that is missing.
        name: String,
    },
    /// A parent that is no file, or is named in a way that is not read.
    #[error(
        "{container} image has its backing image at {name:?}: {why}. Only files beside the image are read: bring the data there as a file, and name it with `qemu-img rebase -u -b FILE`, in a copy of the image"
    )]
    ParentNotRead {
        /// The container's name.
        container: &'static str,
        /// The name as stored.
        name: String,
        /// What it is, and why it is not read.
        why: String,
    },
    /// The structure is broken or of a kind that is not supported.
    #[error("{0}")]
    Problem(Problem),
}

impl From<Problem> for ImageError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
