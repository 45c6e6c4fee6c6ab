//! A stream that is to be read: where it lies, and where its result goes.

use analysis::{RecordFacts, StreamFacts};
use case_model::Disposition;
use evidence::OnMedium;
use filesystem::{Coded, Confidence, Layout, Place, Run, Stream, StreamKind};
use hash_engine::Selection;
use words::{Term, term};

use super::collect::leading_zeros;
use crate::stream::reader::StreamResult;
pub(crate) use crate::stream::slot::Slot;
use crate::stream::zeros::free_zeros;

/// Zeros of a stream without any byte of data that are hashed at most, beside those of which a table has the digests. `$BadClus:$Bad` of an
/// NTFS volume is a hole as long as the volume.
pub(crate) const MOST_BARE_ZEROS: u64 = 16 << 30;
/// Said only of streams that have no byte of data.
pub(crate) const ONLY_ZEROS: Term = term!("skip.only-zeros");

/// What is to be done with a stream.
pub(crate) enum StreamClass {
    /// Nothing has to be read.
    Known(Box<StreamResult>),
    /// Its bytes are in the record.
    Inline,
    /// The sweep reads it.
    Swept,
}

/// Decides what is to be done with a stream: the same answer whenever the record is read.
pub(crate) fn classify(stream: &Stream, selection: Selection) -> StreamClass {
    let without = |disposition, how: Term| {
        StreamClass::Known(Box::new(StreamResult::without_content(disposition, how)))
    };
    if stream.size == 0 {
        return StreamClass::Inline;
    }
    match &stream.layout {
        Layout::Encrypted(how) => without(Disposition::Encrypted, *how),
        Layout::Unsupported(how) => without(Disposition::Unsupported, *how),
        Layout::Lost(how) => without(Disposition::Unreadable, *how),
        // No record holds a stream of which so much was never written.
        Layout::Inline { .. } if stream.size.saturating_sub(stream.valid) > MOST_BARE_ZEROS => {
            without(Disposition::Unreadable, term!("stream.record-too-small"))
        }
        Layout::Inline { .. } => StreamClass::Inline,
        Layout::Runs(runs) if costly_zeros(runs, stream, selection) => {
            without(Disposition::Skipped, ONLY_ZEROS)
        }
        Layout::Runs(_) | Layout::Coded(_) => StreamClass::Swept,
    }
}

/// True for a stream without a byte that was ever written, whose zeros are too many: hours of work that tell nothing.
fn costly_zeros(runs: &[Run], stream: &Stream, selection: Selection) -> bool {
    let zeros = leading_zeros(runs, stream.valid.min(stream.size), stream.size);
    zeros == stream.size && zeros.saturating_sub(free_zeros(selection, zeros)) > MOST_BARE_ZEROS
}

/// A stream of one part of a record table that the sweep must read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    /// Size in bytes.
    pub(crate) size: u64,
    /// Bytes that are stored; zeros from there on.
    pub(crate) valid: u64,
    /// First byte on the medium; 0 when there is none.
    pub(crate) first: u64,
    /// End of the extent that ends last on the medium; 0 when there is none.
    pub(crate) last: u64,
    pub(crate) layout: JobLayout,
    /// What its record says, when an analyser asks for it.
    pub(crate) record: Option<RecordFacts>,
}

/// Where the bytes are in the volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobLayout {
    /// In one run.
    One(Run),
    /// In several.
    Runs(Box<[Run]>),
    /// In runs that must be decoded.
    Coded(Box<Coded>),
}

/// A place as two numbers: its kind, and the byte where there is one.
pub(crate) fn place_numbers(place: Place) -> (u8, u64) {
    match place {
        Place::At(at) => (0, at),
        Place::Hole => (1, 0),
        Place::Unwritten(at) => (2, at),
        Place::Unknown => (3, 0),
    }
}

