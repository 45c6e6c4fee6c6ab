//! Everything that can be said of a ledger: its chain, what was signed about it, and the index that it speaks of.

use std::collections::BTreeSet;

use case_model::{CaseId, RecordName, to_hex};
use case_store::StoredCheckpoint;
use custody::{
    Act, EntryView, Guarantees, KeyHistory, KeyRole, SignedCheckpoint, SignedNote, Standing,
    StoredEntry, Timestamp, UtcTime, VerifierKey,
};

use crate::discontinuity::Discontinuity;
use crate::index_check::check_index;
use crate::judged_ledger::JudgedLedger;
use crate::lab_knowledge::{Broken, compare_with_lab, note_gone};
use crate::missing::missing_by;
use crate::open_actions::open_actions;
use crate::quantities::counted;
use crate::session::own_ledger_as_it_is;
use crate::{CaseworkError, LedgerReading, VerifiedLedger};

/// The most findings that are listed; a ledger of rubbish has one a row.
const MAX_FINDINGS: usize = 1_000;

/// What was found.
#[derive(Debug)]
pub struct Verdict {
    /// Chain, roots and keys.
    pub reading: LedgerReading,
    /// Everything that is wrong; the first bad entry first.
    pub findings: Vec<String>,
    /// Worth knowing.
    pub remarks: Vec<String>,
    /// The size that the largest checkpoint that holds covers.
    pub covered: u64,
    /// Checkpoints in the file that hold.
    pub checkpoints: usize,
    /// Checkpoints kept outside the file that hold.
    pub against: usize,
    /// The size of the largest checkpoint that a witness signed.
    pub cosigned: u64,
    /// Personal signatures that hold.
    pub signatures: usize,
    /// Size and time of each time stamp.
    pub stamps: Vec<(u64, String)>,
    /// What was compared with the index, in words.
    pub index: Vec<String>,
    /// What from outside covers how much.
    pub guarantees: Guarantees,
}

impl Verdict {
    /// Returns the verdict in one word.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing::of(
            self.findings.is_empty(),
            self.reading.record.chain.entries,
            self.guarantees.proved(),
        )
    }
}

/// What somebody knows from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// Checkpoints that were kept elsewhere, with their names.
    pub against: Vec<(String, SignedCheckpoint)>,
    /// Keys that were handed over in another way.
    pub keys: Vec<VerifierKey>,
}

/// The checkpoints to compare, with their names.
struct Checkpoints {
    stored: Vec<StoredCheckpoint>,
    in_file: Vec<(String, SignedCheckpoint)>,
    trusted: Option<(String, SignedCheckpoint)>,
}

/// Judges a ledger.
///
/// # Errors
/// What SQLite says when it cannot be read. What is wrong with it is in the answer.
pub fn judge(judged: &mut JudgedLedger, outside: &Outside) -> Result<Verdict, CaseworkError> {
    let mut findings = Vec::new();
    let checkpoints = checkpoints(judged, &mut findings)?;
    let all = checkpoints.in_file.iter().chain(&checkpoints.trusted).chain(&outside.against);
    let sizes: Vec<u64> = all.map(|(_, signed)| signed.checkpoint().size()).collect();
    let mut verdict = Verdict::of(LedgerReading::of(&judged.ledger(), &sizes)?, findings);
    let trusted = &outside.keys;
    for (name, note) in &checkpoints.in_file {
        verdict.checkpoints += usize::from(verdict.checkpoint(name, note, trusted));
    }
    if let Some((name, note)) = &checkpoints.trusted {
        let holds = verdict.checkpoint(name, note, trusted);
        verdict.against += usize::from(holds);
        let (size, last) =
            (note.checkpoint().size(), checkpoints.stored.last().map_or(0, |last| last.size));
        if holds && size > last {
            verdict.findings.push(format!(
                "the lab kept a checkpoint of {}, and the last one in the file is of {last}: it was taken away",
                counted(size, "entry", "entries")
            ));
        }
    }
    for (name, note) in &outside.against {
        if verdict.checkpoint(name, note, trusted) {
            verdict.against += 1;
            verdict.guarantees.kept(name, note.checkpoint().size());
        }
    }
    for checkpoint in &checkpoints.stored {
        let Some(token) = &checkpoint.timestamp_token else { continue };
        verdict.stamp(checkpoint.size, &checkpoint.note, token);
    }
    verdict.personal_signatures(judged, trusted)?;
    verdict.index(judged)?;
    verdict.remark(judged, checkpoints.trusted.is_some(), trusted)?;
    verdict.findings.truncate(MAX_FINDINGS);
    Ok(verdict)
}

