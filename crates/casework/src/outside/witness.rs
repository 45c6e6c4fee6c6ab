//! Witnesses: requests and signatures as files.

use std::path::{Path, PathBuf};

use case_model::{RecordName, to_hex};
use custody::content::CheckpointContent;
use custody::{
    Checkpoint, JudgedSignature, KeyKind, KeyRole, SignedCheckpoint, SigningKey, VerifierKey,
    WitnessRequest, consistency_proof,
};
use lab::Lab;
use sha2::{Digest, Sha256};

use super::leaves;
use crate::author::now_ns;
use crate::quantities::counted;
use crate::session::named;
use crate::small_file::{read_checkpoint, read_small, write_new};
use crate::{CaseworkError, LedgerReading, Session};

/// A request that was written for a witness.
#[derive(Clone, Debug)]
pub struct AskedWitness {
    /// The witness.
    pub witness: VerifierKey,
    /// The size of the checkpoint to be signed.
    pub size: u64,
    /// The size of the checkpoint that the witness signed last.
    pub old_size: u64,
}

/// A witness's signature that was taken in.
#[derive(Clone, Debug)]
pub struct Cosigned {
    /// The size of the checkpoint.
    pub size: u64,
    /// The signature.
    pub by: JudgedSignature,
}

impl Session {
    /// Writes the last checkpoint with the proof that it continues what a witness signed last. `witness` is an id or a name; `since` the
    /// size to begin at, where the witness signed a checkpoint whose signature never came back.
    ///
    /// # Errors
    /// That the ledger names no such witness; what keeps the file from being written.
    pub fn ask_witness(
        &mut self,
        name: &RecordName,
        out: &Path,
        witness: Option<&str>,
        since: Option<u64>,
    ) -> Result<AskedWitness, CaseworkError> {
        let checkpoint = self.signed_checkpoint(name)?;
        let size = checkpoint.checkpoint().size();
        let record = self.record(name)?;
        let meant = |key: &VerifierKey| {
            witness.is_none_or(|wanted| {
                key.name() == wanted || to_hex(&key.id()) == wanted.to_ascii_lowercase()
            })
        };
        let keys = record.verified.keys().keys();
        let mut witnesses =
            keys.iter().filter(|key| key.role == KeyRole::Witness && key.revoked_by.is_none());
        let witness = witnesses.find(|key| meant(&key.key)).map(|key| key.key.clone()).ok_or_else(|| {
            CaseworkError::Check("the ledger names no such witness: `athar key add FILE.vkey --role witness --holder NAME` first, then any command that writes an entry in the case".to_owned())
        })?;
        let mut signed_before = 0;
        for stored in record.ledger.checkpoints()? {
            let signed = SignedCheckpoint::from_bytes(&stored.note);
            if signed.is_ok_and(|signed| signed.verify(std::slice::from_ref(&witness)).is_ok()) {
                signed_before = stored.size;
            }
        }
        let old_size = since.unwrap_or(signed_before);
        let proof = consistency_proof(&leaves(&record, size)?, old_size).ok_or_else(|| {
            let entries = counted(size, "entry", "entries");
            CaseworkError::Request(format!(
                "--since {old_size}: the last checkpoint covers {entries}"
            ))
        })?;
        write_new(out, WitnessRequest { old_size, proof, checkpoint }.to_string().as_bytes())?;
        Ok(AskedWitness { witness, size, old_size })
    }

    /// Tells the lab's ledger which witness signed which checkpoint: a signature that is taken away is then missed.
    fn tell_of_witness(
        &mut self,
        name: &RecordName,
        signed: &SignedCheckpoint,
        witness: &str,
    ) -> Result<(), CaseworkError> {
        let size = signed.checkpoint().size();
        let root = *signed.checkpoint().root();
        let last = self.record(name)?.ledger.entry(size)?;
        let head =
            last.ok_or_else(|| CaseworkError::Check(format!("{name} has no entry {size}")))?.hash;
        let witness = Some(witness.to_owned());
        let content = CheckpointContent { size, root, head, witness };
        let entry = named(name, self.author().entry(content));
        self.append(&RecordName::Lab, entry).map(drop)
    }

