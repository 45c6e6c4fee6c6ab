//! Everything that can be said of a ledger: its chain, what was signed about it, and the index that it speaks of.

use case_model::to_hex;
use case_store::{RecordName, Standing};
use custody::{
    Json, KeyRole, SignedCheckpoint, SignedNote, StoredEntry, Timestamp, UtcTime, VerifierKey,
    parse_canonical,
};

use super::index_check::check_index;
use super::opened::Opened;
use crate::exit::Failure;
use crate::open_actions::open_actions;

/// The most findings that are listed; a ledger of rubbish has one a row.
const MAX_FINDINGS: usize = 1_000;

/// What was found.
pub(in crate::commands) struct Verdict {
    pub(in crate::commands) standing: Standing,
    /// Everything that is wrong; the first bad entry first.
    pub(in crate::commands) findings: Vec<String>,
    /// Worth knowing.
    pub(in crate::commands) remarks: Vec<String>,
    /// The size that the largest checkpoint that holds covers.
    pub(in crate::commands) covered: u64,
    pub(in crate::commands) checkpoints: usize,
    pub(in crate::commands) against: usize,
    pub(in crate::commands) cosigned: u64,
    pub(in crate::commands) signatures: usize,
    /// Size and time of each stamp.
    pub(in crate::commands) stamps: Vec<(u64, String)>,
    /// What was compared with the index, in words.
    pub(in crate::commands) index: Vec<String>,
}

/// Judges a ledger. `against` are checkpoints that were kept elsewhere, with their names; `trusted` the keys that were handed over.
pub(in crate::commands) fn judge(
    opened: &mut Opened,
    against: &[(String, SignedCheckpoint)],
    trusted: &[VerifierKey],
) -> Result<Verdict, Failure> {
    let mut findings = Vec::new();
    let kept = match opened.scope.last_known {
        true => opened.lab.last_known(&opened.name),
        false => Ok(None),
    };
    let kept = kept.unwrap_or_else(|error| {
        findings.push(format!("the lab's last known checkpoint: {error}"));
        None
    });
    let stored = opened.ledger().checkpoints()?;
    let mut signed = Vec::new();
    for checkpoint in &stored {
        match SignedCheckpoint::from_bytes(&checkpoint.note) {
            Ok(note) => signed.push((format!("checkpoint of {} entries", checkpoint.size), note)),
            Err(error) => findings.push(format!("checkpoint of {} entries: {error}", checkpoint.size)),
        }
    }
    let last_known = kept.map(|kept| ("the last checkpoint that the lab kept".to_owned(), kept));
    let others: Vec<_> = last_known.iter().chain(against).cloned().collect();
    let sizes: Vec<u64> =
        signed.iter().chain(&others).map(|(_, signed)| signed.checkpoint().size()).collect();
    let standing = opened.ledger().standing(&sizes)?;
    if let Some(fault) = &standing.record.chain.fault {
        findings.insert(0, format!("{fault}; what follows is bound by nothing"));
    }
    let mut verdict = Verdict {
        standing,
        findings,
        remarks: Vec::new(),
        covered: 0,
        checkpoints: 0,
        against: 0,
        cosigned: 0,
        signatures: 0,
        stamps: Vec::new(),
        index: Vec::new(),
    };
    for (name, note) in &signed {
        verdict.checkpoints += usize::from(verdict.checkpoint(name, note, trusted));
    }
    for (name, note) in &others {
        verdict.against += usize::from(verdict.checkpoint(name, note, trusted));
    }
    for checkpoint in &stored {
        let Some(token) = &checkpoint.timestamp_token else { continue };
        verdict.stamp(checkpoint.size, &checkpoint.note, token);
    }
    verdict.personal_signatures(opened, trusted)?;
    verdict.index(opened)?;
    verdict.remark(opened, &last_known.map(|(_, kept)| kept), trusted)?;
    verdict.findings.truncate(MAX_FINDINGS);
    Ok(verdict)
}

impl Verdict {
    fn checkpoint(&mut self, name: &str, signed: &SignedCheckpoint, trusted: &[VerifierKey]) -> bool {
        match self.standing.record.judge_checkpoint(&self.standing.origin, signed, trusted) {
            Ok(judged) => {
                let size = signed.checkpoint().size();
                let counts =
                    trusted.is_empty() || judged.iter().any(|signature| signature.trusted_from_outside);
                if counts {
                    self.covered = self.covered.max(size);
                }
                if judged.iter().any(|signature| signature.verified.unix_seconds.is_some()) {
                    self.cosigned = self.cosigned.max(size);
                }
                true
            }
            Err(fault) => {
                self.findings.push(format!("{name}: {fault}"));
                false
            }
        }
    }

    fn stamp(&mut self, size: u64, note: &[u8], token: &[u8]) {
        let text = SignedNote::from_bytes(note).map(|note| note.text().to_owned()).unwrap_or_default();
        let stamp =
            Timestamp::from_bytes(token).and_then(|stamp| stamp.check(text.as_bytes()).map(|()| stamp));
        match stamp {
            Ok(stamp) => self.stamps.push((size, stamp.time)),
            Err(error) => {
                self.findings.push(format!("time stamp of the checkpoint of {size} entries: {error}"))
            }
        }
    }

