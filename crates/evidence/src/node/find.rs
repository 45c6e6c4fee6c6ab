//! Which files of an image are images themselves? Found by content; what belongs to another one is not listed twice.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use byte_source::Scratch;
use disk_image::Container;
use filesystem::{OpenOptions, RecordId};

use super::folders::Folders;
use super::limits::MOST_DEPTH;
use super::neighbours::NestedFile;
use super::nested_error::NestedError;
use super::open::{NestedContainer, open_nested};
use super::recognise::is_plausible;
use crate::{EvidenceImage, Locator, ReadableFileSystem};

/// An image in a file of another image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedEvidence {
    /// The stream that holds it, or its first file.
    pub locator: Locator,
    /// The file's name.
    pub name: String,
    /// Which container; `None` when it could not be opened.
    pub container: Option<Container>,
    /// By what it was recognised, or why it was not opened.
    pub reason: String,
    /// True when it can be read inside.
    pub is_readable: bool,
    /// Length of its medium in bytes.
    pub bytes: Option<u64>,
    /// Its files, the first one included: name, place, bytes.
    pub files: Vec<NestedPart>,
}

/// A file that a nested image is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedPart {
    /// Its name.
    pub name: String,
    /// Its place in the image around it.
    pub locator: Locator,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Looks at streams that may be images (see [`super::image_type`]) and returns those that are, in the order given. `go_on` is asked before
/// each; when it says no, the rest is left out.
pub fn find_nested(
    image: &EvidenceImage,
    candidates: &[Locator],
    options: &OpenOptions,
    scratch: &mut Scratch,
    go_on: &dyn Fn() -> bool,
) -> Vec<NestedEvidence> {
    let mut found = Vec::new();
    for readable in image.readable() {
        let here = located_in(image, readable, candidates);
        let records: Vec<RecordId> = here.iter().map(|locator| locator.record).collect();
        if records.is_empty() || !go_on() {
            continue;
        }
        let look = AssertUnwindSafe(|| Folders::of(readable.file_system, &records, &mut *scratch));
        let folders = catch_unwind(look).unwrap_or_default();
        for locator in here {
            if !go_on() {
                break;
            }
            found.extend(look_at(image, readable, locator, &folders, options, scratch));
        }
    }
    let order: HashMap<&Locator, usize> =
        candidates.iter().enumerate().map(|(at, c)| (c, at)).collect();
    found.sort_by_key(|found| order.get(&found.locator).copied());
    without_parts(found)
}

/// Returns the candidates that lie in a file system.
fn located_in<'c>(
    image: &EvidenceImage,
    readable: ReadableFileSystem<'_>,
    candidates: &'c [Locator],
) -> Vec<&'c Locator> {
    let is_here =
        |locator: &&Locator| image.located(locator).is_some_and(|other| is_same(other, readable));
    candidates.iter().filter(is_here).collect()
}

fn is_same(a: ReadableFileSystem<'_>, b: ReadableFileSystem<'_>) -> bool {
    std::ptr::addr_eq(a.file_system, b.file_system)
}

