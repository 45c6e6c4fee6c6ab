//! What was signed: checkpoints, proofs, entries, the export as a whole, and the keys.

use super::files::{Files, digest};
use super::log::Log;
use super::{Trust, form};
use crate::export::bag::{SEAL_PATH, TAG_MANIFEST_PATH, seal_text};
use crate::export::finding::{ExportReport, FindingKind};
use crate::export::writer::{ALLOWED_SIGNERS_PATH, allowed_signers};
use crate::keys::VerifierKey;
use crate::merkle::leaf_hash;
use crate::note::{EntryProof, NoteError, SignedCheckpoint, SignedNote};
use crate::sshsig::{CHECKPOINT_NAMESPACE, SshPublicKey, SshSignature};
use crate::timestamp::Timestamp;
use crate::trust::{JudgedSignature, KeyRole, VerifiedRecord};

/// The most notes in memory at once.
const MAX_NOTES: usize = 100_000;

/// Everything signed, read, not judged.
pub(super) struct Signed {
    pub(super) checkpoints: Vec<(String, SignedCheckpoint)>,
    pub(super) proofs: Vec<(String, EntryProof)>,
    /// Path, entry, note.
    pub(super) entries: Vec<(String, u64, SignedNote)>,
}

impl Signed {
    pub(super) fn read(files: &mut Files<'_>) -> Self {
        let checkpoints = read_all(files, "data/checkpoints/", ".note", |_, bytes| {
            Ok(SignedCheckpoint::from_bytes(bytes)?)
        });
        let proofs = read_all(files, "data/proofs/", ".tlog-proof", |_, bytes| {
            Ok(EntryProof::from_bytes(bytes)?)
        });
        let entries = read_all(files, "data/signatures/", ".note", |path, bytes| {
            let name = path.rsplit('/').next().and_then(|name| name.strip_suffix(".note"));
            let seq = name.and_then(|digits| digits.parse().ok());
            let seq: u64 = seq.ok_or(form("the file is not named after an entry"))?;
            Ok((seq, SignedNote::from_bytes(bytes)?))
        });
        let entries = entries.into_iter().map(|(path, (seq, note))| (path, seq, note)).collect();
        Self { checkpoints, proofs, entries }
    }

    /// Judges everything against the record.
    pub(super) fn judge(
        &self,
        files: &mut Files<'_>,
        log: &Log,
        trust: Trust<'_>,
        report: &mut ExportReport,
    ) {
        self.judge_checkpoints(files, &log.record, trust, report);
        for (path, proof) in &self.proofs {
            match judge_proof(proof, log, trust, &report.origin) {
                Ok(()) => report.proofs = report.proofs.saturating_add(1),
                Err(kind) => files.find(path, kind),
            }
        }
        for (path, seq, note) in &self.entries {
            let Some(entry) = log.kept.get(seq) else {
                files.find(path, FindingKind::OtherEntry);
                continue;
            };
            match log.record.judge_entry_signature(&report.origin, entry, note, trust.keys) {
                Ok(judged) => {
                    let keys = judged.into_iter().map(|judged| (*seq, judged.verified.key));
                    report.entry_signatures.extend(keys);
                }
                Err(fault) => files.find(path, fault.into()),
            }
        }
        judge_keys(files, &log.record);
        for path in files.below("data/timestamps/", ".tsr") {
            match judge_timestamp(files, &path) {
                Ok(stamped) => report.timestamps.extend(stamped),
                Err(kind) => files.find(&path, kind),
            }
        }
        match judge_seal(files, &log.record, trust, &report.origin) {
            Ok(by) => {
                report.sealed = true;
                report.sealed_by_given = by.iter().any(|key| trust.keys.contains(key));
            }
            Err(kind) => files.find(SEAL_PATH, kind),
        }
    }

    fn judge_checkpoints(
        &self,
        files: &mut Files<'_>,
        record: &VerifiedRecord,
        trust: Trust<'_>,
        report: &mut ExportReport,
    ) {
        for (path, signed) in &self.checkpoints {
            match record.judge_checkpoint(&report.origin, signed, trust.keys) {
                Ok(judged) => {
                    report.checkpoints = report.checkpoints.saturating_add(1);
                    cover(report, signed, &judged);
                }
                Err(fault) => files.find(path, fault.into()),
            }
        }
        judge_against(files, record, trust, report);
        for path in files.below("data/checkpoints/", ".sshsig") {
            if let Err(kind) = judge_ssh(files, &path, record, trust) {
                files.find(&path, kind);
            }
        }
    }
}

