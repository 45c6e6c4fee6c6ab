//! Apple disk images (UDIF): raw, ADC, zlib, bzip2, LZFSE and LZMA.

mod block_table;
mod property_list;
mod runs;
mod trailer;

use std::sync::Arc;

use byte_source::{Problem, Scratch, Source, read_vec};
use words::term;

use self::block_table::BlockTable;
use self::runs::Runs;
use self::trailer::Trailer;
use crate::image::Image;
use crate::mapped_medium::MappedMedium;
use crate::opening::{Opening, Probe};
use crate::problems::{inconsistent, limit_reached, unreadable, unsupported};
use crate::{Container, ImageError, OpenedImage, raw};

/// Stands at the beginning of an encrypted image (version 2).
const ENCRYPTED_SIGNATURE: &[u8] = b"encrcdsa";
/// Stands at the beginning of a sparse image.
const SPARSE_SIGNATURE: &[u8] = b"sprs";
/// Bytes of the property list at most: a terabyte in chunks of 256 KiB has about 230 MB.
const MOST_LIST_BYTES: u64 = 256 << 20;

/// What the property list is called in problems.
const NAME: &str = "UDIF property list";

/// Reads the property list that a trailer names.
fn list_bytes(
    source: &dyn Source,
    trailer: &Trailer,
    scratch: &mut Scratch,
) -> Result<Vec<u8>, Problem> {
    let at = trailer.xml_offset;
    if trailer.xml_length == 0 {
        return Err(unsupported(NAME, at, term!("dmg.udif-image-without-property-list"), 0));
    }
    if trailer.xml_length > MOST_LIST_BYTES {
        return Err(limit_reached(NAME, at, term!("dmg.bytes-property-list"), MOST_LIST_BYTES));
    }
    read_vec(source, at, trailer.xml_length, scratch).map_err(unreadable(NAME, at))
}

/// Recognises an image by its trailer, or one that is encrypted or sparse by its beginning.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    if probe.tail.ends(trailer::BYTES, trailer::SIGNATURE) {
        return Some("koly trailer of a UDIF image");
    }
    if trailer::place(probe.source(), &probe.tail, &mut Scratch::new()).is_some() {
        return Some("koly trailer of a UDIF image, with bytes appended behind it");
    }
    if probe.begins(0, ENCRYPTED_SIGNATURE) {
        return Some("encrcdsa signature of an encrypted Apple disk image");
    }
    let version3 = [0, 0, 0, 3];
    (probe.begins(0, SPARSE_SIGNATURE) && probe.begins(4, &version3))
        .then_some("sprs signature of an Apple sparse image")
}

/// Opens an image.
pub(crate) fn open(opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let mut image = Image::of(Container::Dmg, &opening);
    let first = Arc::clone(&opening.first);
    let scratch = opening.scratch;
    let Some(trailer) = Trailer::read(&*first, scratch)? else {
        let feature = term!("dmg.encrypted-sparse-apple-disk-image");
        return Err(unsupported("Apple disk image", 0, feature, 0).into());
    };
    trailer.say(&*first, scratch, &mut image.problems);
    let tables = tables(&*first, &trailer, scratch, &mut image)?;
    let runs = Runs::new(&tables, trailer.data_fork_offset, &mut image.problems);
    image.claims.extend(tables.iter().filter_map(BlockTable::claim));
    image.claims.extend(trailer.claims());
    let len = trailer.sector_count.saturating_mul(raw::SECTOR_BYTES.into());
    runs.check(len, &mut image.problems);
    let grain = u32::try_from(runs.largest_unit()).unwrap_or(u32::MAX).max(1);
    Ok(image.with(Arc::new(MappedMedium::new(runs, "UDIF chunk", len, grain, vec![first], None))))
}

/// The block tables that the property list holds.
fn tables(
    source: &dyn Source,
    trailer: &Trailer,
    scratch: &mut Scratch,
    image: &mut Image,
) -> Result<Vec<BlockTable>, Problem> {
    let at = trailer.xml_offset;
    let bytes = list_bytes(source, trailer, scratch)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut tables = Vec::new();
    let list = property_list::read(&text);
    image.problems.extend(list.faults.into_iter().map(|kind| Problem::damage(NAME, at, kind)));
    image.problems.extend(list.notes.into_iter().map(|kind| Problem::note(NAME, at, kind)));
    for entry in list.entries {
        match entry.data.as_deref().map(|data| BlockTable::read(data, at, entry.name.clone())) {
            Some(Ok(table)) => tables.push(table),
            Some(Err(problem)) => image.problems.push(problem),
            None => {
                image.problems.push(inconsistent(
                    NAME,
                    at,
                    term!("dmg.block-table-not-base64-partition"),
                ));
            }
        }
    }
    if tables.is_empty() {
        return Err(inconsistent(NAME, at, term!("dmg.holds-no-block-table")));
    }
    Ok(tables)
}
