//! An item of a plain folder.

use std::path::PathBuf;

use case_model::{NameEncoding, Times, readable_name};

/// The words of what is neither a file nor a folder nor a link.
pub(crate) const SPECIAL_KINDS: [&str; 4] = ["block-device", "character-device", "fifo", "socket"];

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderItem {
    /// Path on the host.
    pub path: PathBuf,
    /// Raw path below the folder, without a leading slash; empty for the folder itself.
    pub relative: Vec<u8>,
    /// What it is.
    pub kind: FolderItemKind,
    /// Size in bytes.
    pub size: u64,
    /// Times as the host says.
    pub times: Times,
    /// Mode bits.
    pub mode: u32,
    /// Owner: user, group.
    pub owner: (u32, u32),
    /// Number of names.
    pub links: u32,
}

/// What an item of a folder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderItemKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link with its raw target. Never followed.
    Link(Vec<u8>),
    /// A device, pipe or socket: the word of [`filesystem::RecordKind`].
    Special(&'static str),
    /// Could not be looked at.
    Unreadable(String),
    /// The lab that takes the evidence in: no evidence itself. What is in it is not listed.
    OwnLab,
}

/// Returns the readable path of an item of a folder, as the index shows it. `relative` is its raw path in the folder.
#[must_use]
pub fn readable_folder_path(relative: &[u8]) -> String {
    format!("/{}", readable_name(relative, NameEncoding::Bytes))
}
