//! Evidence that someone changes while it is scanned: what is indexed of it is of no one state.

use std::io;
use std::path::Path;
use words::{Statement, term};

use case_store::ProblemRow;
use custody::UtcTime;
use evidence::{FileFingerprint, FolderItem, WatchedFile, os_reason};

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

fn change(
    path: &Path,
    was: FileFingerprint,
    now: io::Result<FileFingerprint>,
) -> Option<ProblemRow> {
    let afterwards = match now {
        Ok(now) if now == was => return None,
        Ok(now) if now.file != was.file => term!("changed.another-file").with(state(now)),
        Ok(now) => state(now),
        Err(error) => os_reason(&error),
    };
    let what = term!("changed.file").with(path.as_os_str()).with(state(was)).with(afterwards);
    Some(ProblemRow { number: None, damage: true, structure: "file of evidence", at: None, what })
}

fn state(state: FileFingerprint) -> Statement {
    let [written, changed] = [state.modified_ns, state.changed_ns].map(UtcTime::from_unix_ns);
    term!("changed.state").with(state.bytes).with(written.as_str()).with(changed.as_str())
}
