//! Evidence that someone changes while it is scanned: what is indexed of it is of no one state.

use std::io;
use std::path::Path;

use case_store::ProblemRow;
use custody::UtcTime;
use evidence::{FileFingerprint, FolderItem, WatchedFile};

/// The files of an image that are not what they were when they were opened.
pub(crate) fn changes_of_image(watched: &[WatchedFile]) -> Vec<ProblemRow> {
    watched
        .iter()
        .filter_map(|file| change(&file.path, file.opened, FileFingerprint::now(&file.path)))
        .collect()
}

/// A file of a folder that is not what it was when the folder was listed; `now` is what it is after reading.
pub(crate) fn change_of_item(item: &FolderItem) -> Option<ProblemRow> {
    let now = FileFingerprint::now(&item.path);
    let modified = item.times.modified.and_then(|time| time.unix_ns);
    // A listing keeps neither inode nor the time of any change.
    let listed = FileFingerprint {
        bytes: item.size,
        modified_ns: modified.unwrap_or_default(),
        changed_ns: now.as_ref().map_or(0, |now| now.changed_ns),
        file: now.as_ref().map_or((0, 0), |now| now.file),
    };
    change(&item.path, listed, now)
}

fn change(path: &Path, was: FileFingerprint, now: io::Result<FileFingerprint>) -> Option<ProblemRow> {
    let what_is = match now {
        Ok(now) if now == was => return None,
        Ok(now) if now.file != was.file => format!("another file is there ({})", in_words(now)),
        Ok(now) => in_words(now),
        Err(error) => error.to_string(),
    };
    let text = format!(
        "{} was changed while it was scanned: it was {}, afterwards: {what_is}. What is indexed may be of both states. Find out what \
         writes to it, and scan it again into another case",
        path.display(),
        in_words(was)
    );
    Some(ProblemRow { number: None, damage: true, structure: "file of evidence", at: None, text })
}

fn in_words(state: FileFingerprint) -> String {
    let time = |ns| UtcTime::from_unix_ns(ns).as_str().to_owned();
    let (written, changed) = (time(state.modified_ns), time(state.changed_ns));
    format!("{} bytes, last written {written}, last changed in any way {changed}", state.bytes)
}