/// Notes how far signatures that count reach.
fn cover(report: &mut ExportReport, signed: &SignedCheckpoint, judged: &[JudgedSignature]) {
    let size = signed.checkpoint().size();
    report.covered = report.covered.max(size);
    report.guarantees.signed(size, judged);
}

fn judge_proof(
    proof: &EntryProof,
    log: &Log,
    trust: Trust<'_>,
    origin: &str,
) -> Result<(), FindingKind> {
    let entry = log.kept.get(&proof.index.saturating_add(1)).ok_or(FindingKind::OtherEntry)?;
    let body = proof.body.as_ref().ok_or(form("the proof does not hold its entry"))?;
    if leaf_hash(body) != entry.leaf() {
        return Err(FindingKind::OtherEntry);
    }
    log.record.judge_checkpoint(origin, &proof.checkpoint, trust.keys)?;
    proof.verify(body, &log.record.known(trust.keys, &[KeyRole::Log, KeyRole::Witness]))?;
    Ok(())
}

/// Tells whether a key counts for a record of so many entries: it was not revoked before.
fn counts_at(record: &VerifiedRecord, key: &VerifierKey, size: u64) -> bool {
    record.keys.find(key).is_none_or(|key| key.is_valid_at(size))
}

/// Judges the checkpoints that were kept outside.
fn judge_against(
    files: &mut Files<'_>,
    record: &VerifiedRecord,
    trust: Trust<'_>,
    report: &mut ExportReport,
) {
    for (name, signed) in trust.against {
        match record.judge_checkpoint(&report.origin, signed, trust.keys) {
            Ok(judged) => {
                report.against = report.against.saturating_add(1);
                cover(report, signed, &judged);
                report.guarantees.kept(name, signed.checkpoint().size());
            }
            Err(fault) => files.find(name, fault.into()),
        }
    }
}

/// A detached signature of the checkpoint file whose name it bears.
fn judge_ssh(
    files: &mut Files<'_>,
    path: &str,
    record: &VerifiedRecord,
    trust: Trust<'_>,
) -> Result<(), FindingKind> {
    let signed =
        path.strip_suffix(".sshsig").and_then(|path| path.rsplit_once('.')).map(|(note, _)| note);
    let signed =
        signed.filter(|note| files.has(note)).ok_or(form("there is no such checkpoint"))?;
    let signature = files.small(path);
    let Some((signature, bytes)) = signature.zip(files.small(signed)) else { return Ok(()) };
    let signature = SshSignature::from_bytes(&signature)?;
    signature.verify(CHECKPOINT_NAMESPACE, &bytes)?;
    let size = SignedCheckpoint::from_bytes(&bytes)?.checkpoint().size();
    let counts = |key: &VerifierKey| counts_at(record, key, size);
    let known = record.known(trust.keys, &KeyRole::ALL);
    match known.iter().any(|key| counts(key) && SshPublicKey::from(key) == *signature.key()) {
        true => Ok(()),
        false => Err(FindingKind::UnknownSigner),
    }
}

/// The time stamp of the checkpoint whose name it bears: its size and time.
fn judge_timestamp(
    files: &mut Files<'_>,
    path: &str,
) -> Result<Option<(u64, String)>, FindingKind> {
    let stem = path.strip_prefix("data/timestamps/").and_then(|name| name.strip_suffix(".tsr"));
    let note =
        stem.map(|stem| format!("data/checkpoints/{stem}.note")).filter(|note| files.has(note));
    let note = note.ok_or(form("there is no such checkpoint"))?;
    let token = files.small(path);
    let Some((token, note)) = token.zip(files.small(&note)) else { return Ok(None) };
    let signed = SignedCheckpoint::from_bytes(&note)?;
    let stamp = Timestamp::from_bytes(&token)?;
    stamp.check(signed.note().text().as_bytes())?;
    let text = path.strip_suffix(".tsr").map(|stem| format!("{stem}.txt")).unwrap_or_default();
    let stamped = signed.note().text().as_bytes();
    if files.small(&text).is_some_and(|found| found != stamped) {
        return Err(form("the text beside it is not that of the checkpoint"));
    }
    Ok(Some((signed.checkpoint().size(), stamp.time)))
}

