//! Manifests: what was extracted, in one or several forms, written while it goes on and named at its end.

use std::io::{self, BufWriter, Write};

use case_model::CaseId;
use case_store::FoundRow;
use sha2::{Digest, Sha256};

use super::file::ExtractedFile;
use super::out_folder::OutFolder;

/// A form of a manifest: bytes for a head and for each file.
pub trait ManifestForm {
    /// Returns the extension of its file, like `csv`.
    fn extension(&self) -> &'static str;

    /// Returns what is in front of the first record.
    fn head(&mut self) -> io::Result<Vec<u8>>;

    /// Returns the record of a file.
    fn record(
        &mut self,
        case: &CaseId,
        row: &FoundRow,
        file: &ExtractedFile,
    ) -> io::Result<Vec<u8>>;
}

/// A manifest that got its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenManifest {
    /// Its name in the folder of the case.
    pub name: String,
    /// Its digest.
    pub sha256: [u8; 32],
}

/// The manifests of one extraction.
pub(super) struct Manifests<'f> {
    open: Vec<OpenManifest<'f>>,
}

struct OpenManifest<'f> {
    form: &'f mut dyn ManifestForm,
    temporary: String,
    file: BufWriter<std::fs::File>,
    hasher: Sha256,
}

impl OpenManifest<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }
}

impl<'f> Manifests<'f> {
    /// Creates the files under temporary names.
    pub(super) fn create(
        folder: &OutFolder,
        stem: &str,
        forms: &'f mut [Box<dyn ManifestForm>],
    ) -> io::Result<Self> {
        let mut open = Vec::with_capacity(forms.len());
        for form in forms {
            let form = form.as_mut();
            let temporary = format!(".{stem}.{}.athar-part", form.extension());
            let head = form.head()?;
            let file = BufWriter::new(folder.create(&temporary)?);
            let mut manifest = OpenManifest { form, temporary, file, hasher: Sha256::new() };
            manifest.write(&head)?;
            open.push(manifest);
        }
        Ok(Self { open })
    }

    /// Writes the record of a file into each.
    pub(super) fn record(
        &mut self,
        case: &CaseId,
        row: &FoundRow,
        file: &ExtractedFile,
    ) -> io::Result<()> {
        for manifest in &mut self.open {
            let record = manifest.form.record(case, row, file)?;
            manifest.write(&record)?;
        }
        Ok(())
    }

    /// Gives the files their names: everything that they list is on the disk then. `stem` is a name that no file has yet.
    pub(super) fn publish(
        self,
        folder: &OutFolder,
        stem: &str,
    ) -> io::Result<Vec<WrittenManifest>> {
        let mut written = Vec::with_capacity(self.open.len());
        for mut manifest in self.open {
            manifest.file.flush()?;
            folder.sync()?;
            let name = format!("{stem}.{}", manifest.form.extension());
            folder.publish(&manifest.temporary, &name)?;
            written.push(WrittenManifest { name, sha256: manifest.hasher.finalize().into() });
        }
        folder.sync()?;
        Ok(written)
    }
}
