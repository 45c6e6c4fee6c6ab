//! The rows of one part of a record table.

use std::ops::Range;

use analysis::StreamFacts;
use byte_source::{Problem, ProblemKind, Scratch};
use case_model::{Digests, Disposition};
use case_store::ProblemRow;
use evidence::{OnMedium, TreeReader};
use filesystem::{Found, Layout, Record, Stream};
use hash_set::Library;
use words::term;

use crate::item::finding_rows::analysis_notes;
use crate::item::indexed_file_system::IndexedFileSystem;
use crate::item::rows::{
    entry_row, link_row, packed_extents, problem_row, record_facts, record_problems,
};
use crate::stream::reader::{StreamResult, read_stream};
use crate::sweep::{Collector, StreamClass, WorkerTools, classify, hash_collected};
use crate::verdict::without_content;
use crate::workers::isolation::{guarded, scan_isolated};
use crate::workers::parts::FinishedPart;
use crate::{ScanConfig, ScanError};

/// Streams in a record up to this many bytes go through the lanes; one that claims more is mostly zeros.
const INLINE_BYTES: u64 = 1 << 20;

/// The parts of all record tables of an image: which of its file systems, which slots.
pub(crate) type Parts = Vec<(usize, Range<u64>)>;

/// A stream whose bytes are in its record.
struct InlineStream<'r> {
    stream: &'r Stream,
    facts: StreamFacts,
}

/// Makes rows.
pub(crate) struct PartRows<'r> {
    pub(crate) config: &'r ScanConfig,
    pub(crate) library: &'r Library,
    pub(crate) advanced: &'r (dyn Fn(u64) + Sync),
}

impl PartRows<'_> {
    /// Reads the records of a part again; the streams that the sweep read have their `results` in the order of the records.
    ///
    /// # Errors
    /// When a hash set cannot be read.
    pub(crate) fn of_part(
        &self,
        item: &IndexedFileSystem<'_>,
        range: Range<u64>,
        results: Vec<Option<StreamResult>>,
        tools: &mut WorkerTools,
    ) -> Result<FinishedPart, ScanError> {
        let (records, failed) = read_records(item, range, &mut tools.scratch);
        let medium = item.on_medium();
        let mut part = FinishedPart::default();
        part.problems
            .extend(failed.iter().map(|problem| problem_row(problem, None, |at| medium.at(at))));
        let mut inline = self.inline(item, &records, tools).into_iter();
        let mut swept = results.into_iter();
        let mut reader = item.first_look.tree.reader();
        for record in &records {
            self.record(item, record, &mut reader, &mut part, &mut |stream| match classify(
                stream,
                self.config.digests,
            ) {
                StreamClass::Known(result) => *result,
                StreamClass::Inline => inline.next().unwrap_or_else(StreamResult::reader_failed),
                StreamClass::Swept => {
                    swept.next().flatten().unwrap_or_else(StreamResult::reader_failed)
                }
            });
        }
        look_up(self.library, &mut part.entries)?;
        Ok(part)
    }

    /// The results of all streams whose bytes are in the records, in order.
    fn inline(
        &self,
        item: &IndexedFileSystem<'_>,
        records: &[Record],
        tools: &mut WorkerTools,
    ) -> Vec<StreamResult> {
        let streams: Vec<InlineStream<'_>> = self.inline_streams(records).collect();
        let mut together = self.hash_together(&streams, tools).into_iter();
        let reading = self.config.reading();
        let volume = item.file_system.volume().as_ref();
        let mut results = Vec::with_capacity(streams.len());
        for InlineStream { stream, facts } in &streams {
            let result = match whole_inline(stream) {
                Some(_) => together.next(),
                None => {
                    guarded(|| read_stream(volume, stream, reading, *facts, &mut tools.scratch))
                        .ok()
                }
            };
            results.push(result.unwrap_or_else(StreamResult::reader_failed));
        }
        (self.advanced)(
            streams.iter().fold(0, |sum, inline| sum.saturating_add(inline.stream.size)),
        );
        results
    }

    /// Returns the streams whose bytes are in the records.
    fn inline_streams<'r>(
        &'r self,
        records: &'r [Record],
    ) -> impl Iterator<Item = InlineStream<'r>> {
        let streams =
            records.iter().flat_map(|record| record.streams.iter().map(move |one| (record, one)));
        streams.filter_map(|(record, stream)| {
            let is_inline = matches!(classify(stream, self.config.digests), StreamClass::Inline);
            let facts = || record_facts(record.allocation, stream);
            is_inline.then(|| InlineStream {
                stream,
                facts: self.config.analysers.facts(stream.size, facts),
            })
        })
    }

    /// Hashes the streams that their records hold whole, side by side; their results are in order.
    fn hash_together(
        &self,
        streams: &[InlineStream<'_>],
        tools: &mut WorkerTools,
    ) -> Vec<StreamResult> {
        let mut collector = Collector::default();
        let mut facts: Vec<StreamFacts> = Vec::new();
        for inline in streams {
            if let Some((bytes, zeros)) = whole_inline(inline.stream) {
                collector.add_inline(bytes, zeros);
                facts.push(inline.facts);
            }
        }
        hash_collected(&collector, &facts, &self.config.analysers, &mut tools.lanes)
    }

    fn record(
        &self,
        item: &IndexedFileSystem<'_>,
        record: &Record,
        reader: &mut TreeReader<'_>,
        part: &mut FinishedPart,
        result: &mut dyn FnMut(&Stream) -> StreamResult,
    ) {
        let medium = item.on_medium();
        let analysers = self.config.analysers.as_ref();
        let (placed, further) = reader.places(record);
        let mut problems = problems_of(item, record);
        if record.streams.is_empty() {
            let (disposition, rule) = without_content(record.kind, !problems.is_empty());
            let result = StreamResult::without_content(disposition, rule);
            let mut row =
                entry_row(record, None, placed, &item.directories, &medium, analysers, result);
            row.problems = std::mem::take(&mut problems);
            part.entries.push(row);
        }
        for (ordinal, stream) in record.streams.iter().enumerate() {
            let result = result(stream);
            problems.extend(result_problems(record, &result, &medium));
            let mut row = entry_row(
                record,
                Some((ordinal, stream)),
                placed,
                &item.directories,
                &medium,
                analysers,
                result,
            );
            row.extents = packed_extents(item.file_system, &medium, stream);
            row.problems = std::mem::take(&mut problems);
            part.entries.push(row);
        }
        part.links
            .extend(further.filter_map(|name| link_row(record, &name, &item.directories, &medium)));
    }
}

