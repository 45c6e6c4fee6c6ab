//! Attributes as streams: the parts of one attribute, from whatever records they come, put together
//! by VCN.

use std::cmp::Ordering;

use byte_source::{Expected, Problem, ProblemKind, Structure, length};
use words::{Term, term};

use super::attribute::{Attribute, Body, NonResident, type_code};
use super::boot_sector::BootSector;
use super::mapping_pairs;
use crate::{Codec, Coded, Confidence, Layout, Place, RecordId, Run, Space, Stream, StreamKind};

/// The `$DATA` attributes among `attributes` as streams, the unnamed one first, then by name.
pub(super) fn data_streams(
    attributes: &[Attribute<'_>],
    boot: &BootSector,
    problems: &mut Vec<Problem>,
) -> Vec<Stream> {
    let mut parts: Vec<_> =
        attributes.iter().filter(|part| part.type_code == type_code::DATA).collect();
    parts.sort_by_key(|part| (part.name, part.lowest_vcn()));
    parts
        .chunk_by(|one, other| one.name == other.name)
        .map(|parts| stream(parts, boot, problems))
        .collect()
}

/// The attribute of this type and name, whatever its type, as a stream.
pub(super) fn find(
    attributes: &[Attribute<'_>],
    type_code: u32,
    name: &[u8],
    boot: &BootSector,
    problems: &mut Vec<Problem>,
) -> Option<Stream> {
    let mut parts: Vec<_> =
        attributes.iter().filter(|part| part.type_code == type_code && part.name == name).collect();
    parts.sort_by_key(|part| part.lowest_vcn());
    (!parts.is_empty()).then(|| stream(&parts, boot, problems))
}

/// Returns the clusters of attributes that [`data_streams`] gives no runs of: indexes, bitmaps,
/// lists, and encrypted content.
pub(super) fn other_space(
    attributes: &[Attribute<'_>],
    owner: RecordId,
    boot: &BootSector,
) -> Vec<Space> {
    let is_other = |part: &&Attribute<'_>| {
        let in_clusters = matches!(part.body, Body::NonResident(_));
        in_clusters && (part.type_code != type_code::DATA || part.is_encrypted())
    };
    let mut parts: Vec<_> = attributes.iter().filter(is_other).collect();
    parts.sort_by_key(|part| (part.type_code, part.name, part.lowest_vcn()));
    let of_one = |one: &&Attribute<'_>, other: &&Attribute<'_>| {
        (one.type_code, one.name) == (other.type_code, other.name)
    };
    parts.chunk_by(of_one).map(|parts| space(parts, owner, boot)).collect()
}

/// The clusters of the parts of one attribute.
fn space(parts: &[&Attribute<'_>], owner: RecordId, boot: &BootSector) -> Space {
    // What is wrong with the runs is told where the attribute is read.
    let runs = runs(parts, boot, &mut Vec::new());
    let extents = runs.iter().filter_map(|run| match run.place {
        Place::At(at) => Some(at..at.saturating_add(run.length)),
        _ => None,
    });
    let what = parts.first().map_or("attribute", |part| type_code::name(part.type_code));
    Space { what, owner: Some(owner), extents: extents.collect() }
}

/// A stream of no bytes.
pub(super) fn empty() -> Stream {
    let layout = Layout::Inline { bytes: Vec::new(), runs: Vec::new() };
    let confidence = Confidence::Recorded;
    Stream { kind: StreamKind::Data, name: Vec::new(), size: 0, valid: 0, layout, confidence }
}

/// The stream that `parts`, in the order of their VCNs, describe.
fn stream(parts: &[&Attribute<'_>], boot: &BootSector, problems: &mut Vec<Problem>) -> Stream {
    let Some(first) = parts.first() else { return empty() };
    let kind = if first.name.is_empty() { StreamKind::Data } else { StreamKind::Alternate };
    let name = first.name.to_vec();
    match &first.body {
        Body::Resident { value, runs } => {
            if let Some(second) = parts.get(1) {
                problems.push(at(second, term!("ntfs.second-attribute-same-type-name")));
            }
            let size = length(value.len());
            let layout = inline(first, value, runs);
            Stream { kind, name, size, valid: size, layout, confidence: Confidence::Recorded }
        }
        Body::NonResident(body) => {
            let (size, valid, confidence) = sizes(first, body, parts, boot, problems);
            let layout = layout(parts, first, body, size, boot, problems);
            Stream { kind, name, size, valid, layout, confidence }
        }
    }
}

fn inline(attribute: &Attribute<'_>, value: &Structure<'_>, runs: &[Run]) -> Layout {
    if attribute.is_encrypted() && !value.is_empty() {
        return Layout::Encrypted(term!("common.encrypted-efs"));
    }
    Layout::Inline { bytes: value.all().to_vec(), runs: runs.to_vec() }
}

/// Size, valid length, and how they are known.
fn sizes(
    first: &Attribute<'_>,
    body: &NonResident<'_>,
    parts: &[&Attribute<'_>],
    boot: &BootSector,
    problems: &mut Vec<Problem>,
) -> (u64, u64, Confidence) {
    if body.lowest_vcn != 0 {
        problems.push(at(first, term!("ntfs.first-part-attribute-holds-size")));
        let size = assumed_size(body, parts, boot);
        return (size, size, Confidence::Assumed(term!("ntfs.size-clusters-mapped")));
    }
    let valid = body.valid_data_length;
    if valid > body.file_size {
        let expected = Expected::Within(0, body.file_size);
        let kind = ProblemKind::Value { field: "valid data length", expected, found: valid };
        problems.push(Problem::note("attribute header", first.at, kind));
    }
    (body.file_size, valid.min(body.file_size), Confidence::Recorded)
}

/// The size of an attribute whose first part is lost: up to the last cluster that its parts map.
fn assumed_size(body: &NonResident<'_>, parts: &[&Attribute<'_>], boot: &BootSector) -> u64 {
    let end = parts.iter().filter_map(|part| match &part.body {
        Body::NonResident(body) => Some(body.highest_vcn.wrapping_add(1)),
        Body::Resident { .. } => None,
    });
    // Not more than a volume can hold: a hostile VCN must not make a file of 2^64 bytes out of
    // nothing.
    let most = body.lowest_vcn.saturating_add(boot.clusters());
    end.max().unwrap_or(0).min(most).saturating_mul(u64::from(boot.cluster_bytes))
}

fn layout(
    parts: &[&Attribute<'_>],
    first: &Attribute<'_>,
    body: &NonResident<'_>,
    size: u64,
    boot: &BootSector,
    problems: &mut Vec<Problem>,
) -> Layout {
    let mut runs = runs(parts, boot, problems);
    if first.is_encrypted() {
        return Layout::Encrypted(term!("common.encrypted-efs"));
    }
    let is_compressed = first.is_compressed();
    let unit_bytes = if is_compressed { unit_bytes(body, boot) } else { Some(boot.cluster_bytes) };
    let Some(unit_bytes) = unit_bytes else {
        return Layout::Unsupported(term!("ntfs.lznt1-compression-unit-size"));
    };
    let unit_end = size.checked_next_multiple_of(u64::from(unit_bytes)).unwrap_or(u64::MAX);
    let mapped = runs.iter().fold(0_u64, |sum, run| sum.saturating_add(run.length));
    if is_compressed {
        trim(&mut runs, unit_end);
    } else {
        trim_holes(&mut runs, unit_end, mapped);
    }
    if mapped < size {
        let kind = ProblemKind::OutOfBounds { wanted_end: size, available: mapped };
        problems.push(Problem::damage("mapping pairs", first.at, kind));
    }
    if is_compressed { coded(runs, unit_bytes) } else { Layout::Runs(runs) }
}

/// The layout of compressed runs.
fn coded(runs: Vec<Run>, unit_bytes: u32) -> Layout {
    let stored = |run: &Run| if run.place == Place::Hole { 0 } else { run.length };
    let coded_bytes = runs.iter().map(stored).fold(0, u64::saturating_add);
    Layout::Coded(Coded { codec: Codec::Lznt1, unit_bytes, coded_bytes, runs })
}

/// Bytes of a compression unit; 16 clusters of up to 4 KiB in practice.
fn unit_bytes(body: &NonResident<'_>, boot: &BootSector) -> Option<u32> {
    /// A unit is decoded in memory.
    const LARGEST: u32 = 1 << 20;
    let clusters = 1_u32.checked_shl(u32::from(body.compression_unit))?;
    let bytes = clusters.checked_mul(boot.cluster_bytes)?;
    (body.compression_unit > 0 && bytes <= LARGEST).then_some(bytes)
}

/// Returns the runs of all parts; clusters that no part maps are runs whose place is unknown.
fn runs(parts: &[&Attribute<'_>], boot: &BootSector, problems: &mut Vec<Problem>) -> Vec<Run> {
    let in_bytes = |clusters: u64| clusters.saturating_mul(u64::from(boot.cluster_bytes));
    let mut runs = Vec::new();
    let mut next_vcn = 0_u64;
    for part in parts {
        let Body::NonResident(body) = &part.body else {
            problems.push(at(part, term!("ntfs.resident-attribute-beside-part-not")));
            continue;
        };
        problems.extend(start_problem(part, body.lowest_vcn, next_vcn));
        if body.lowest_vcn > next_vcn {
            let length = in_bytes(body.lowest_vcn.saturating_sub(next_vcn));
            mapping_pairs::push(&mut runs, Run { length, place: Place::Unknown });
        }
        let (these, end) = part_runs(part, body, boot, problems);
        append(&mut runs, these, in_bytes(next_vcn.saturating_sub(body.lowest_vcn)));
        next_vcn = next_vcn.max(end);
    }
    runs
}

/// The runs of one part, and the first VCN behind them.
fn part_runs(
    part: &Attribute<'_>,
    body: &NonResident<'_>,
    boot: &BootSector,
    problems: &mut Vec<Problem>,
) -> (Vec<Run>, u64) {
    let mut runs = Vec::new();
    let pairs = &body.mapping_pairs;
    let mapped =
        mapping_pairs::read(pairs, boot.cluster_bytes, boot.clusters(), &mut runs, problems);
    let end = body.lowest_vcn.saturating_add(mapped);
    if end != body.highest_vcn.wrapping_add(1) {
        problems.push(vcn(part, "highest VCN of a part", end.wrapping_sub(1), body.highest_vcn));
    }
    (runs, end)
}

/// The problem of a part that does not begin where the one before it ends.
fn start_problem(part: &Attribute<'_>, lowest_vcn: u64, next_vcn: u64) -> Option<Problem> {
    let field = match lowest_vcn.cmp(&next_vcn) {
        Ordering::Equal => return None,
        Ordering::Greater => "lowest VCN of a part (clusters before it are not mapped)",
        Ordering::Less => "lowest VCN of a part (overlaps the part before it)",
    };
    Some(vcn(part, field, next_vcn, lowest_vcn))
}

/// Appends `these` runs without their first `skip` bytes.
fn append(runs: &mut Vec<Run>, these: Vec<Run>, skip: u64) {
    if runs.is_empty() && skip == 0 {
        *runs = these;
        return;
    }
    let mut skip = skip;
    for run in these {
        let skipped = skip.min(run.length);
        skip = skip.saturating_sub(skipped);
        let place = match run.place {
            Place::At(at) => Place::At(at.saturating_add(skipped)),
            other => other,
        };
        mapping_pairs::push(runs, Run { length: run.length.saturating_sub(skipped), place });
    }
}

/// Cuts holes off behind `limit` of the `total` bytes of runs; clusters that are allocated there
/// stay.
fn trim_holes(runs: &mut Vec<Run>, limit: u64, mut total: u64) {
    while let Some(last) = runs.last_mut()
        && total > limit
        && matches!(last.place, Place::Hole | Place::Unknown)
    {
        let cut = total.saturating_sub(limit).min(last.length);
        last.length = last.length.saturating_sub(cut);
        total = total.saturating_sub(cut);
        if last.length == 0 {
            runs.pop();
        }
    }
}

/// Cuts the runs off behind `limit` bytes.
fn trim(runs: &mut Vec<Run>, limit: u64) {
    let mut total = 0_u64;
    let mut kept = 0_usize;
    for run in runs.iter_mut() {
        let room = limit.saturating_sub(total);
        if room == 0 {
            break;
        }
        run.length = run.length.min(room);
        total = total.saturating_add(run.length);
        kept = kept.saturating_add(1);
    }
    runs.truncate(kept);
}

fn at(attribute: &Attribute<'_>, what: Term) -> Problem {
    Problem::damage("attribute header", attribute.at, ProblemKind::Inconsistent(what))
}

fn vcn(attribute: &Attribute<'_>, field: &'static str, expected: u64, found: u64) -> Problem {
    let expected = Expected::Exactly(expected);
    Problem::damage("attribute header", attribute.at, ProblemKind::Value { field, expected, found })
}
