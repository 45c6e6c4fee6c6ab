//! The files of a split image, by their names alone.

use std::path::{Path, PathBuf};

/// Segments that are counted; EWF ends at 14,971.
const MAX_SEGMENTS: usize = 20_000;

/// The number of files that an item keeps open.
pub(super) fn count(item: &Path) -> u64 {
    if item.is_dir() { 1 } else { files(item).len() as u64 }
}

/// The item and the files beside it that differ only in an ending of the same length: `a.E01`, `a.E02`, …; `a.001`, `a.002`, ….
pub(super) fn files(item: &Path) -> Vec<PathBuf> {
    let one = || vec![item.to_owned()];
    let (Some(stem), Some(ending)) = (item.file_stem(), item.extension()) else { return one() };
    if !ending.as_encoded_bytes().ends_with(b"1") && !ending.as_encoded_bytes().ends_with(b"0") {
        return one();
    }
    let folder =
        item.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let segments = beside.filter(|path| {
        path.file_stem() == Some(stem)
            && path.extension().is_some_and(|other| other.len() == ending.len())
    });
    let segments: Vec<PathBuf> = segments.take(MAX_SEGMENTS).collect();
    if segments.is_empty() { one() } else { segments }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_told_from_other_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.E01", "a.E02", "a.EAA", "b.E01", "a.txt1", "c.raw"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        assert_eq!(count(&folder.path().join("a.E01")), 3);
        assert_eq!(count(&folder.path().join("b.E01")), 1);
        assert_eq!(count(&folder.path().join("c.raw")), 1);
        assert_eq!(count(&folder.path().join("gone.E01")), 1);
        assert_eq!(count(folder.path()), 1);
    }
}
