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
    let image = &opened.image;
    text(&mut whole, image.container.key());
    numbers(&mut whole, &[image.medium.len()]);
    for segment in &image.segments {
        text(&mut whole, &segment.name);
        let state = path.parent().and_then(|folder| FileFingerprint::now(&folder.join(&segment.name)).ok());
        // The time of any change too: that of the content is easily set back.
        let times =
            state.map_or([0; 2], |state| [state.modified_ns, state.changed_ns].map(i64::cast_unsigned));
        numbers(&mut whole, &[segment.bytes, times[0], times[1]]);
    }
    if image_is_inside(opened) {
        // Its files are those of the exhibit around it.
        let changed = opened.watched.iter().map(|file| file.opened.modified_ns.cast_unsigned());
        changed.for_each(|changed| numbers(&mut whole, &[changed]));
    }
    for (readable, gathered) in gathered {
        text(&mut whole, readable.file_system.summary().kind.name());
        let paths = gathered.tree.paths();
        numbers(&mut whole, &[gathered.counted, gathered.stream_bytes, paths.len() as u64]);
        paths.iter().for_each(|path| text(&mut whole, path));
        for (range, digest) in gathered.parts.iter().zip(&gathered.planned) {
            numbers(&mut whole, &[range.start, range.end]);
            whole.update(digest);
        }
    }
    *whole.finalize().as_bytes()
}

fn image_is_inside(opened: &EvidenceImage) -> bool {
    opened.node.depth() > 0
}

/// The digest of what a folder lists.
pub(crate) fn plan_of_folder(items: &FolderList) -> [u8; 32] {
    let mut whole = Hasher::new();
    for item in items.items() {
        numbers(&mut whole, &[item.relative.len() as u64]);
        whole.update(&item.relative);
        let kind = match &item.kind {
            FolderItemKind::File => 0,
            FolderItemKind::Directory => 1,
            FolderItemKind::Link(_) => 2,
            FolderItemKind::Special(_) => 3,
            FolderItemKind::Unreadable(_) => 4,
            FolderItemKind::OwnLab => 5,
        };
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
    numbers(hasher, &[text.len() as u64]);
    hasher.update(text.as_bytes());
}
