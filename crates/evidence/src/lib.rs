#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod folder;
mod host;
mod image;
mod tree;

pub use folder::{FolderItem, FolderItemKind, walk_folder};
pub use host::{Folder, HostFile, open_host_file};
pub use image::{EvidenceError, EvidenceImage, FileSystemState, OpenFileSystem, OpenVolume, open_image};
pub use tree::{DeletedName, Placed, Tree, TreeBuilder};
