//! Which container is this? One line a format.

use std::sync::Arc;

use byte_source::{Scratch, Source, length, read_available};

use crate::{
    ImageError, Neighbours, OpenedImage, dmg, ewf, ewf2, qcow, raw, unsupported, vdi, vhd, vhdx, vmdk,
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
/// Bytes of the file's end that recognition looks at: the footers of VHD and UDIF are 512 bytes long.
const TAIL_BYTES: u64 = 1024;

/// What recognition looks at.
pub(crate) struct Probe {
    /// The file's first bytes.
    pub(crate) head: Vec<u8>,
    /// The file's last bytes.
    pub(crate) tail: Vec<u8>,
}

/// What a format gets to open an image.
pub(crate) struct Opening<'a> {
    /// The file's name, without folders.
    pub(crate) name: &'a str,
    /// The file that was named.
    pub(crate) first: Arc<dyn Source>,
    /// The files beside it.
    pub(crate) neighbours: &'a dyn Neighbours,
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
    open_at_depth(name, first, neighbours, 0, scratch)
}

/// [`open`], for an image that is the parent of `depth` others.
pub(crate) fn open_at_depth(
    name: &str,
    first: Arc<dyn Source>,
    neighbours: &dyn Neighbours,
    depth: u32,
    scratch: &mut Scratch,
) -> Result<OpenedImage, ImageError> {
    if first.is_empty() {
        return Err(ImageError::Empty);
    }
    let probe = Probe::of(&*first, scratch);
    let recognised =
        FORMATS.iter().find_map(|format| (format.recognise)(&probe).map(|reason| (format.open, reason)));
    let (open, reason) = recognised.unwrap_or((raw::open, "no container signature"));
    open(Opening { name, first, neighbours, reason, depth, scratch })
}

impl Probe {
    fn of(source: &dyn Source, scratch: &mut Scratch) -> Self {
        let mut piece = |start: u64, count: u64| {
            let mut bytes = vec![0; byte_source::index(count)];
            // What cannot be read is zero here and matches no signature; the medium's own visit reports it.
            let _ = read_available(source, start, &mut bytes, scratch);
            bytes
        };
        let head = piece(0, source.len().min(HEAD_BYTES));
        let tail_bytes = source.len().min(TAIL_BYTES);
        let tail = piece(source.len().saturating_sub(tail_bytes), tail_bytes);
        Self { head, tail }
    }

    /// True when `signature` stands at byte `at` of the file.
    pub(crate) fn begins(&self, at: usize, signature: &[u8]) -> bool {
        self.head.get(at..).is_some_and(|rest| rest.starts_with(signature))
    }

    /// True when `signature` stands `back` bytes before the end of the file.
    pub(crate) fn ends(&self, back: u64, signature: &[u8]) -> bool {
        length(self.tail.len())
            .checked_sub(back)
            .and_then(|at| self.tail.get(byte_source::index(at)..))
            .is_some_and(|rest| rest.starts_with(signature))
    }
}
