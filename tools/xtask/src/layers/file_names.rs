//! A file's name says what is in it.

use std::path::{Path, PathBuf};

use super::Findings;

/// Names that say nothing.
const EMPTY_NAMES: [&str; 9] =
    ["util", "utils", "helper", "helpers", "common", "misc", "core", "manager", "types"];

pub(super) fn check(paths: &[PathBuf], findings: &mut Findings) {
    findings.faults.extend(paths.iter().filter_map(|path| fault(path)));
}

fn fault(path: &Path) -> Option<String> {
    let stems =
        path.iter().map(Path::new).filter_map(Path::file_stem).filter_map(|stem| stem.to_str());
    let empty = stems.into_iter().find(|stem| EMPTY_NAMES.contains(stem))?;
    Some(format!("{}: \"{empty}\" does not say what is in it", path.display()))
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn names_that_say_nothing_are_faults_for_files_and_folders() {
        assert!(fault("crates/volume/src/utils.rs".as_ref()).is_some());
        assert!(fault("crates/volume/src/common/mbr.rs".as_ref()).is_some());
        assert!(fault("crates/volume/src/mbr/entry.rs".as_ref()).is_none());
    }
}