fn checkpoints(
    judged: &mut JudgedLedger,
    findings: &mut Vec<String>,
) -> Result<Checkpoints, CaseworkError> {
    let trusted = match judged.scope.trusted {
        true => judged.lab.trusted_checkpoint(&judged.name),
        false => Ok(None),
    };
    let trusted = trusted.unwrap_or_else(|error| {
        findings.push(format!("the lab's last known checkpoint: {error}"));
        None
    });
    let stored = judged.ledger().checkpoints()?;
    let mut in_file = Vec::new();
    for checkpoint in &stored {
        match SignedCheckpoint::from_bytes(&checkpoint.note) {
            Ok(note) if note.checkpoint().size() != checkpoint.size => findings.push(format!(
                "the checkpoint that is stored as one of {} covers {}: it was moved",
                counted(checkpoint.size, "entry", "entries"),
                note.checkpoint().size()
            )),
            Ok(note) => in_file.push((checkpoint_of(checkpoint.size), note)),
            Err(error) => findings.push(format!("{}: {error}", checkpoint_of(checkpoint.size))),
        }
    }
    let trusted =
        trusted.map(|signed| ("the last checkpoint that the lab kept".to_owned(), signed));
    Ok(Checkpoints { stored, in_file, trusted })
}

impl Verdict {
    fn of(reading: LedgerReading, mut findings: Vec<String>) -> Self {
        if let Some(fault) = &reading.record.chain.fault {
            findings.insert(0, format!("{fault}; what follows is bound by nothing"));
        }
        Self {
            reading,
            findings,
            remarks: Vec::new(),
            covered: 0,
            checkpoints: 0,
            against: 0,
            cosigned: 0,
            signatures: 0,
            stamps: Vec::new(),
            index: Vec::new(),
            guarantees: Guarantees::default(),
        }
    }

