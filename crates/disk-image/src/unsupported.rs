//! Containers that are recognised but not read by this version: loud, so that nobody takes their bytes for a medium.

use byte_source::{Problem, ProblemKind};

use crate::opening::{Opening, Probe};
use crate::{ImageError, OpenedImage};

/// A signature at a byte offset of the file, and what it says.
struct Signature(usize, &'static [u8], &'static str);

/// All of them.
const SIGNATURES: &[Signature] = &[
    Signature(0, b"ADSEGMENTEDFILE\0", "AD1 logical image"),
    Signature(0, b"AFF10\r\n\0", "AFF version 1"),
    Signature(30, b"container.description", "AFF4"),
    Signature(30, b"information.turtle", "AFF4"),
    Signature(0, b"\xbe\xba\xfe\xca\0\0\0\0", "VMDK SESparse extent"),
    Signature(0, b"WithoutFreeSpace", "Parallels disk image"),
    Signature(0, b"WithouFreSpacExt", "Parallels disk image"),
    Signature(0, b"MSWIM\0\0\0", "Windows imaging format (WIM)"),
];

fn find(probe: &Probe) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|Signature(at, bytes, _)| probe.begins(*at, bytes))
}

/// Tells an AFF4 volume from other ZIP files by its central directory: its members may have any order (AFF4 Standard 1.0, section 3).
fn is_aff4(probe: &Probe) -> bool {
    const MEMBERS: [&[u8]; 2] = [b"container.description", b"information.turtle"];
    probe.zip.as_ref().is_some_and(|zip| {
        zip.comment.starts_with(b"aff4://")
            || zip.names.iter().any(|name| MEMBERS.contains(&name.as_slice()))
    })
}

/// Recognises a container that is not read.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    find(probe).map(|Signature(.., name)| *name).or_else(|| is_aff4(probe).then_some("AFF4"))
}

/// Says what it is.
pub(crate) fn open(opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    Err(Problem::damage("container", 0, ProblemKind::NotRead(opening.reason)).into())
}
