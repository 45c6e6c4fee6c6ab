//! What analysers found, as rows; and what the record must say of an analyser that failed.

use std::borrow::Cow;

use analysis::{Analysers, Finding, Findings, NamedStream};
use byte_source::{Problem, ProblemKind};
use case_model::Disposition;
use case_store::FindingRow;
use words::term;

/// Concludes from the names of a stream and returns its content type and its other findings. `named` is `None` for an object without a
/// stream; of a stream of which nothing was read, nothing is concluded.
pub(crate) fn finding_rows(
    analysers: &Analysers,
    named: Option<NamedStream<'_>>,
    disposition: Disposition,
    mut findings: Findings,
) -> (Option<Cow<'static, str>>, Vec<FindingRow>) {
    let is_read =
        matches!(disposition, Disposition::Hashed | Disposition::Partial | Disposition::Empty);
    if let Some(named) = named.filter(|_| is_read) {
        analysers.conclude(&named, &mut findings);
    }
    let (content_type, others) = analysers.named(findings);
    let row = |found: analysis::NamedFinding| FindingRow {
        analyser: found.analyser,
        key: found.key,
        value: found.value,
    };
    (content_type, others.into_iter().map(row).collect())
}

/// Returns notes on analysers that failed on a stream, or found more than is kept. `at` is the record's place.
pub(crate) fn analysis_notes(at: u64, findings: &Findings) -> impl Iterator<Item = Problem> {
    let has = |is_it: fn(&Finding) -> bool| findings.iter().any(is_it);
    let failed = ProblemKind::Inconsistent(term!("scan.analyser-failed"));
    let limited = ProblemKind::Inconsistent(term!("scan.analyser-limit"));
    let notes = [(has(Finding::is_failure), failed), (has(Finding::is_limit), limited)];
    notes
        .into_iter()
        .filter(|(is_so, _)| *is_so)
        .map(move |(_, kind)| Problem::note("analysis", at, kind))
}
