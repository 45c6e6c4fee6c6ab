//! A job as few bytes: an image has millions of them before the pass begins.

use analysis::RecordFacts;
use filesystem::{Allocation, Codec, Coded, Place, Run, StreamKind};
use serde::{Deserialize, Serialize};

use super::job::{Draft, Job, JobLayout, Slot, place_numbers};

#[derive(Deserialize, Serialize)]
struct PackedJob {
    volume: usize,
    part: usize,
    index: usize,
    size: u64,
    valid: u64,
    first: u64,
    last: u64,
    layout: PackedLayout,
    record: Option<PackedRecord>,
    twins: Vec<Slot>,
}

/// Kind of the stream, whether the record is deleted, whether the layout is assumed.
type PackedRecord = (u8, bool, bool);

#[derive(Deserialize, Serialize)]
enum PackedLayout {
    One(PackedRun),
    Runs(Vec<PackedRun>),
    Coded(u8, u32, u64, Vec<PackedRun>),
}

/// Length, kind of place, place.
type PackedRun = (u64, u8, u64);

const CODECS: [Codec; 5] =
    [Codec::Lznt1, Codec::WofXpress4k, Codec::WofXpress8k, Codec::WofXpress16k, Codec::WofLzx];

/// Appends a job.
pub(super) fn pack(job: &Job, bytes: &mut Vec<u8>) {
    let draft = &job.draft;
    let packed = PackedJob {
        volume: job.volume,
        part: job.part,
        index: job.index,
        size: draft.size,
        valid: draft.valid,
        first: draft.first,
        last: draft.last,
        layout: pack_layout(&draft.layout),
        record: draft.record.map(pack_record),
        twins: job.twins.clone(),
    };
    // OK to ignore: a vector takes any number of bytes, and the lengths of these values are known.
    bytes.extend(postcard::to_stdvec(&packed).unwrap_or_default());
}

/// The first job of `bytes`, and the bytes behind it; `None` for bytes that are no job.
pub(super) fn unpack(bytes: &[u8]) -> Option<(Job, &[u8])> {
    let (packed, rest) = postcard::take_from_bytes::<PackedJob>(bytes).ok()?;
    let layout = unpack_layout(packed.layout)?;
    let record = match packed.record {
        Some(record) => Some(unpack_record(record)?),
        None => None,
    };
    let PackedJob { volume, part, index, size, valid, first, last, twins, .. } = packed;
    let draft = Draft { size, valid, first, last, layout, record };
    Some((Job { volume, part, index, draft, twins }, rest))
}

fn pack_layout(layout: &JobLayout) -> PackedLayout {
    let runs = |runs: &[Run]| runs.iter().map(pack_run).collect();
    match layout {
        JobLayout::One(run) => PackedLayout::One(pack_run(run)),
        JobLayout::Runs(list) => PackedLayout::Runs(runs(list)),
        JobLayout::Coded(coded) => {
            let codec = CODECS.iter().zip(0_u8..).find(|(codec, _)| **codec == coded.codec);
            let codec = codec.map_or(u8::MAX, |(_, number)| number);
            PackedLayout::Coded(codec, coded.unit_bytes, coded.coded_bytes, runs(&coded.runs))
        }
    }
}

fn unpack_layout(packed: PackedLayout) -> Option<JobLayout> {
    let runs = |list: Vec<PackedRun>| list.into_iter().map(unpack_run).collect::<Option<Vec<_>>>();
    Some(match packed {
        PackedLayout::One(run) => JobLayout::One(unpack_run(run)?),
        PackedLayout::Runs(list) => JobLayout::Runs(runs(list)?.into()),
        PackedLayout::Coded(codec, unit_bytes, coded_bytes, list) => {
            let codec = *CODECS.get(usize::from(codec))?;
            JobLayout::Coded(Box::new(Coded { codec, unit_bytes, coded_bytes, runs: runs(list)? }))
        }
    })
}

const KINDS: [StreamKind; 4] =
    [StreamKind::Data, StreamKind::Alternate, StreamKind::Stored, StreamKind::Slack];

fn pack_record(record: RecordFacts) -> PackedRecord {
    let kind = KINDS.iter().zip(0_u8..).find(|(kind, _)| **kind == record.kind);
    let kind = kind.map_or(u8::MAX, |(_, number)| number);
    (kind, record.state == Allocation::Deleted, record.is_assumed)
}

fn unpack_record((kind, is_deleted, is_assumed): PackedRecord) -> Option<RecordFacts> {
    let kind = *KINDS.get(usize::from(kind))?;
    let state = if is_deleted { Allocation::Deleted } else { Allocation::Allocated };
    Some(RecordFacts { kind, state, is_assumed })
}

fn pack_run(run: &Run) -> PackedRun {
    let (kind, place) = place_numbers(run.place);
    (run.length, kind, place)
}

fn unpack_run((length, kind, at): PackedRun) -> Option<Run> {
    let place = match kind {
        0 => Place::At(at),
        1 => Place::Hole,
        2 => Place::Unwritten(at),
        3 => Place::Unknown,
        _ => return None,
    };
    Some(Run { length, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_come_back_one_after_the_other() {
        let run = |length, place| Run { length, place };
        let runs = vec![
            run(4096, Place::At(u64::MAX)),
            run(1, Place::Hole),
            run(512, Place::Unwritten(7)),
            run(9, Place::Unknown),
        ];
        let coded =
            Coded { codec: Codec::WofLzx, unit_bytes: 32768, coded_bytes: 99, runs: runs.clone() };
        let layouts = [
            JobLayout::One(runs[0]),
            JobLayout::Runs(runs.into()),
            JobLayout::Coded(Box::new(coded)),
        ];
        let mut bytes = Vec::new();
        let record = |index: usize| {
            let kind = *KINDS.get(index)?;
            Some(RecordFacts { kind, state: Allocation::Deleted, is_assumed: index == 1 })
        };
        let job = |layout, index| Job {
            volume: 1,
            part: 2,
            index,
            draft: Draft {
                size: 5,
                valid: 4,
                first: 3,
                last: u64::MAX,
                layout,
                record: record(index),
            },
            twins: vec![(7, index)],
        };
        let jobs: Vec<Job> =
            layouts.into_iter().zip(0..).map(|(layout, index)| job(layout, index)).collect();
        jobs.iter().for_each(|job| pack(job, &mut bytes));
        let mut rest = bytes.as_slice();
        for job in &jobs {
            let (back, behind) = unpack(rest).unwrap();
            assert_eq!(back, *job);
            rest = behind;
        }
        assert!(rest.is_empty());
    }
}
