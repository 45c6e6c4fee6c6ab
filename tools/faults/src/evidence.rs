//! What is scanned: small, and complete, so that every scan must end well.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::{Attempt, Outcome};

/// Items of evidence, not on the failing storage.
#[derive(Debug)]
pub(crate) struct Evidence {
    folder: TempDir,
}

impl Evidence {
    pub(crate) fn new() -> Outcome<Self> {
        let this = Self { folder: TempDir::new().when("temporary folder")? };
        let mut demo =
            std::fs::read(demo_folder().join("demo.raw")).when("testdata/demo/demo.raw")?;
        demo.extend_from_slice(&[0; 512]);
        this.write("longer.raw", &demo)?;
        this.write("blank.raw", &[0; 4096])?;
        std::fs::create_dir(this.folder.path().join("folder")).when("a folder of evidence")?;
        for number in 0..20 {
            this.write(
                &format!("folder/paper {number}.txt"),
                format!("paper {number}\n").as_bytes(),
            )?;
        }
        Ok(this)
    }

    /// The path that a word of a command stands for.
    pub(crate) fn path(&self, word: &str) -> Option<PathBuf> {
        Some(match word {
            "DEMO" => demo_folder().join("demo.raw"),
            "SET" => demo_folder().join("known-bad.csv"),
            "LONGER" => self.folder.path().join("longer.raw"),
            "BLANK" => self.folder.path().join("blank.raw"),
            "FOLDER" => self.folder.path().join("folder"),
            _ => return None,
        })
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Outcome<()> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).when(path.display())
    }
}

fn demo_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo")
}
