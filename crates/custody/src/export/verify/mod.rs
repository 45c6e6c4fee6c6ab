//! Verifies an export without trusting anything in it.

mod files;
mod log;
mod signed;

use std::collections::BTreeSet;

use files::Files;
use log::Log;
use signed::Signed;

use super::bag::MANIFEST_PATH;
use super::finding::{ExportReport, FindingKind, Remark};
use super::storage::ExportInput;
use crate::keys::VerifierKey;
use crate::note::SignedCheckpoint;
use crate::trust::Guarantees;

/// What the verifying person knows from elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'a> {
    /// Keys whose fingerprints stand on paper.
    pub keys: &'a [VerifierKey],
    /// Checkpoints that were kept elsewhere, with the names under which findings mention them.
    pub against: &'a [(String, SignedCheckpoint)],
    /// The name of the record; without it, the name in the export is taken.
    pub origin: Option<&'a str>,
}

/// Checks manifests, chain, tree, checkpoints, proofs, signatures and keys of an export.
#[must_use]
pub fn verify_export(input: &dyn ExportInput, trust: Trust<'_>) -> ExportReport {
    let mut files = Files::check(input);
    let origin = trust.origin.map_or_else(|| files.origin(), str::to_owned);
    let signed = Signed::read(&mut files);
    let checkpoints = signed.checkpoints.iter().chain(trust.against).map(|(_, signed)| signed);
    let checkpoints = checkpoints.chain(signed.proofs.iter().map(|(_, proof)| &proof.checkpoint));
    let sizes = checkpoints.map(|signed| signed.checkpoint().size());
    let wanted: BTreeSet<u64> =
        signed.proofs.iter().map(|(_, proof)| proof.index.saturating_add(1)).collect();
    let wanted = wanted.into_iter().chain(signed.entries.iter().map(|(_, seq, _)| *seq));
    let log = log::read(&mut files, sizes, wanted.collect());

    let mut report = ExportReport {
        origin,
        keys: log.record.keys.keys().to_vec(),
        chain: log.record.chain.clone(),
        content_named_by: None,
        content_files: files.content.0,
        covered: 0,
        guarantees: Guarantees::default(),
        checkpoints: 0,
        against: 0,
        proofs: 0,
        timestamps: Vec::new(),
        entry_signatures: Vec::new(),
        sealed: false,
        sealed_by_given: false,
        files: files.compared,
        findings: Vec::new(),
        remarks: log.record.keys.problems().iter().cloned().map(Remark::Key).collect(),
    };
    signed.judge(&mut files, &log, trust, &mut report);
    judge_content(&mut files, &log, &mut report);
    if report.checkpoints == 0 {
        files.find("data/checkpoints", FindingKind::NoCheckpoint);
    }
    if !trust.keys.is_empty() && report.guarantees.signed_by_given_keys() == 0 {
        files.find("data/checkpoints", FindingKind::NoTrustedSignature);
    }
    report.findings = files.findings;
    remark(&mut report, trust);
    report
}

fn remark(report: &mut ExportReport, trust: Trust<'_>) {
    if trust.keys.is_empty() {
        report.remarks.push(Remark::NoTrustedKey);
    }
    if report.sealed && !report.sealed_by_given && !trust.keys.is_empty() {
        report.remarks.push(Remark::SealedByOther);
    }
    if report.content_files > 0 && report.content_named_by.is_none() {
        report.remarks.push(Remark::ContentNotNamed);
    }
    if !report.timestamps.is_empty() {
        let count = u64::try_from(report.timestamps.len()).unwrap_or(u64::MAX);
        report.remarks.push(Remark::Timestamps(count));
    }
    let has_keys = !trust.keys.is_empty();
    let covered = if has_keys { report.guarantees.proved() } else { report.covered };
    let to = report.chain.head.seq;
    if covered < to {
        report.remarks.push(Remark::Uncovered { from: covered.saturating_add(1), to });
    }
}

/// Compares the files that are not part of the record with what the last entry about an export names.
fn judge_content(files: &mut Files<'_>, log: &Log, report: &mut ExportReport) {
    let Some((seq, expected)) = log.content else { return };
    report.content_named_by = Some(seq);
    let found = files.content.1;
    if found != expected {
        files.find(MANIFEST_PATH, FindingKind::Content { seq, expected, found });
    }
}

/// Shortens the sentence that most checks end with.
fn form(what: &'static str) -> FindingKind {
    FindingKind::Form(what)
}
