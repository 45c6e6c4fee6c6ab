#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod evidence_error;
mod file_fingerprint;
mod folder;
mod folder_item;
mod folder_list;
mod gathered_names;
mod host;
mod image;
mod isolation;
mod locator;
mod logical;
mod look_inside;
mod name_groups;
pub mod node;
mod on_medium;
mod open_container;
mod packed_link;
mod readable_link;
mod second_names;
mod spill;
mod tree;
mod tree_builder;
mod unknown_children;
mod without_files;

pub use evidence_error::EvidenceError;
pub use file_fingerprint::{FileFingerprint, WatchedFile};
pub use folder::{os_reason, walk_folder, walk_folder_unless_stopped};
pub use folder_item::{FolderItem, FolderItemKind, readable_folder_path};
pub use folder_list::FolderList;
pub use gathered_names::{Gatherer, Names, gather_names, gather_names_and};
pub use host::{Folder, HostFile, OpenedFile, open_folder_file, open_host_file};
pub use image::{EvidenceImage, FileSystemState, OpenFileSystem, OpenVolume, ReadableFileSystem};
pub use isolation::{NoScanWatch, ScanWatch, guarded, scan_isolated};
pub use locator::{Locator, NoLocator, StreamChoice, file_system_word};
pub use look_inside::{look_inside, open_image};
pub use name_groups::MOST_NAMES;
pub use node::{
    Candidates, ChainedLocator, Folders, ImageAddress, ImagePlace, NestedContainer, NestedError,
    NestedEvidence, NestedFile, NestedPart, NoChain, Node, NodeKind, OuterImage, StreamSource,
    find_nested, image_candidates, image_type, image_types, is_plausible, may_be_image_by_name,
    open_address, open_container_at, open_inside, open_nested,
};
pub use on_medium::{MediumExtent, MediumExtents, OnMedium};
pub use open_container::{OpenContainer, open_container};
pub use readable_link::{push_readable_link, readable_link};
pub use spill::{Pile, Spill};
pub use tree::{DeletedName, Tree, TreePlace, TreeReader};
pub use tree_builder::{TreeBuilder, TreePart};
