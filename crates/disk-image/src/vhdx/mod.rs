//! Virtual Hard Disk version 2 of Hyper-V (MS-VHDX): fixed, dynamic and differencing images.

mod blocks;
mod header;
mod log;
mod metadata;
mod regions;

use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Source};
use words::term;

use self::blocks::Blocks;
use self::header::Header;
use self::metadata::Metadata;
use crate::image::Image;
use crate::mapped_medium::MappedMedium;
use crate::opening::{Opening, Probe};
use crate::problems::inconsistent;
use crate::tail;
use crate::{Container, ImageError, OpenedImage, parent};

/// Begins an image.
const SIGNATURE: &[u8] = b"vhdxfile";
/// Everything in an image is aligned to this, and has a multiple of it as length (MS-VHDX 2.1): a file that has not was appended to.
const UNIT_BYTES: u64 = 1 << 20;
/// The claim that a differencing image's parent is known by.
const DATA_WRITE_GUID: &str = "data write GUID";

/// Recognises an image.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    probe.begins(0, SIGNATURE).then_some("vhdxfile signature")
}

/// Opens an image.
pub(crate) fn open(mut opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let mut image = Image::of(Container::Vhdx, &opening);
    let header = header::current(&*opening.first, opening.scratch, &mut image.problems)?;
    let first = replayed(&header, &mut opening, &mut image);
    let regions = regions::read(&*first, opening.scratch, &mut image.problems)?;
    let metadata = metadata::read(&*first, regions.metadata, opening.scratch)?;
    image.problems.extend(metadata.notes.iter().cloned());
    image.sector_bytes = metadata.logical_sector_size;
    image.claim(DATA_WRITE_GUID, case_model::to_hex(&header.data_write_guid));
    image.claim("virtual disk identifier", case_model::to_hex(&metadata.virtual_disk_id));
    let parent = if metadata.has_parent {
        Some(open_parent(&mut opening, &metadata, &mut image.problems)?)
    } else {
        None
    };
    let blocks = Blocks::new(&metadata, &regions);
    blocks.check(&mut image.problems);
    let length = opening.first.len();
    let end = length.saturating_sub(length.checked_rem(UNIT_BYTES).unwrap_or(0));
    image.problems.extend(tail::behind("VHDX file", end, &*opening.first, opening.scratch));
    let len = metadata.virtual_disk_size;
    let grain = metadata.block_size;
    Ok(image.over(parent, |parent| {
        Arc::new(MappedMedium::new(blocks, "VHDX block", len, grain, vec![first], parent))
    }))
}

/// The image file, with the changes of its log when it has any.
fn replayed(header: &Header, opening: &mut Opening<'_>, image: &mut Image) -> Arc<dyn Source> {
    let file = Arc::clone(&opening.first);
    if header.log_guid == [0; 16] {
        return file;
    }
    match log::replay(&file, header, opening.scratch) {
        Ok(replayed) => {
            image.problems.push(Problem::note(
                "VHDX header",
                header.at,
                ProblemKind::Inconsistent(term!("vhdx.log-holds-changes-were-not")),
            ));
            image.claim("log replayed in memory", replayed.summary());
            replayed.file
        }
        Err(problem) => {
            let how = term!("vhdx.log-holds-changes-were-not-written");
            image.problems.push(problem);
            image.problems.push(inconsistent("VHDX header", header.at, how));
            file
        }
    }
}

/// Opens the parent under the first of its paths at which it is.
fn open_first_parent(
    opening: &mut Opening<'_>,
    metadata: &Metadata,
) -> Result<OpenedImage, ImageError> {
    let keys = ["relative_path", "absolute_win32_path", "volume_path"];
    let mut names = keys.iter().filter_map(|key| metadata.parent_value(key));
    let mut found =
        parent::open(opening, "VHDX", names.next().unwrap_or("(a parent without a name)"), false);
    for name in names {
        if let Err(ImageError::MissingFile { .. }) = found
            && let Ok(other) = parent::open(opening, "VHDX", name, false)
        {
            found = Ok(other);
        }
    }
    found
}

/// Opens the parent under one of the names of the locator and checks that it is the one the image was made from.
fn open_parent(
    opening: &mut Opening<'_>,
    metadata: &Metadata,
    problems: &mut Vec<Problem>,
) -> Result<OpenedImage, ImageError> {
    let found = open_first_parent(opening, metadata)?;
    let own = found
        .claims
        .iter()
        .find(|claim| claim.field == DATA_WRITE_GUID)
        .map(|claim| claim.value.as_str());
    let linkage = metadata.parent_value("parent_linkage").map(guid_digits).unwrap_or_default();
    if own != Some(linkage.as_str()) {
        problems.push(inconsistent(
            "VHDX parent locator",
            0,
            term!("vhdx.parent-data-write-guid-not"),
        ));
    }
    Ok(found)
}

/// The hexadecimal digits of `{83ed0ec3-…}` in the order in which the bytes stand on disk: the first three fields are little-endian.
fn guid_digits(text: &str) -> String {
    let digits: Vec<char> = text
        .chars()
        .filter(char::is_ascii_hexdigit)
        .map(|digit| digit.to_ascii_lowercase())
        .collect();
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let pairs = digits.as_chunks::<2>().0;
    ORDER.iter().filter_map(|place| pairs.get(*place)).flatten().collect()
}

/// The CRC-32C of a structure with zeros in place of its own field, bytes 4 to 7 (MS-VHDX 2.2.2).
fn checksum(bytes: &[u8]) -> u32 {
    let (before, rest) = bytes.split_at(bytes.len().min(4));
    let register = byte_source::crc32c(byte_source::crc32c(!0, before), &[0; 4]);
    !byte_source::crc32c(register, rest.get(4..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_leaves_its_own_field_out() {
        let mut bytes = *b"1234....5678";
        bytes[4..8].fill(0);
        let clean = super::checksum(&bytes);
        assert_eq!(clean, !byte_source::crc32c(!0, &bytes));
        bytes[4..8].fill(0xff);
        assert_eq!(super::checksum(&bytes), clean);
        bytes[8] ^= 1;
        assert_ne!(super::checksum(&bytes), clean);
    }
}
