//! What tells whether a scan that is planned is the one that was broken off: the same evidence gives the same plan.

use std::path::Path;

use blake3::Hasher;
use evidence::{EvidenceImage, FileFingerprint, FolderItemKind, FolderList, ReadableFileSystem};

use crate::item::first_look::FirstLook;
use crate::item::part_digest::numbers;

/// The digest of all that the scan of an image planned: its files, the paths, the parts, every stream with its places.
pub(crate) fn plan_of_image(
    path: &Path,
    opened: &EvidenceImage,
    gathered: &[(ReadableFileSystem<'_>, FirstLook)],
) -> [u8; 32] {
    let mut whole = Hasher::new();
    plan_of_files(path, opened, &mut whole);
    for (readable, first_look) in gathered {
        plan_of_file_system(readable, first_look, &mut whole);
    }
    *whole.finalize().as_bytes()
}

/// Adds the container, and size and times of its files.
fn plan_of_files(path: &Path, opened: &EvidenceImage, whole: &mut Hasher) {
    let image = &opened.image;
    text(whole, image.container.key());
    numbers(whole, &[image.medium.len()]);
    for segment in &image.segments {
        text(whole, &segment.name);
        let state =
            path.parent().and_then(|folder| FileFingerprint::now(&folder.join(&segment.name)).ok());
        // The time of any change too: that of the content is easily set back.
        let [modified, changed] = state
            .map_or([0; 2], |state| [state.modified_ns, state.changed_ns].map(i64::cast_unsigned));
        numbers(whole, &[segment.bytes, modified, changed]);
    }
    if image_is_inside(opened) {
        // Its files are those of the exhibit around it.
        let changed = opened.watched.iter().map(|file| file.opened.modified_ns.cast_unsigned());
        changed.for_each(|changed| numbers(whole, &[changed]));
    }
}

/// Adds the directories of a file system, and its parts with their streams.
fn plan_of_file_system(
    readable: &ReadableFileSystem<'_>,
    first_look: &FirstLook,
    whole: &mut Hasher,
) {
    text(whole, readable.file_system.summary().kind.name());
    let paths = first_look.tree.paths();
    numbers(whole, &[first_look.counted, first_look.stream_bytes, length(paths.len())]);
    paths.iter().for_each(|path| text(whole, path));
    for (range, digest) in first_look.parts.iter().zip(&first_look.planned) {
        numbers(whole, &[range.start, range.end]);
        whole.update(digest);
    }
}

/// Returns a length as it is hashed.
fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn image_is_inside(opened: &EvidenceImage) -> bool {
    opened.node.depth() > 0
}

/// The digest of what a folder lists.
pub(crate) fn plan_of_folder(items: &FolderList) -> [u8; 32] {
    let mut whole = Hasher::new();
    for item in items.items() {
        numbers(&mut whole, &[length(item.relative.len())]);
        whole.update(&item.relative);
        let kind = kind_number(&item.kind);
        let time = |time: Option<case_model::Timestamp>| {
            time.and_then(|time| time.unix_ns).map_or(0, i64::cast_unsigned)
        };
        // The index does not hold the time of any change, which differs from copy to copy; what is resumed compares it.
        let state = FileFingerprint::now(&item.path).ok().filter(|_| kind == 0);
        let changed = state.map_or(0, |state| state.changed_ns.cast_unsigned());
        numbers(&mut whole, &[kind, item.size, time(item.times.modified), changed]);
    }
    *whole.finalize().as_bytes()
}

fn text(hasher: &mut Hasher, text: &str) {
    numbers(hasher, &[length(text.len())]);
    hasher.update(text.as_bytes());
}

/// Returns the number of a kind of item.
fn kind_number(kind: &FolderItemKind) -> u64 {
    match kind {
        FolderItemKind::File => 0,
        FolderItemKind::Directory => 1,
        FolderItemKind::Link(_) => 2,
        FolderItemKind::Special(_) => 3,
        FolderItemKind::Unreadable(_) => 4,
        FolderItemKind::OwnLab => 5,
    }
}
