//! Where an export is written to and read from. Paths are relative, with `/`.

use std::io::{self, Read, Write};

/// Takes the files of an export.
pub trait ExportOutput {
    /// Creates a file, and the folders it lies in.
    ///
    /// # Errors
    /// When it exists already, or the storage fails.
    fn create(&mut self, path: &str) -> io::Result<Box<dyn Write + '_>>;
}

/// Gives the files of an export.
pub trait ExportInput {
    /// All files. Links and other things that are no files are errors.
    ///
    /// # Errors
    /// When the storage fails, or there are more than `limit` files.
    fn paths(&self, limit: usize) -> io::Result<Vec<String>>;

    /// Opens a file.
    ///
    /// # Errors
    /// When it is not there, or the storage fails.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// True for a path that stays in its folder on every system and needs no escape in a manifest.
pub(super) fn is_plain(path: &str) -> bool {
    const MAX_COMPONENT_BYTES: usize = 255;
    const MAX_BYTES: usize = 1_024;
    let component = |name: &str| {
        !name.is_empty()
            && name.len() <= MAX_COMPONENT_BYTES
            && !matches!(name, "." | "..")
            && !name.chars().any(|c| c.is_control() || matches!(c, '\\' | '%' | ':'))
    };
    path.len() <= MAX_BYTES && path.split('/').all(component)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn no_path_leaves_its_folder() {
        assert!(is_plain("data/قضية/log.jsonl"));
        for bad in [
            "",
            "/etc/passwd",
            "data/../x",
            "data//x",
            "data/./x",
            "C:/x",
            "a\\b",
            "a\nb",
            "a%0Ab",
            "data/",
        ] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }
}
