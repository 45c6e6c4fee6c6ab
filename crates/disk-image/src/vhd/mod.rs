//! Virtual Hard Disk: fixed, dynamic and differencing images of Virtual PC, Hyper-V and others.

mod blocks;
mod dynamic;
mod footer;

use std::sync::Arc;

use byte_source::{Expected, Problem, ProblemKind, Scratch, Section, Source};
use words::term;

use self::blocks::Blocks;
use self::footer::Footer;
use crate::image::Image;
use crate::mapped_medium::MappedMedium;
use crate::opening::{Opening, Probe};
use crate::problems::{inconsistent, unsupported};
use crate::tail::{self, Tail};
use crate::{Container, ImageError, OpenedImage, parent};

const FIXED: u32 = 2;
const DYNAMIC: u32 = 3;
const DIFFERENCING: u32 = 4;
/// Bytes from the footer to the end of the file; files of early versions lack the last byte.
const PLACES_AT_END: [u64; 2] = [512, 511];
/// Seconds from 1970-01-01 to 2000-01-01.
const EPOCH: u64 = 946_684_800;

/// Recognises an image by the footer at its end, or the copy of it at the beginning of dynamic images.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    if probe.begins(0, footer::COOKIE) {
        return Some("VHD footer at the beginning of the file");
    }
    if PLACES_AT_END.iter().any(|back| probe.tail.ends(*back, footer::COOKIE)) {
        return Some("VHD footer at the end of the file");
    }
    appended(probe.source(), &probe.tail, &mut Scratch::new())
        .map(|_| "VHD footer of a fixed image, with bytes appended behind it")
}

/// Opens an image.
pub(crate) fn open(mut opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let mut image = Image::of(Container::Vhd, &opening);
    let first = Arc::clone(&opening.first);
    let (footer, at) = choose_footer(&*first, opening.scratch, &mut image.problems)?;
    claim(&footer, &mut image);
    let end = at.saturating_add(footer::BYTES);
    image.problems.extend(tail::behind(footer::NAME, end, &*first, opening.scratch));
    match footer.disk_type {
        FIXED => Ok(open_fixed(first, image, &footer, at)),
        DYNAMIC | DIFFERENCING => open_blocks(&mut opening, image, &footer),
        other => {
            Err(unsupported(footer::NAME, at, term!("vhd.vhd-disk-type"), other.into()).into())
        }
    }
}

/// Opens a fixed image: the medium is what lies before the footer at byte `at`.
fn open_fixed(first: Arc<dyn Source>, mut image: Image, footer: &Footer, at: u64) -> OpenedImage {
    let found = footer.current_size;
    if at != found {
        let field = "current size";
        let kind = ProblemKind::Value { field, expected: Expected::Exactly(at), found };
        image.problems.push(Problem::damage(footer::NAME, at, kind));
    }
    image.with(Arc::new(Section::new(first, 0..found)))
}

fn open_blocks(
    opening: &mut Opening<'_>,
    mut image: Image,
    footer: &Footer,
) -> Result<OpenedImage, ImageError> {
    let first = Arc::clone(&opening.first);
    let header = dynamic::read(&*first, footer.data_offset, opening.scratch, &mut image.problems)?;
    let differencing = footer.disk_type == DIFFERENCING;
    let parent =
        if differencing { Some(open_parent(opening, &header, &mut image.problems)?) } else { None };
    let blocks = Blocks::new(&header, differencing);
    blocks.check(footer.current_size, &mut image.problems);
    let len = footer.current_size;
    let grain = header.block_size;
    Ok(image.over(parent, |parent| {
        Arc::new(MappedMedium::new(blocks, "VHD block", len, grain, vec![first], parent))
    }))
}

