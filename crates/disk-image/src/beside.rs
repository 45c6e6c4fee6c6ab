//! The files beside an image, found whatever the case of their letters: a copy over a file system that folds case, or two tools that write
//! `disk.E01` and `disk.e02`, must not cost a segment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Source};
use words::term;

use crate::{ImageError, Neighbours};

/// A file beside the image.
pub(crate) struct Found {
    /// Its name on disk, which may differ from the wanted one in the case of its letters.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) source: Arc<dyn Source>,
}

/// The names of a folder by their small letters.
#[derive(Default)]
struct Listed {
    names: HashMap<String, Vec<String>>,
    /// True when the folder could not be listed.
    failed: bool,
}

/// The files beside an image and its parents.
pub(crate) struct Beside<'n> {
    neighbours: &'n dyn Neighbours,
    listed: RefCell<Option<Listed>>,
}

impl<'n> Beside<'n> {
    pub(crate) fn new(neighbours: &'n dyn Neighbours) -> Self {
        Self { neighbours, listed: RefCell::new(None) }
    }

    /// Opens the file called `name`, or else the only one whose name differs from it in the case of letters; `None` when there is none.
    ///
    /// # Errors
    /// [`ImageError::Io`] when it cannot be opened, or when several names differ in the case of letters only: nothing is guessed.
    pub(crate) fn open(&self, name: &str) -> Result<Option<Found>, ImageError> {
        if let Some(source) = self.exactly(name)? {
            return Ok(Some(Found { name: name.to_owned(), source }));
        }
        let others = self.in_other_case(name);
        match others.as_slice() {
            [] => Ok(None),
            [other] => Ok(self.exactly(other)?.map(|source| Found { name: other.clone(), source })),
            several => {
                let text = format!(
                    "these files differ in the case of letters only: {}; move those away that do not belong to the image",
                    several.join(", ")
                );
                Err(ImageError::Io { name: name.to_owned(), error: io::Error::other(text) })
            }
        }
    }

    /// The names of the files.
    ///
    /// # Errors
    /// What [`Neighbours::names`] returns.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        self.neighbours.names()
    }

    /// Says when the folder could not be listed, so that a name in other letters may have been missed.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let failed = self.listed.borrow().as_ref().is_some_and(|listed| listed.failed);
        failed.then(|| {
            Problem::note(
                "folder of the image",
                0,
                ProblemKind::Inconsistent(term!("image.folder-image-cannot-listed-holds")),
            )
        })
    }

    fn exactly(&self, name: &str) -> Result<Option<Arc<dyn Source>>, ImageError> {
        self.neighbours.open(name).map_err(|error| ImageError::Io { name: name.to_owned(), error })
    }

    fn in_other_case(&self, name: &str) -> Vec<String> {
        let mut listed = self.listed.borrow_mut();
        let listed = listed.get_or_insert_with(|| self.list());
        let same = listed.names.get(&name.to_lowercase()).cloned().unwrap_or_default();
        same.into_iter().filter(|other| other != name).collect()
    }

    fn list(&self) -> Listed {
        let Ok(mut names) = self.neighbours.names() else {
            return Listed { names: HashMap::new(), failed: true };
        };
        names.sort_unstable();
        let mut listed = Listed::default();
        for name in names {
            listed.names.entry(name.to_lowercase()).or_default().push(name);
        }
        listed
    }
}
