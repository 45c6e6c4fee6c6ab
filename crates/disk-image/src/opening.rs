//! What a format is given: a file to recognise, and a file to open.

use std::sync::Arc;

use byte_source::{Scratch, Source, read_available};

use crate::beside::Beside;
use crate::tail::Tail;
use crate::{ImageError, OpenedImage, zip};

/// Bytes of the file's beginning that recognition looks at.
const HEAD_BYTES: u64 = 1024;

/// Opens the image of a name and a file, with what is beside it, as the parent of so many others.
pub(crate) type OpenOther =
    fn(&str, Arc<dyn Source>, &Beside<'_>, u32, &mut Scratch) -> Result<OpenedImage, ImageError>;

/// What recognition looks at.
pub(crate) struct Probe {
    /// The file's first bytes.
    pub(crate) head: Vec<u8>,
    /// The file's last bytes.
    pub(crate) tail: Tail,
    /// What its central directory says when it is a ZIP file.
    pub(crate) zip: Option<zip::Directory>,
    source: Arc<dyn Source>,
}

/// What a format gets to open an image.
pub(crate) struct Opening<'a> {
    /// The file's name, without folders.
    pub(crate) name: &'a str,
    /// The file that was named.
    pub(crate) first: Arc<dyn Source>,
    /// The files beside it.
    pub(crate) beside: &'a Beside<'a>,
    /// By what it was recognised.
    pub(crate) reason: &'static str,
    /// How many images have this one as their parent, one on top of the other.
    pub(crate) depth: u32,
    /// Opens another image that this one needs: its parent.
    pub(crate) open_other: OpenOther,
    /// The worker's scratch.
    pub(crate) scratch: &'a mut Scratch,
}

impl Probe {
    /// Reads what recognition needs of a file.
    pub(crate) fn of(source: &Arc<dyn Source>, scratch: &mut Scratch) -> Self {
        let mut head = vec![0; byte_source::index(source.len().min(HEAD_BYTES))];
        // What cannot be read is zero here and matches no signature; the medium's own visit reports it.
        let _ = read_available(&**source, 0, &mut head, scratch);
        let tail = Tail::of(&**source, scratch);
        let zip = zip::directory(&**source, &tail, scratch);
        Self { head, tail, zip, source: Arc::clone(source) }
    }

    /// True when `signature` stands at byte `at` of the file.
    pub(crate) fn begins(&self, at: usize, signature: &[u8]) -> bool {
        self.head.get(at..).is_some_and(|rest| rest.starts_with(signature))
    }

    /// The whole file, for what lies neither at its beginning nor at its end.
    pub(crate) fn source(&self) -> &dyn Source {
        &*self.source
    }
}
