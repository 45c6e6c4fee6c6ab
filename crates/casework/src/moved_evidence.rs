//! Where evidence is now: at its recorded place, or where it was moved to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use byte_source::Scratch;
use case_model::{Algorithm, StopToken, path_text, to_hex};
use case_store::{CaseFile, ImageId, RecordedMedium};
use evidence::{FolderItemKind, ImageAddress, Spill, open_container_at, walk_folder};
use filesystem::OpenOptions;
use pipeline::{Event, Observer, verify_medium};

use crate::CaseworkError;
use crate::quantities::{counted, exact_bytes, noun};

/// Finds the evidence of a case's images, each once.
pub(crate) struct MovedEvidence<'m> {
    /// A file, or a folder that holds files; `None`: where the case says.
    at: Option<&'m Path>,
    threads: usize,
    stop: StopToken,
    /// What was looked for: the path, or why it was not found.
    found: HashMap<ImageId, Result<PathBuf, String>>,
    /// The files below `at` with their sizes, once they were listed.
    files: Option<Vec<(PathBuf, u64)>>,
    /// SHA-256 of the media that were read: several exhibits may be looked for among the same files.
    media: HashMap<PathBuf, Option<Vec<u8>>>,
}

/// Tells nobody.
struct NoObserver;

impl Observer for NoObserver {
    fn event(&self, _: &Event<'_>) {}
}

impl<'m> MovedEvidence<'m> {
    pub(crate) fn new(at: Option<&'m Path>, threads: usize, stop: &StopToken) -> Self {
        Self {
            at,
            threads,
            stop: stop.clone(),
            found: HashMap::new(),
            files: None,
            media: HashMap::new(),
        }
    }

    /// Returns the path of an image, as the reader of evidence takes it.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when it is not where it is said to be.
    pub(crate) fn of(&mut self, case: &CaseFile, image: ImageId) -> Result<PathBuf, CaseworkError> {
        if let Some(found) = self.found.get(&image) {
            return found.clone().map_err(CaseworkError::Request);
        }
        let medium = case.recorded_medium(image)?.ok_or_else(|| {
            CaseworkError::Check(format!("case {}: image {image} is not there", case.id()))
        })?;
        let found = match self.find(case, &medium) {
            Ok(path) => Ok(path),
            // It was not moved: `at` is about other evidence.
            Err(CaseworkError::Request(_)) if ImageAddress::of(&medium.file).host.exists() => {
                Ok(medium.file)
            }
            Err(CaseworkError::Request(why)) => Err(why),
            Err(error) => return Err(error),
        };
        self.found.insert(image, found.clone());
        found.map_err(CaseworkError::Request)
    }

    fn find(&mut self, case: &CaseFile, medium: &RecordedMedium) -> Result<PathBuf, CaseworkError> {
        let Some(at) = self.at else { return Ok(medium.file.clone()) };
        let address = ImageAddress::of(&medium.file);
        // An image inside an exhibit lies where the exhibit lies.
        let exhibit = match address.place.is_exhibit() {
            true => None,
            false => match case.image_at(&address.host)? {
                Some((host, _)) => case.recorded_medium(host)?,
                None => None,
            },
        };
        let exhibit = exhibit.as_ref().unwrap_or(medium);
        let host = match exhibit.container == "folder" {
            true => moved_folder(exhibit, at)?,
            false => self.moved_image(exhibit, at)?,
        };
        Ok(ImageAddress { host, ..address }.as_path())
    }