    /// Takes a witness's signature into the ledger's checkpoint.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn take_cosignature(
        &mut self,
        name: &RecordName,
        reply: &Path,
    ) -> Result<Cosigned, CaseworkError> {
        let answer = read_checkpoint(reply)?;
        let size = answer.checkpoint().size();
        let shown = reply.display();
        let refused = |why: &dyn std::fmt::Display| {
            CaseworkError::Check(format!("{shown}: not taken in: {why}"))
        };
        let mut record = self.record(name)?;
        let stored = record.ledger.checkpoints()?.into_iter().find(|stored| stored.size == size);
        let entries = counted(size, "entry", "entries");
        let stored =
            stored.ok_or_else(|| refused(&format!("there is no checkpoint of {entries}")))?;
        let mut ours =
            SignedCheckpoint::from_bytes(&stored.note).map_err(|error| refused(&error))?;
        ours.merge(&answer).map_err(|error| refused(&error))?;
        let reading = LedgerReading::of(&record.ledger, &[size])?;
        let judged = reading.record.judge_checkpoint(&reading.origin, &ours, &[]);
        let judged = judged.map_err(|fault| refused(&fault))?;
        let by =
            judged.into_iter().find(|signature| signature.verified.key.kind() == KeyKind::Cosigner);
        let by = by.ok_or_else(|| refused(&"no witness that this ledger names has signed it"))?;
        record.ledger.transaction(|ledger| ledger.store_checkpoint(&ours))?;
        self.lab().trust_checkpoint(name, &ours)?;
        self.tell_of_witness(name, &ours, by.verified.key.name())?;
        Ok(Cosigned { size, by })
    }
}

/// What a witness keeps of each record: the log's key, and the last checkpoint that it signed. No lab is needed.
#[derive(Clone, Debug)]
pub struct WitnessFolder {
    folder: PathBuf,
}

impl WitnessFolder {
    /// Returns the folder of a witness; made on first use.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Checks a request against everything that was signed before, and signs it into the file `out`. `log_key` is the lab's public key,
    /// which is needed the first time.
    ///
    /// # Errors
    /// Why it is not signed.
    pub fn sign(
        &self,
        request: &Path,
        key: &SigningKey,
        log_key: Option<&Path>,
        out: &Path,
    ) -> Result<Checkpoint, CaseworkError> {
        let shown = request.display();
        let refused = |why: &dyn std::fmt::Display| {
            CaseworkError::Check(format!("{shown}: not signed: {why}"))
        };
        let asked =
            WitnessRequest::from_bytes(&read_small(request)?).map_err(|error| refused(&error))?;
        let origin = asked.checkpoint.checkpoint().origin().to_owned();
        let name = to_hex(&Sha256::digest(origin.as_bytes()));
        let kept_key = self.folder.join(format!("{name}.vkey"));
        let kept_note = self.folder.join(format!("{name}.note"));
        let known = kept_key.exists().then(|| read_public_key(&kept_key)).transpose()?;
        let given = log_key.map(read_public_key).transpose()?;
        let log = match (known, given) {
            (Some(known), Some(given)) if known != given => {
                return Err(refused(&format!(
                    "the log key given is not the one that this witness knows for {origin} ({})",
                    kept_key.display()
                )));
            }
            (Some(key), _) | (None, Some(key)) => key,
            (None, None) => {
                return Err(refused(
                    &"this record is new here: give the lab's public key (--log-key), after comparing its fingerprint with the paper",
                ));
            }
        };
        let last = kept_note.exists().then(|| read_checkpoint(&kept_note)).transpose()?;
        asked.check(&log, last.as_ref()).map_err(|error| refused(&error))?;
        let mut signed = asked.checkpoint;
        signed.cosign(key, u64::try_from(now_ns() / 1_000_000_000).unwrap_or(0));
        // Kept before it is handed over: a witness that forgets what it signed can be shown two records.
        Lab::write_key(&kept_key, &format!("{log}\n"), true)?;
        Lab::write_key(&kept_note, &signed.to_string(), true)?;
        write_new(out, signed.to_string().as_bytes())?;
        Ok(signed.checkpoint().clone())
    }
}

fn read_public_key(path: &Path) -> Result<VerifierKey, CaseworkError> {
    let text = String::from_utf8_lossy(&read_small(path)?).into_owned();
    text.trim_end()
        .parse()
        .map_err(|error| CaseworkError::Check(format!("{}: {error}", path.display())))
}
