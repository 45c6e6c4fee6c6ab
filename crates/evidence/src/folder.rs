//! A plain folder as evidence.

use std::fs::{FileType, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use words::{Statement, term};

use case_model::{StopToken, Times, Timestamp};
use walkdir::WalkDir;

use crate::Spill;
use crate::folder_item::{FolderItem, FolderItemKind, SPECIAL_KINDS};
use crate::folder_list::FolderList;

/// All items below `root`, itself included: each folder before what is in it, neighbours by the bytes of their names. Symbolic links are not
/// followed, other file systems are entered, and what cannot be looked at is an item that says why. The list lies where `spill` has room
/// for it.
#[must_use]
pub fn walk_folder(root: &Path, spill: Arc<Spill>) -> FolderList {
    walk(root, spill, None, &StopToken::new())
}

/// As [`walk_folder`], until `stop` is requested: `None` then. What is in `own_lab`, the lab that takes the evidence in, is not listed.
#[must_use]
pub fn walk_folder_unless_stopped(
    root: &Path,
    spill: Arc<Spill>,
    own_lab: Option<&Path>,
    stop: &StopToken,
) -> Option<FolderList> {
    let list = walk(root, spill, own_lab, stop);
    (!stop.is_requested()).then_some(list)
}

fn walk(root: &Path, spill: Arc<Spill>, own_lab: Option<&Path>, stop: &StopToken) -> FolderList {
    let mut list = FolderList::new(root.to_owned(), spill);
    let mut entries = WalkDir::new(root).follow_links(false).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        if stop.is_requested() {
            break;
        }
        let is_lab = entry.as_ref().is_ok_and(|entry| own_lab == Some(entry.path()));
        let mut item = item(root, entry);
        if is_lab && item.kind == FolderItemKind::Directory {
            item.kind = FolderItemKind::OwnLab;
            entries.skip_current_dir();
        }
        list.push(item);
    }
    list
}

fn item(root: &Path, entry: Result<walkdir::DirEntry, walkdir::Error>) -> FolderItem {
    match entry {
        Ok(entry) => match entry.metadata() {
            Ok(metadata) => described(root, entry.path(), &metadata),
            Err(error) => unreadable(root, entry.path(), &error),
        },
        Err(error) => unreadable(root, error.path().unwrap_or(root), &error),
    }
}

fn relative(root: &Path, path: &Path) -> Vec<u8> {
    path.strip_prefix(root).unwrap_or(path).as_os_str().as_bytes().to_vec()
}

fn described(root: &Path, path: &Path, metadata: &Metadata) -> FolderItem {
    let kind = kind(path, metadata.file_type());
    FolderItem {
        path: path.to_owned(),
        relative: relative(root, path),
        size: if kind == FolderItemKind::File { metadata.len() } else { 0 },
        kind,
        times: Times {
            modified: modified(metadata),
            // The access time changes by reading on hosts without O_NOATIME: it says nothing about the evidence.
            accessed: None,
            changed: None,
            created: None,
            deleted: None,
        },
        mode: metadata.mode(),
        owner: (metadata.uid(), metadata.gid()),
        links: u32::try_from(metadata.nlink()).unwrap_or(u32::MAX),
    }
}

/// Returns what an item is. Of a link, its target.
fn kind(path: &Path, file_type: FileType) -> FolderItemKind {
    if file_type.is_dir() {
        return FolderItemKind::Directory;
    }
    if file_type.is_file() {
        return FolderItemKind::File;
    }
    if file_type.is_symlink() {
        return match std::fs::read_link(path) {
            Ok(target) => FolderItemKind::Link(target.as_os_str().as_bytes().to_vec()),
            Err(error) => FolderItemKind::Unreadable(os_reason(&error).encode()),
        };
    }
    let [block, character, fifo, socket] = SPECIAL_KINDS;
    FolderItemKind::Special(match file_type {
        _ if file_type.is_block_device() => block,
        _ if file_type.is_char_device() => character,
        _ if file_type.is_fifo() => fifo,
        _ => socket,
    })
}

/// Returns the time of modification, unless it is outside the times that 64 bits of nanoseconds can tell.
fn modified(metadata: &Metadata) -> Option<Timestamp> {
    let whole = metadata.mtime().checked_mul(1_000_000_000)?;
    whole.checked_add(metadata.mtime_nsec()).map(Timestamp::host)
}

/// Returns why the operating system did not give something, as the index stores it.
#[must_use]
pub fn os_reason(error: &std::io::Error) -> Statement {
    match error.raw_os_error() {
        Some(number) => term!("stream.os").with(number.unsigned_abs()),
        None => term!("stream.detail").with(error.to_string()),
    }
}

fn unreadable(root: &Path, path: &Path, error: &walkdir::Error) -> FolderItem {
    let loop_of_links = || term!("stream.detail").with(error.to_string());
    let why = error.io_error().map_or_else(loop_of_links, os_reason).encode();
    FolderItem {
        path: path.to_owned(),
        relative: relative(root, path),
        kind: FolderItemKind::Unreadable(why),
        size: 0,
        times: Times::default(),
        mode: 0,
        owner: (0, 0),
        links: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_before_what_is_in_it_and_neighbours_come_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", "a b"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("x"), name).unwrap();
        }
        let list = walk_folder(folder.path(), Arc::new(Spill::in_memory()));
        let relative: Vec<String> =
            list.items().map(|item| String::from_utf8(item.relative).unwrap()).collect();
        assert_eq!(relative, ["", "a", "a/x", "a b", "a b/x", "b", "b/x"]);
        assert!(list.items().all(|item| item.path.exists()));
    }
}