/// The footer at the end or its copy at the beginning: the sound one, or else the one at the end. With it the byte offset of the footer at
/// the end.
fn choose_footer(
    source: &dyn Source,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Result<(Footer, u64), Problem> {
    let at_end = find_end(source, scratch);
    let end = at_end.as_ref().map_or(source.len(), |(.., at)| *at);
    match (at_end, footer::read(source, 0, scratch)) {
        (Some((footer, None, _)), copy) => {
            problems.extend(copy.and_then(|(_, problem)| problem).map(Problem::as_note));
            Ok((footer, end))
        }
        (Some((_, Some(problem), _)), Some((copy, None))) => {
            problems.push(problem.as_note());
            Ok((copy, end))
        }
        (Some((footer, Some(problem), _)), _) => {
            problems.push(problem);
            Ok((footer, end))
        }
        (None, Some((copy, problem))) => {
            problems.push(inconsistent(footer::NAME, end, term!("vhd.there-no-footer-end-file")));
            problems.extend(problem);
            Ok((copy, end))
        }
        (None, None) => {
            Err(inconsistent(footer::NAME, end, term!("vhd.neither-footer-nor-copy-can")))
        }
    }
}

/// A footer, what is wrong with it, and its byte offset.
type Placed = (Footer, Option<Problem>, u64);

/// Finds the footer at the end of the file, or before bytes that were appended.
fn find_end(source: &dyn Source, scratch: &mut Scratch) -> Option<Placed> {
    let at_end = PLACES_AT_END.into_iter().find_map(|back| {
        let at = source.len().checked_sub(back)?;
        footer::read(source, at, scratch).map(|(footer, problem)| (footer, problem, at))
    });
    at_end.or_else(|| {
        let tail = Tail::of(source, scratch);
        appended(source, &tail, scratch)
    })
}

/// Finds a sound footer before appended bytes. That of a fixed image must be where the medium ends, that of another have its copy at the
/// beginning of the file: a footer of an image inside a disk has neither.
fn appended(source: &dyn Source, tail: &Tail, scratch: &mut Scratch) -> Option<Placed> {
    let copy = footer::read(source, 0, scratch).map(|(copy, _)| copy.unique_id);
    tail.places(footer::COOKIE).filter(|at| *at > 0).find_map(|at| {
        let (footer, problem) = footer::read(source, at, scratch)?;
        let belongs = match footer.disk_type {
            FIXED => footer.current_size == at,
            _ => copy == Some(footer.unique_id),
        };
        (problem.is_none() && belongs).then_some((footer, None, at))
    })
}

/// Opens the parent under the first of its names that is there.
fn open_first_parent(
    opening: &mut Opening<'_>,
    names: &[String],
) -> Result<OpenedImage, ImageError> {
    let mut names = names.iter();
    let first_name = names.next().map_or("(a parent without a name)", String::as_str);
    let mut found = parent::open(opening, "VHD", first_name, false);
    for name in names {
        if !matches!(found, Err(ImageError::MissingFile { .. })) {
            break;
        }
        // When none is there, the first name is the one to look for.
        match parent::open(opening, "VHD", name, false) {
            Err(ImageError::MissingFile { .. }) => {}
            other => found = other,
        }
    }
    found
}

/// Opens the parent under one of its names and checks that it is the one the image was made from.
fn open_parent(
    opening: &mut Opening<'_>,
    header: &dynamic::DynamicHeader,
    problems: &mut Vec<Problem>,
) -> Result<OpenedImage, ImageError> {
    let found = open_first_parent(opening, &header.parent_names)?;
    let name = found.segments.first().map(|segment| segment.name.clone()).unwrap_or_default();
    let source = parent::beside(opening, "VHD", &name)?.source;
    let own = find_end(&*source, opening.scratch);
    if own.is_some_and(|(own, ..)| own.unique_id != header.parent_unique_id) {
        problems.push(inconsistent(
            "VHD dynamic disk header",
            0,
            term!("vhd.parent-unique-identifier-not-one"),
        ));
    }
    Ok(found)
}

fn claim(footer: &Footer, image: &mut Image) {
    let text =
        |bytes: &[u8; 4]| String::from_utf8_lossy(bytes).trim_end_matches(['\0', ' ']).to_owned();
    image.claim("creator application", text(&footer.creator_application));
    image.claim("creator host system", text(&footer.creator_host_os));
    let seconds = EPOCH.saturating_add(footer.time_stamp.into());
    image.claim("time stamp", crate::date::utc(seconds).unwrap_or_default());
    image.claim("unique identifier", case_model::to_hex(&footer.unique_id));
}
