//! Which container is this? One line a format.

use std::sync::Arc;

use byte_source::{Scratch, Source, read_available};

use crate::beside::Beside;
use crate::tail::Tail;
use crate::zip;
use crate::{
    ImageError, Neighbours, OpenedImage, dmg, ewf, ewf2, length_limit, qcow, raw, unsupported, vdi, vhd,
    vhdx, vmdk,
};

/// A format: how it is recognised by content (the answer says by what) and how it is opened.
struct Format {
    recognise: fn(&Probe) -> Option<&'static str>,
    open: fn(Opening<'_>) -> Result<OpenedImage, ImageError>,
}

/// All formats, the surest signature first. What none recognises is raw.
const FORMATS: &[Format] = &[
    Format { recognise: ewf::recognise, open: ewf::open },
    Format { recognise: ewf2::recognise, open: ewf2::open },
    Format { recognise: qcow::recognise, open: qcow::open },
    Format { recognise: vmdk::recognise, open: vmdk::open },
    Format { recognise: vhdx::recognise, open: vhdx::open },
    Format { recognise: vdi::recognise, open: vdi::open },
    Format { recognise: vhd::recognise, open: vhd::open },
    Format { recognise: dmg::recognise, open: dmg::open },
    Format { recognise: unsupported::recognise, open: unsupported::open },
];

/// Bytes of the file's beginning that recognition looks at.
const HEAD_BYTES: u64 = 1024;

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
    /// The worker's scratch.
    pub(crate) scratch: &'a mut Scratch,
}

/// Recognises the container of the file called `name` by its content and opens it; a file that no format recognises is a raw image.
///
/// # Errors
/// [`ImageError`] when there is nothing to read at all. Damage that leaves something readable is in [`OpenedImage::problems`].
pub fn open(
    name: &str,
    first: Arc<dyn Source>,
    neighbours: &dyn Neighbours,
    scratch: &mut Scratch,
) -> Result<OpenedImage, ImageError> {
    let beside = Beside::new(neighbours);
    let mut image = open_at_depth(name, first, &beside, 0, scratch)?;
    image.problems.extend(beside.problem());
    Ok(length_limit::limit(image))
}

/// [`open`], for an image that is the parent of `depth` others.
pub(crate) fn open_at_depth(
    name: &str,
    first: Arc<dyn Source>,
    beside: &Beside<'_>,
    depth: u32,
    scratch: &mut Scratch,
) -> Result<OpenedImage, ImageError> {
    if first.is_empty() {
        return Err(ImageError::Empty);
    }
    let probe = Probe::of(&first, scratch);
    let recognised =
        FORMATS.iter().find_map(|format| (format.recognise)(&probe).map(|reason| (format.open, reason)));
    let (open, reason) = recognised.unwrap_or((raw::open, "no container signature"));
    open(Opening { name, first, beside, reason, depth, scratch })
}

impl Probe {
    fn of(source: &Arc<dyn Source>, scratch: &mut Scratch) -> Self {
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
