//! Which streams of an image begin as an image does? Reads the first bytes of every file; a scan has them already.

use std::collections::BTreeSet;
use std::sync::Arc;

use byte_source::{Scratch, read_available};
use filesystem::{Found, Record, Stream, StreamKind};

use super::recognise::{image_type, may_be_image_by_name};
use super::stream_source::StreamSource;
use crate::readable_link::readable_link;
use crate::{EvidenceImage, Locator, ReadableFileSystem, StreamChoice};

/// Bytes of a file's beginning that tell.
const HEAD_BYTES: usize = 4608;
/// Files of fewer bytes hold no image.
pub const LEAST_BYTES: u64 = 512;

/// Streams that may be images, for [`super::find_nested`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Their places.
    pub locators: Vec<Locator>,
    /// How many more there are than were wanted.
    pub left_out: u64,
}

impl Candidates {
    /// Takes one, unless there are `most` already.
    pub fn push(&mut self, locator: Locator, most: usize) {
        match self.locators.len() < most {
            true => self.locators.push(locator),
            false => self.left_out = self.left_out.saturating_add(1),
        }
    }
}

/// Finds streams that begin as an image does, and those whose signature may stand at their end. At most `most` are named.
pub fn image_candidates(image: &EvidenceImage, most: usize, scratch: &mut Scratch) -> Candidates {
    let mut candidates = Candidates::default();
    for readable in image.readable() {
        let named = named_as_images(&readable, most, scratch);
        each_record(&readable, scratch, &mut |record, scratch| {
            for (ordinal, stream) in record.streams.iter().enumerate() {
                let is_content = !matches!(stream.kind, StreamKind::Slack | StreamKind::Stored);
                if record.metadata || !is_content || stream.size < LEAST_BYTES {
                    continue;
                }
                if begins_as_image(&readable, stream, scratch) || named.contains(&record.id.number)
                {
                    let stream = StreamChoice::of(record, ordinal, readable.stream_encoding());
                    candidates.push(Locator { stream, ..readable.locator(record.id) }, most);
                }
            }
        });
    }
    candidates
}

/// Reads the first bytes of a stream. Returns true when they are those of an image.
fn begins_as_image(
    readable: &ReadableFileSystem<'_>,
    stream: &Stream,
    scratch: &mut Scratch,
) -> bool {
    let source = StreamSource::new(Arc::clone(readable.file_system.volume()), stream.clone());
    let mut head = [0; HEAD_BYTES];
    let (read, _) = read_available(&source, 0, &mut head, scratch);
    image_type(head.get(..byte_source::index(read)).unwrap_or_default()).is_some()
}

/// Hands over the records, a part of the table at a time: a record's streams cannot be read while it is scanned.
fn each_record(
    readable: &ReadableFileSystem<'_>,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(&Record, &mut Scratch),
) {
    let space = readable.file_system.record_space();
    let mut records: Vec<Record> = Vec::new();
    let mut start = 0;
    while start < space.slots {
        let end = start.saturating_add(space.part.max(1)).min(space.slots);
        readable.file_system.scan(start..end, scratch, &mut |found| {
            if let Found::Record(record) = found {
                records.push(*record);
            }
        });
        records.drain(..).for_each(|record| each(&record, scratch));
        start = end;
    }
}

/// The numbers of records that are named as images whose signature is at their end; at most `most`.
fn named_as_images(
    readable: &ReadableFileSystem<'_>,
    most: usize,
    scratch: &mut Scratch,
) -> BTreeSet<u64> {
    let mut named = BTreeSet::new();
    let slots = readable.file_system.record_space().slots;
    readable.file_system.scan(0..slots, scratch, &mut |found| {
        let Found::Link(link) = found else { return };
        let name = readable_link(&link);
        if named.len() < most && may_be_image_by_name(&name) {
            named.insert(link.child.number);
        }
    });
    named
}