/// The log keys that signed the tag manifest and still count.
fn judge_seal(
    files: &mut Files<'_>,
    record: &VerifiedRecord,
    trust: Trust<'_>,
    origin: &str,
) -> Result<Vec<VerifierKey>, FindingKind> {
    if !files.has(SEAL_PATH) {
        return Err(FindingKind::NoSeal);
    }
    let Some(bytes) = files.small(SEAL_PATH) else { return Err(FindingKind::NoSeal) };
    let seal = SignedNote::from_bytes(&bytes)?;
    if seal.text() != seal_text(origin, &digest(files.input, TAG_MANIFEST_PATH)?) {
        return Err(form("the signature is about another export, or the manifests were changed"));
    }
    let verified = seal.verify(&record.known(trust.keys, &[KeyRole::Log]))?;
    let head = record.chain.head.seq;
    let keys = verified.into_iter().map(|signature| signature.key);
    let by: Vec<_> = keys.filter(|key| counts_at(record, key, head)).collect();
    match by.is_empty() {
        true => Err(NoteError::NoKnownSignature("a revoked key".to_owned()).into()),
        false => Ok(by),
    }
}

/// The key files must be what the record says.
fn judge_keys(files: &mut Files<'_>, record: &VerifiedRecord) {
    for path in files.below("data/keys/", ".vkey") {
        let Some(bytes) = files.small(&path) else { continue };
        let key = String::from_utf8(bytes).unwrap_or_default().trim_end().parse::<VerifierKey>();
        match key {
            Ok(key) if record.keys.find(&key).is_none() => {
                files.find(&path, FindingKind::UnknownSigner)
            }
            Ok(key) => {
                let pem = path
                    .strip_suffix(".vkey")
                    .map(|path| format!("{path}.pem"))
                    .unwrap_or_default();
                if files.small(&pem).is_some_and(|found| found != key.to_pem().as_bytes()) {
                    files.find(&pem, form("another key than the one in the .vkey file"));
                }
            }
            Err(error) => files.find(&path, error.into()),
        }
    }
    judge_allowed_signers(files, record);
    for (ending, needed) in [(".pem", ".vkey"), (".txt", ".tsr")] {
        let folder = if ending == ".pem" { "data/keys/" } else { "data/timestamps/" };
        for path in files.below(folder, ending) {
            let other = path.strip_suffix(ending).map(|stem| format!("{stem}{needed}"));
            if !other.is_some_and(|other| files.has(&other)) {
                files.find(&path, form("the file that it belongs to is not there"));
            }
        }
    }
}

/// The list for `ssh-keygen` must be the one that the record gives.
fn judge_allowed_signers(files: &mut Files<'_>, record: &VerifiedRecord) {
    let expected = allowed_signers(record);
    if expected.is_empty() && !files.has(ALLOWED_SIGNERS_PATH) {
        return;
    }
    if files.small(ALLOWED_SIGNERS_PATH).is_some_and(|found| found != expected.as_bytes()) {
        files.find(ALLOWED_SIGNERS_PATH, form("not the signers that the record names"));
    }
}

fn read_all<T>(
    files: &mut Files<'_>,
    folder: &str,
    ending: &str,
    read: impl Fn(&str, &[u8]) -> Result<T, FindingKind>,
) -> Vec<(String, T)> {
    let paths = files.below(folder, ending);
    if paths.len() > MAX_NOTES {
        files.find(folder, FindingKind::LimitReached { what: "files", limit: MAX_NOTES });
    }
    let mut all = Vec::new();
    for path in paths.into_iter().take(MAX_NOTES) {
        let Some(bytes) = files.small(&path) else { continue };
        match read(&path, &bytes) {
            Ok(item) => all.push((path, item)),
            Err(kind) => files.find(&path, kind),
        }
    }
    all
}