fn look_at(
    image: &EvidenceImage,
    readable: ReadableFileSystem<'_>,
    locator: &Locator,
    folders: &Folders,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> Option<NestedEvidence> {
    let name = folders.name_of(locator.record).map_or_else(|| locator.to_string(), str::to_owned);
    let nested = match open_nested(readable, locator, folders, &image.watched, scratch) {
        Ok(nested) => nested,
        // A record that changed since it was listed, or that never was one.
        Err(NestedError::NotThere(_)) => return None,
        Err(error) => return Some(not_opened(locator, name, &error)),
    };
    let is_readable = image.node.depth() < MOST_DEPTH;
    let found = opened(locator, name, &nested, is_readable);
    if is_raw(nested.container.image.container) {
        let look = AssertUnwindSafe(|| nested.look_inside(image, locator, options, &mut *scratch));
        if !catch_unwind(look).is_ok_and(|inside| is_plausible(&inside)) {
            return None;
        }
    }
    Some(found)
}

/// Returns what is listed of an image that cannot be opened.
fn not_opened(locator: &Locator, name: String, error: &NestedError) -> NestedEvidence {
    NestedEvidence {
        locator: locator.clone(),
        name,
        container: None,
        reason: error.to_string(),
        is_readable: false,
        bytes: None,
        files: Vec::new(),
    }
}

/// Returns what is listed of an image that was opened. One that lies too deep is not read inside.
fn opened(
    locator: &Locator,
    name: String,
    nested: &NestedContainer,
    is_readable: bool,
) -> NestedEvidence {
    let image = &nested.container.image;
    let too_deep = || {
        format!(
            "{}; more than {MOST_DEPTH} images lie one in the other: it is not read inside",
            image.reason
        )
    };
    NestedEvidence {
        locator: locator.clone(),
        name,
        container: Some(image.container),
        reason: if is_readable { image.reason.to_owned() } else { too_deep() },
        is_readable,
        bytes: Some(image.medium.len()),
        files: nested.files.iter().map(part).collect(),
    }
}

fn part(file: &NestedFile) -> NestedPart {
    NestedPart { name: file.name.clone(), locator: file.locator.clone(), bytes: file.source.len() }
}

/// Leaves out segments and extents of other images. A parent of a differencing image stays: what the child has written over is in it alone.
fn without_parts(found: Vec<NestedEvidence>) -> Vec<NestedEvidence> {
    let parts: BTreeSet<String> = found.iter().flat_map(parts_of).collect();
    let is_part = |found: &NestedEvidence| parts.contains(&found.locator.to_string());
    found.into_iter().filter(|found| !is_part(found)).collect()
}

fn parts_of(found: &NestedEvidence) -> Vec<String> {
    let Some(container) = found.container else { return Vec::new() };
    let further = found.files.iter().skip(1);
    let parts = further.filter(|part| is_part_name(container, &part.name));
    parts.map(|part| part.locator.to_string()).collect()
}

/// Is a further file of an image a part of it (a segment, an extent), and no parent that is an image of its own?
#[must_use]
pub fn is_part_name(container: Container, name: &str) -> bool {
    match container {
        Container::Qcow | Container::Qcow2 | Container::Vhd | Container::Vhdx | Container::Vdi => {
            false
        }
        // Another descriptor, or a sparse file with its own, is a parent.
        Container::Vmdk => !name.to_ascii_lowercase().ends_with(".vmdk") || is_vmdk_extent(name),
        _ => true,
    }
}

/// True for files that are their own media: they are images only if something plausible stands in them.
#[must_use]
pub const fn is_raw(container: Container) -> bool {
    matches!(container, Container::Raw | Container::SplitRaw)
}

/// `disk-flat.vmdk`, `disk-s001.vmdk`, `disk-f001.vmdk`, `disk-delta.vmdk`: names that VMware gives extents.
fn is_vmdk_extent(name: &str) -> bool {
    let stem = name.to_ascii_lowercase();
    let Some((_, last)) = stem.trim_end_matches(".vmdk").rsplit_once('-') else { return false };
    let numbered = last
        .strip_prefix(['s', 'f'])
        .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    numbered || matches!(last, "flat" | "delta" | "sesparse" | "rdm" | "rdmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(number: u64, container: Container, files: &[(&str, u64)]) -> NestedEvidence {
        let locator = |number: u64| -> Locator { format!("@0:ext4:{number}-0").parse().unwrap() };
        let part = |(name, number): &(&str, u64)| NestedPart {
            name: (*name).to_owned(),
            locator: locator(*number),
            bytes: 1,
        };
        NestedEvidence {
            locator: locator(number),
            name: String::new(),
            container: Some(container),
            reason: String::new(),
            is_readable: true,
            bytes: Some(1),
            files: files.iter().map(part).collect(),
        }
    }

    #[test]
    fn segments_and_extents_are_not_listed_beside_their_image_but_parents_are() {
        let kept = |found: Vec<NestedEvidence>| -> Vec<u64> {
            without_parts(found).iter().map(|found| found.locator.record.number).collect()
        };
        let ewf = [
            found(1, Container::Ewf, &[("a.E01", 1), ("a.E02", 2)]),
            found(2, Container::Ewf, &[]),
        ];
        assert_eq!(kept(ewf.to_vec()), [1]);
        let qcow = [
            found(1, Container::Qcow2, &[("top", 1), ("base", 2)]),
            found(2, Container::Qcow2, &[("base", 2)]),
        ];
        assert_eq!(kept(qcow.to_vec()), [1, 2], "the base holds what the top has written over");
        let vmdk = [
            found(1, Container::Vmdk, &[("d.vmdk", 1), ("d-flat.vmdk", 2), ("base.vmdk", 3)]),
            found(2, Container::Raw, &[("d-flat.vmdk", 2)]),
            found(3, Container::Vmdk, &[("base.vmdk", 3)]),
        ];
        assert_eq!(kept(vmdk.to_vec()), [1, 3]);
    }
}