/// Reads the records of a part, with the claims of each; and what is wrong with the part.
fn read_records(
    item: &IndexedFileSystem<'_>,
    range: Range<u64>,
    scratch: &mut Scratch,
) -> (Vec<Record>, Vec<Problem>) {
    scan_isolated(
        item.file_system,
        range,
        scratch,
        &Vec::new,
        &mut |records: &mut Vec<Record>, found| {
            if let Found::Record(mut record) = found {
                item.first_look.claims.mark(&mut record);
                records.push(*record);
            }
        },
    )
}

/// Returns what is wrong with a record, and who else claims its space.
fn problems_of(item: &IndexedFileSystem<'_>, record: &Record) -> Vec<ProblemRow> {
    let claims = item.first_look.claims.of_record(record.id);
    let is_said = |kind: &ProblemKind| !claims.is_empty() && is_shared_cluster(kind);
    let mut problems = record_problems(record, &item.on_medium(), &is_said);
    problems.extend_from_slice(claims);
    problems
}

/// Returns what the index says of reading a stream: a fault of this program, and analysers that failed.
fn result_problems(
    record: &Record,
    result: &StreamResult,
    medium: &OnMedium<'_>,
) -> Vec<ProblemRow> {
    let fault = result.fault_of_program().map(|fault| not_read(record, fault, medium));
    let notes = analysis_notes(record.at, &result.findings);
    let notes = notes.map(|note| problem_row(&note, Some(record.id.number), |at| medium.at(at)));
    fault.into_iter().chain(notes).collect()
}

/// Is this a reader's own word for a cluster of two files? A claim, which names both, says more.
fn is_shared_cluster(kind: &ProblemKind) -> bool {
    let words = [
        term!("fat.cluster-belongs-another-chain-too"),
        term!("exfat.cluster-belongs-another-file-too"),
    ];
    matches!(kind, ProblemKind::Inconsistent(how) if words.contains(how))
}

/// A stream that was not read through a fault of this program, as damage of its record.
fn not_read(record: &Record, fault: words::Term, medium: &OnMedium<'_>) -> ProblemRow {
    let problem = Problem::damage("stream", record.at, ProblemKind::Inconsistent(fault));
    problem_row(&problem, Some(record.id.number), |at| medium.at(at))
}

/// The stored bytes of a stream and the zeros after them, when the record has them all and they are few.
fn whole_inline(stream: &Stream) -> Option<(&[u8], u64)> {
    if stream.size == 0 {
        return Some((&[], 0));
    }
    let Layout::Inline { bytes, .. } = &stream.layout else { return None };
    let valid = stream.valid.min(stream.size);
    let stored = bytes.get(..usize::try_from(valid).ok()?)?;
    (stream.size <= INLINE_BYTES).then_some((stored, stream.size.saturating_sub(valid)))
}

/// Looks the digests of finished rows up in all sets.
pub(crate) fn look_up(
    library: &Library,
    entries: &mut [case_store::EntryRow],
) -> Result<(), ScanError> {
    let asked: Vec<(Digests, u64)> = entries
        .iter()
        .map(|row| match row.disposition {
            Disposition::Hashed => (row.digests.clone(), row.size),
            // What is not wholly read matches nothing.
            _ => (Digests::default(), 0),
        })
        .collect();
    for (row, hits) in entries.iter_mut().zip(library.lookup_batch(&asked)?) {
        row.hits = hits;
    }
    Ok(())
}
