//! What the records of FAT and exFAT have in common: they are made from directory entries.

use std::ops::Range;

use case_model::Times;

use crate::{
    Allocation, Confidence, Layout, Place, Record, RecordId, RecordKind, Run, Stream, StreamKind,
};

/// A record without times, streams and details.
pub(crate) fn record_of_entry(
    number: u64,
    at: u64,
    kind: RecordKind,
    allocation: Allocation,
) -> Record {
    Record {
        id: RecordId { number, generation: 0 },
        at,
        kind,
        allocation,
        counted: allocation == Allocation::Allocated,
        metadata: false,
        times: Times::default(),
        mode: None,
        owner: None,
        links: None,
        attributes: 0,
        target: None,
        details: Vec::new(),
        streams: Vec::new(),
        problems: Vec::new(),
    }
}

/// The content, valid to its end.
pub(crate) fn data_stream(size: u64, layout: Layout, confidence: Confidence) -> Stream {
    Stream { kind: StreamKind::Data, name: Vec::new(), size, valid: size, layout, confidence }
}

/// Extents of the volume as runs.
pub(crate) fn runs(extents: &[Range<u64>]) -> Vec<Run> {
    let run = |extent: &Range<u64>| Run {
        length: extent.end.saturating_sub(extent.start),
        place: Place::At(extent.start),
    };
    extents.iter().map(run).filter(|run| run.length > 0).collect()
}
