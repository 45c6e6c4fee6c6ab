//! The parent of a differencing image: known by its identifier, not by its name.

use std::sync::Arc;

use byte_source::{Problem, Scratch, Source};
use words::term;

use super::header::{self, Header};
use crate::opening::Opening;
use crate::problems::{inconsistent, limit_reached};
use crate::{ImageError, OpenedImage, parent};

/// Files beside the image whose headers are looked at: a machine with more snapshots has never been seen.
const MOST_CANDIDATES: usize = 4096;

/// Opens the parent that lies beside the image. A parent that was changed since the image was made from it is a problem.
///
/// # Errors
/// [`ImageError::MissingFile`] with the identifier when no file beside the image has it, or what opening it returns.
pub(super) fn open(
    child: &Header,
    opening: &mut Opening<'_>,
    problems: &mut Vec<Problem>,
) -> Result<OpenedImage, ImageError> {
    let name = find(child, opening, problems)?;
    let opened = parent::open(opening, "VDI", &name, false)?;
    let place = parent::beside(opening, "VDI", &name)?;
    let found = header::read(&*place.source, opening.scratch)?;
    if found.modify_uuid != child.parent_modify_uuid {
        problems.push(inconsistent(header::NAME, 0, term!("vdi.parent-modification-uuid-not-one")));
    }
    Ok(opened)
}

/// The name of the file with the UUID that the image names as its parent's: as VirtualBox calls it, or any `.vdi` file beside the image.
fn find(
    child: &Header,
    opening: &mut Opening<'_>,
    problems: &mut Vec<Problem>,
) -> Result<String, ImageError> {
    let wanted = text(&child.linkage_uuid);
    let others = candidates(opening, problems)?;
    for name in std::iter::once(format!("{{{wanted}}}.vdi")).chain(others) {
        let Ok(Some(found)) = opening.beside.open(&name) else { continue };
        if has_uuid(&found.source, &child.linkage_uuid, opening.scratch) {
            return Ok(name);
        }
    }
    let name = format!("the VDI image with the UUID {wanted}");
    Err(ImageError::MissingFile { container: "VDI", name })
}

/// Returns the names of the VDI files in the folder of the image, in order.
fn candidates(
    opening: &Opening<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Vec<String>, ImageError> {
    let listed = opening
        .beside
        .names()
        .map_err(|error| ImageError::Io { name: "the folder of the image".to_owned(), error })?;
    let mut names: Vec<String> = listed.into_iter().filter(|name| is_vdi(name)).collect();
    names.sort();
    if names.len() > MOST_CANDIDATES {
        let what = term!("vdi.vdi-files-beside-image");
        let limit = byte_source::length(MOST_CANDIDATES);
        problems.push(limit_reached(header::NAME, 0, what, limit));
        names.truncate(MOST_CANDIDATES);
    }
    Ok(names)
}

fn is_vdi(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("vdi"))
}

fn has_uuid(source: &Arc<dyn Source>, uuid: &[u8; 16], scratch: &mut Scratch) -> bool {
    let mut signature = [0; 4];
    let read = byte_source::read_exact(&**source, 64, &mut signature, scratch);
    let is_image = read.is_ok() && signature == header::SIGNATURE;
    is_image && header::read(&**source, scratch).is_ok_and(|header| header.uuid == *uuid)
}

/// A UUID as VirtualBox writes it: the first three fields are little-endian on disk.
pub(super) fn text(uuid: &[u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *uuid;
    let (clock, node) = rest.split_at(2);
    let part = |bytes: &[u8]| case_model::to_hex(bytes);
    let low = part(&[d, c, b, a]);
    let middle = part(&[f, e]);
    let high = part(&[h, g]);
    format!("{low}-{middle}-{high}-{}-{}", part(clock), part(node))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_reads_as_virtualbox_writes_it() {
        let uuid = [
            0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
            0xff,
        ];
        assert_eq!(super::text(&uuid), "00112233-4455-6677-8899-aabbccddeeff");
    }
}
