//! The descriptor: text that names the extents, alone in a file or embedded in a sparse extent.

use byte_source::{Problem, Scratch, Source, read_vec};
use words::term;

use super::described::{Descriptor, NAME};
use super::sparse_header::SparseHeader;
use super::{SECTOR_BYTES, descriptor_text};
use crate::problems::{inconsistent, limit_reached, unreadable};

/// Begins a descriptor file.
pub(super) const SIGNATURE: &[u8] = b"# Disk DescriptorFile";
/// Bytes of a descriptor at most: 20 sectors when embedded, a line for each 2 GB otherwise.
const MOST_BYTES: u64 = 4 << 20;
/// Extents of an image: 128 TB in files of 2 GB.
const MOST_EXTENTS: usize = 1 << 16;

/// The descriptor of a descriptor file, or the one embedded in a sparse extent (then `true`); `None` when the extent has none.
///
/// # Errors
/// The [`Problem`] when it cannot be read, has a line that is not understood, or names no extent.
pub(super) fn find(
    source: &dyn Source,
    scratch: &mut Scratch,
) -> Result<Option<(Descriptor, bool)>, Problem> {
    let mut start = [0; 4];
    let _ = byte_source::read_exact(source, 0, &mut start, scratch);
    let embedded = start != SIGNATURE.get(..4).unwrap_or_default();
    let (at, bytes) = if embedded {
        match SparseHeader::read(source, scratch)? {
            SparseHeader { descriptor_offset: 0, .. } => return Ok(None),
            header => (
                header.descriptor_offset.saturating_mul(SECTOR_BYTES),
                header.descriptor_size.saturating_mul(SECTOR_BYTES),
            ),
        }
    } else {
        (0, source.len())
    };
    read(source, at, bytes, scratch).map(|descriptor| Some((descriptor, embedded)))
}

/// Reads the descriptor of so many bytes at byte `at`.
fn read(
    source: &dyn Source,
    at: u64,
    bytes: u64,
    scratch: &mut Scratch,
) -> Result<Descriptor, Problem> {
    if bytes > MOST_BYTES {
        return Err(limit_reached(NAME, at, term!("vmdk.bytes-descriptor"), MOST_BYTES));
    }
    let bytes = read_vec(source, at, bytes, scratch).map_err(unreadable(NAME, at))?;
    let descriptor = descriptor_text::parse(&bytes, at)?;
    if descriptor.extents.is_empty() || descriptor.extents.len() > MOST_EXTENTS {
        return Err(inconsistent(NAME, at, term!("vmdk.names-no-extents-more-65")));
    }
    Ok(descriptor)
}