    fn personal_signatures(&mut self, opened: &mut Opened, trusted: &[VerifierKey]) -> Result<(), Failure> {
        for (seq, note) in opened.ledger().signatures()? {
            let Some(entry) = opened.ledger().entry(seq)? else { continue };
            let judged = SignedNote::from_bytes(&note).map_err(|error| error.to_string()).and_then(|note| {
                let record = &self.standing.record;
                let judged = record.judge_entry_signature(&self.standing.origin, &entry, &note, trusted);
                judged.map_err(|fault| fault.to_string())
            });
            match judged {
                Ok(_) => self.signatures += 1,
                Err(why) => self.findings.push(format!("personal signature of entry {seq}: {why}")),
            }
        }
        Ok(())
    }

    fn index(&mut self, opened: &mut Opened) -> Result<(), Failure> {
        // Entries that are not what was written say nothing about the index.
        let good = self.standing.head().seq;
        let entries: Vec<_> = opened
            .ledger()
            .entries()?
            .into_iter()
            .take(usize::try_from(good).unwrap_or(usize::MAX))
            .collect();
        if let Some(case) = opened.case().filter(|_| opened.scope.index) {
            let (compared, faults, remarks) = check_index(case, &entries)?;
            self.index = compared;
            self.findings.extend(faults);
            self.remarks.extend(remarks);
        }
        self.remarks.extend(clock_set_back(&entries));
        for open in open_actions(&entries) {
            self.remarks.push(format!("entry {}: {} was begun and has no end", open.seq, open.act));
        }
        Ok(())
    }

    fn remark(
        &mut self,
        opened: &Opened,
        kept: &Option<SignedCheckpoint>,
        trusted: &[VerifierKey],
    ) -> Result<(), Failure> {
        let head = self.standing.head().seq;
        if self.covered < head {
            self.remarks.push(format!(
                "entries {} to {head} are under no signed checkpoint that counts: they could still be cut off or rewritten",
                self.covered + 1
            ));
        }
        if kept.is_none() && self.checkpoints > 0 && opened.scope.last_known {
            let path = opened.lab.last_known_path(&opened.name);
            self.remarks
                .push(format!("the lab's own copy of the last checkpoint is gone ({})", path.display()));
        }
        if let RecordName::Case(_) = &opened.name {
            self.compare_with_lab(opened)?;
        }
        if !trusted.is_empty() && self.covered == 0 {
            self.findings.push(
                "no checkpoint is signed by a key that was given from outside: this may be a record that somebody else wrote"
                    .to_owned(),
            );
        }
        if trusted.is_empty() {
            self.remarks.push(
                "signatures are checked with the keys that the record itself names: compare the fingerprint with the paper, or give --key"
                    .to_owned(),
            );
        }
        self.remarks.extend(self.standing.keys().problems().iter().map(ToString::to_string));
        Ok(())
    }

    /// The lab's ledger knows the first entry of the case and the keys that may sign it.
    fn compare_with_lab(&mut self, opened: &Opened) -> Result<(), Failure> {
        let lab = opened.lab.ledger_as_it_is()?.ledger().standing(&[])?;
        for key in self.standing.keys().keys().iter().filter(|key| key.role == KeyRole::Log) {
            let id = to_hex(&key.key.id());
            match lab.keys().find(&key.key) {
                None => self.findings.push(format!(
                    "entry {} names the key {id} as the lab's, but the lab's ledger does not know it: this record was written elsewhere",
                    key.added_by
                )),
                Some(known) if known.revoked_by.is_some() && key.revoked_by.is_none() => {
                    self.findings.push(format!("the key {id} was revoked by the lab, and this ledger does not say so"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// Entries that bear an earlier time than the one before them. Their order is fixed by the chain; their times are not.
fn clock_set_back(entries: &[StoredEntry]) -> Vec<String> {
    let mut before: Option<(u64, UtcTime)> = None;
    let mut found = Vec::new();
    for entry in entries {
        let Some(written) = written_at(entry) else { continue };
        if let Some((seq, time)) = before.as_ref().filter(|(_, time)| written.as_str() < time.as_str()) {
            let at = entry.seq;
            found.push(format!(
                "entry {at} bears the time {written}, entry {seq} before it {time}: a clock was set back"
            ));
        }
        before = Some((entry.seq, written));
    }
    found
}

/// When an entry says that it was written: at the end of what it tells of.
fn written_at(entry: &StoredEntry) -> Option<UtcTime> {
    let body = parse_canonical(&entry.body).ok()?;
    let time = body.get("time")?;
    let text = time.get("end").or_else(|| time.get("start")).and_then(Json::as_text)?;
    // To the second: clocks are corrected by fractions all the time, and a program may write two entries in another order than it began.
    UtcTime::parse(&format!("{}.000000000Z", text.get(..19)?)).ok()
}