    fn checkpoint(
        &mut self,
        name: &str,
        signed: &SignedCheckpoint,
        trusted: &[VerifierKey],
    ) -> bool {
        match self.reading.record.judge_checkpoint(&self.reading.origin, signed, trusted) {
            Ok(judged) => {
                let size = signed.checkpoint().size();
                let counts = trusted.is_empty()
                    || judged.iter().any(|signature| signature.trusted_from_outside);
                if counts {
                    self.covered = self.covered.max(size);
                }
                self.guarantees.signed(size, &judged);
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
        let text =
            SignedNote::from_bytes(note).map(|note| note.text().to_owned()).unwrap_or_default();
        let stamp = Timestamp::from_bytes(token)
            .and_then(|stamp| stamp.check(text.as_bytes()).map(|()| stamp));
        match stamp {
            Ok(stamp) => self.stamps.push((size, stamp.time)),
            Err(error) => {
                self.findings.push(format!("time stamp of the {}: {error}", checkpoint_of(size)))
            }
        }
    }

    fn personal_signatures(
        &mut self,
        judged: &mut JudgedLedger,
        trusted: &[VerifierKey],
    ) -> Result<(), CaseworkError> {
        for (seq, note) in judged.ledger().signatures()? {
            let Some(entry) = judged.ledger().entry(seq)? else { continue };
            let signature =
                SignedNote::from_bytes(&note).map_err(|error| error.to_string()).and_then(|note| {
                    let record = &self.reading.record;
                    let held =
                        record.judge_entry_signature(&self.reading.origin, &entry, &note, trusted);
                    held.map_err(|fault| fault.to_string())
                });
            match signature {
                Ok(_) => self.signatures += 1,
                Err(why) => self.findings.push(format!("personal signature of entry {seq}: {why}")),
            }
        }
        self.missing_signatures(judged)
    }

    /// An entry that was signed personally says so itself.
    fn missing_signatures(&mut self, judged: &mut JudgedLedger) -> Result<(), CaseworkError> {
        let there: BTreeSet<u64> =
            judged.ledger().signatures()?.into_iter().map(|(seq, _)| seq).collect();
        let findings = &mut self.findings;
        judged.ledger().each(&mut |entry| {
            let view = EntryView::read(&entry).filter(|_| !there.contains(&entry.seq));
            if let Some(key) = view.as_ref().and_then(EntryView::signed_with) {
                findings.push(format!(
                    "entry {} says that the personal key {key} signed it, and the signature is gone",
                    entry.seq
                ));
            }
            findings.len() < MAX_FINDINGS
        })?;
        Ok(())
    }

    fn index(&mut self, judged: &mut JudgedLedger) -> Result<(), CaseworkError> {
        // Entries that are not what was written say nothing about the index.
        let good = self.reading.head().seq;
        let entries: Vec<_> = judged
            .ledger()
            .entries()?
            .into_iter()
            .take(usize::try_from(good).unwrap_or(usize::MAX))
            .collect();
        if let Some(case) = judged.case().filter(|_| judged.scope.index) {
            let index = check_index(case, &entries)?;
            self.index = index.compared;
            self.findings.extend(index.faults);
            self.remarks.extend(index.remarks);
        }
        self.remarks.extend(clock_set_back(&entries));
        for open in open_actions(&entries) {
            self.remarks.push(format!("entry {}: {} was begun and has no end", open.seq, open.act));
        }
        Ok(())
    }

    fn remark(
        &mut self,
        judged: &mut JudgedLedger,
        kept: bool,
        trusted: &[VerifierKey],
    ) -> Result<(), CaseworkError> {
        let head = self.reading.head().seq;
        if self.covered < head {
            self.remarks.push(format!(
                "entries {} to {head} are under no signed checkpoint that counts: they could still be cut off or rewritten",
                self.covered + 1
            ));
        }
        if judged.scope.trusted {
            let path = judged.lab.trusted_checkpoint_path(&judged.name);
            match note_gone(&judged.ledger(), kept, &path)? {
                Some(gone) => self.findings.push(gone.to_string()),
                None if !kept && self.checkpoints > 0 => self.remarks.push(format!(
                    "the lab's own copy of the last checkpoint is gone ({})",
                    path.display()
                )),
                None => {}
            }
        }
        self.compare_with_lab(judged)?;
        self.compare_with_removal(judged)?;
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
        self.remarks.extend(self.reading.keys().problems().iter().map(ToString::to_string));
        Ok(())
    }

    /// The lab's ledger says which witness signed which checkpoint.
    fn missing_cosignature(&mut self, judged: &JudgedLedger) -> Result<(), CaseworkError> {
        if !judged.scope.trusted {
            return Ok(());
        }
        let Ok(mut own) = own_ledger_as_it_is(&judged.lab) else { return Ok(()) };
        let mut told: Option<(u64, u64, String)> = None;
        own.ledger().each(&mut |entry| {
            let about = |view: &EntryView| view.case() == judged.name.case().map(CaseId::as_str);
            let Some(view) = EntryView::read(&entry).filter(about) else { return true };
            match (view.act(), view.size(), view.witness()) {
                (Some(Act::Checkpoint), Some(size), Some(witness)) => {
                    told = Some((size, entry.seq, witness.to_owned()));
                }
                // What was restored has given up what was signed beyond it.
                (Some(Act::Restore), ..) => {
                    let entries = view.number_of_entries().unwrap_or(0);
                    told = told.take().filter(|(size, ..)| *size <= entries);
                }
                _ => {}
            }
            true
        })?;
        if let Some((size, said_by, witness)) = told.filter(|(size, ..)| self.cosigned < *size) {
            self.findings.push(format!(
                "entry {said_by} of the lab's ledger says that the witness {witness} signed the checkpoint of {}, and that signature is gone",
                counted(size, "entry", "entries")
            ));
        }
        Ok(())
    }

    /// The lab's ledger knows with which entries the record of a removed case begins and ends.
    fn compare_with_removal(&mut self, judged: &mut JudgedLedger) -> Result<(), CaseworkError> {
        let Some(removed) = judged.removed.clone() else { return Ok(()) };
        self.remarks.push(format!(
            "the case was removed {}: entry {} of the lab's ledger: {}; this is the record of it that is kept",
            removed.time, removed.said_by, removed.reason
        ));
        let first = judged.ledger().entry(1)?.map(|entry| entry.hash);
        let head = self.reading.head();
        if head.seq != removed.entries || Some(head.hash) != removed.head || first != removed.first
        {
            self.findings.push(format!(
                "entry {} of the lab's ledger says that the record had {}, and this one has {}, or others: it was cut off, \
                 rewritten or replaced",
                removed.said_by,
                counted(removed.entries, "entry", "entries"),
                counted(head.seq, "good one", "good ones")
            ));
        }
        Ok(())
    }

    /// The lab's ledger knows the first entry of the case, an entry that it had, and the keys that may sign it; and it names the cases and
    /// sets that must be there.
    fn compare_with_lab(&mut self, judged: &mut JudgedLedger) -> Result<(), CaseworkError> {
        if judged.lab.is_lone_case() {
            self.remarks.push(
                "the case was looked at without its lab: what the lab's ledger and trusted checkpoint say of it was not compared"
                    .to_owned(),
            );
            return Ok(());
        }
        let name = judged.name.clone();
        self.missing_cosignature(judged)?;
        let mut own = match own_ledger_as_it_is(&judged.lab) {
            Ok(own) => own,
            Err(gone @ CaseworkError::LedgerGone { .. }) => {
                self.findings.push(gone.to_string());
                return Ok(());
            }
            Err(other) => return Err(other),
        };
        if name == RecordName::Lab {
            let missing = missing_by(&judged.lab, &own.ledger().entries()?)?;
            self.findings.extend(missing.sentences());
            return Ok(());
        }
        // Whatever fits or not: what it says is compared.
        let (lab, _) = match VerifiedLedger::read(&RecordName::Lab, &own.ledger(), None) {
            Err(damaged @ CaseworkError::Checkpoint { .. }) => {
                self.findings.push(damaged.to_string());
                return Ok(());
            }
            read => read?,
        };
        let verified = match VerifiedLedger::read(&name, &judged.ledger(), None) {
            // Said before, of the checkpoint itself.
            Err(CaseworkError::Checkpoint { .. }) => None,
            read => Some(read?.0),
        };
        let known = lab.knowledge().filter(|_| judged.scope.trusted);
        if let (Some(known), Some(verified)) = (known, verified) {
            match compare_with_lab(&name, &judged.ledger(), &verified, (known, lab.keys())) {
                // Said below, of every key.
                Ok(()) | Err(Broken::Past(Discontinuity::ForeignKey { .. })) => {}
                Err(Broken::Past(why)) => self.findings.push(why.to_string()),
                Err(Broken::Store(error)) => return Err(error.into()),
            }
        }
        self.compare_keys(lab.keys());
        Ok(())
    }

    /// The keys that the record names as the lab's are those that the lab's ledger knows.
    fn compare_keys(&mut self, lab: &KeyHistory) {
        for key in self.reading.keys().keys().iter().filter(|key| key.role == KeyRole::Log) {
            let id = to_hex(&key.key.id());
            match lab.find(&key.key) {
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
    }
}

/// Entries that bear an earlier time than the one before them. Their order is fixed by the chain; their times are not.
fn clock_set_back(entries: &[StoredEntry]) -> Vec<String> {
    let mut before: Option<(u64, UtcTime)> = None;
    let mut found = Vec::new();
    for entry in entries {
        let Some(written) = EntryView::read(entry).and_then(|view| view.written_second()) else {
            continue;
        };
        if let Some((seq, time)) =
            before.as_ref().filter(|(_, time)| written.as_str() < time.as_str())
        {
            let at = entry.seq;
            found.push(format!(
                "entry {at} bears the time {written}, entry {seq} before it {time}: a clock was set back"
            ));
        }
        before = Some((entry.seq, written));
    }
    found
}

/// Names a checkpoint by how many entries it covers.
fn checkpoint_of(size: u64) -> String {
    format!("checkpoint of {}", counted(size, "entry", "entries"))
}