/// What the sweep must know of a stream of class [`StreamClass::Swept`].
pub(crate) fn draft(stream: &Stream, record: Option<RecordFacts>, medium: &OnMedium<'_>) -> Draft {
    let (runs, layout) = match &stream.layout {
        Layout::Runs(runs) => match runs.as_slice() {
            [one] => (runs.as_slice(), JobLayout::One(*one)),
            many => (many, JobLayout::Runs(many.into())),
        },
        Layout::Coded(coded) => (coded.runs.as_slice(), JobLayout::Coded(Box::new(coded.clone()))),
        // Of another class: nothing of them is on the medium, or nothing that can be read.
        Layout::Inline { .. } | Layout::Encrypted(_) | Layout::Unsupported(_) | Layout::Lost(_) => {
            (&[][..], JobLayout::Runs(Box::default()))
        }
    };
    let (first, last) = first_and_last(runs, medium);
    let valid = stream.valid.min(stream.size);
    Draft { size: stream.size, valid, first, last, layout, record }
}

/// Returns the first byte of runs on the medium, and the end of the run that ends last; 0 when nothing of them is there.
fn first_and_last(runs: &[Run], medium: &OnMedium<'_>) -> (u64, u64) {
    let mut first = None;
    let mut last = 0;
    for run in runs {
        if let Place::At(at) = run.place {
            let start = medium.at(at);
            first.get_or_insert(start);
            last = last
                .max(medium.at(at.saturating_add(run.length.saturating_sub(1))).saturating_add(1));
        }
    }
    (first.unwrap_or(0), last)
}

/// A draft with the places of its file system and of its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// Which of the sweep's volumes.
    pub(crate) volume: usize,
    /// Which part of all record tables.
    pub(crate) part: usize,
    /// Which stream of the part, of those that are swept.
    pub(crate) index: usize,
    pub(crate) draft: Draft,
    /// The places of results of other streams with the same bytes.
    pub(crate) twins: Vec<Slot>,
}

impl Job {
    pub(crate) fn slot(&self) -> Slot {
        (self.part, self.index)
    }

    /// Returns what analysers are told at the first byte.
    pub(crate) fn facts(&self) -> StreamFacts {
        StreamFacts { size: self.draft.size, record: self.draft.record }
    }

    /// Its own place, and those of its twins.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        std::iter::once(self.slot()).chain(self.twins.iter().copied())
    }

    /// Its runs, of coded data or of its own bytes.
    pub(crate) fn runs(&self) -> &[Run] {
        match &self.draft.layout {
            JobLayout::One(run) => std::slice::from_ref(run),
            JobLayout::Runs(runs) => runs,
            JobLayout::Coded(coded) => &coded.runs,
        }
    }

    /// The runs of a stream that needs no decoding.
    pub(crate) fn plain_runs(&self) -> Option<&[Run]> {
        (!matches!(self.draft.layout, JobLayout::Coded(_))).then(|| self.runs())
    }

    /// The stream again, as far as its bytes are concerned.
    pub(crate) fn stream(&self) -> Stream {
        let layout = match &self.draft.layout {
            JobLayout::Coded(coded) => Layout::Coded(coded.as_ref().clone()),
            JobLayout::One(run) => Layout::Runs(vec![*run]),
            JobLayout::Runs(runs) => Layout::Runs(runs.to_vec()),
        };
        Stream {
            kind: StreamKind::Data,
            name: Vec::new(),
            size: self.draft.size,
            valid: self.draft.valid,
            layout,
            confidence: Confidence::Recorded,
        }
    }

    /// Returns true when both have the same bytes in the same places: one content under two records (an entry and its deleted former self).
    /// Records that an analyser tells apart are read each by itself.
    pub(crate) fn same_bytes(&self, other: &Self) -> bool {
        let lengths = |job: &Self| (job.volume, job.draft.size, job.draft.valid, job.draft.record);
        let runs = self.plain_runs();
        runs.is_some() && lengths(self) == lengths(other) && runs == other.plain_runs()
    }
}