    /// Finds the first file of an image: by its size, and by its name or the digest of the medium.
    fn moved_image(
        &mut self,
        exhibit: &RecordedMedium,
        at: &Path,
    ) -> Result<PathBuf, CaseworkError> {
        let recorded = exhibit.segments.first();
        let name = recorded.map_or(exhibit.name.as_str(), |(name, _)| name);
        let bytes = recorded.map(|(_, bytes)| *bytes);
        let (looked_at, candidates) = self.candidates(at, bytes)?;
        let named: Vec<&PathBuf> = candidates
            .iter()
            .filter(|path| path.file_name().is_some_and(|is| is == name))
            .collect();
        // Name and size are enough where nothing else has them: each content is compared with its digest, too.
        if let [only] = named.as_slice() {
            return Ok((*only).clone());
        }
        let others = candidates.iter().filter(|path| !named.contains(path));
        for path in named.iter().copied().chain(others) {
            if self.holds(path, exhibit)? {
                return Ok(path.clone());
            }
        }
        let digest = exhibit.sha256.as_deref().map_or("not recorded".to_owned(), to_hex);
        Err(CaseworkError::Request(format!(
            "--at {}: the medium of {} is not there: {} looked at, {} of them {} the size of its file ({}), \
             and none of these holds a medium of SHA-256 {digest}",
            path_text(at),
            exhibit.name,
            counted(looked_at, "file was", "files were"),
            candidates.len(),
            noun(candidates.len(), "has", "have"),
            bytes.map_or("unknown".to_owned(), exact_bytes),
        )))
    }

    /// Returns how many files were looked at, and those that have the size.
    fn candidates(
        &mut self,
        at: &Path,
        bytes: Option<u64>,
    ) -> Result<(usize, Vec<PathBuf>), CaseworkError> {
        let files = match self.files.take() {
            Some(files) => files,
            None => list(at)?,
        };
        let fits = |size: u64| bytes.is_none_or(|bytes| bytes == size);
        let fitting = files.iter().filter(|(_, size)| fits(*size));
        let candidates = fitting.map(|(path, _)| path.clone()).collect();
        Ok((self.files.insert(files).len(), candidates))
    }

    /// Compares a medium with what is recorded. Each medium is read once.
    fn holds(&mut self, path: &Path, exhibit: &RecordedMedium) -> Result<bool, CaseworkError> {
        let Some(recorded) = exhibit.sha256.as_deref() else { return Ok(false) };
        if let Some(found) = self.media.get(path) {
            return Ok(found.as_deref() == Some(recorded));
        }
        let address = ImageAddress::exhibit(path);
        let Ok(opened) = open_container_at(&address, &OpenOptions::default(), &mut Scratch::new())
        else {
            return Ok(false);
        };
        if Some(opened.image.medium.len()) != exhibit.bytes {
            return Ok(false);
        }
        let verdict = verify_medium(&opened.image, self.threads, &NoObserver, &self.stop)?;
        let found = verdict.digests.get(Algorithm::Sha256).map(<[u8]>::to_vec);
        let holds = found.as_deref() == Some(recorded);
        self.media.insert(path.to_owned(), found);
        Ok(holds)
    }
}

/// Lists a file, or the files of a folder, with their sizes.
fn list(at: &Path) -> Result<Vec<(PathBuf, u64)>, CaseworkError> {
    let gone =
        |error: std::io::Error| CaseworkError::Request(format!("--at {}: {error}", path_text(at)));
    let metadata = std::fs::metadata(at).map_err(gone)?;
    if !metadata.is_dir() {
        return Ok(vec![(at.to_owned(), metadata.len())]);
    }
    let list = walk_folder(at, Arc::new(Spill::in_memory()));
    let files = list.items().filter(|item| item.kind == FolderItemKind::File);
    Ok(files.map(|item| (item.path, item.size)).collect())
}

/// Finds a folder: the one given, or the one of its name in it. Its files are compared one by one when they are read.
fn moved_folder(exhibit: &RecordedMedium, at: &Path) -> Result<PathBuf, CaseworkError> {
    let inner = exhibit.file.file_name().map(|name| at.join(name)).filter(|inner| inner.is_dir());
    match inner {
        Some(inner) => Ok(inner),
        None if at.is_dir() => Ok(at.to_owned()),
        None => Err(CaseworkError::Request(format!(
            "--at {}: the folder {} is not there",
            path_text(at),
            exhibit.name
        ))),
    }
}
