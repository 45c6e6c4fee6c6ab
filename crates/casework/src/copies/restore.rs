//! Brings a case back from a copy.

use std::path::{Path, PathBuf};

use case_model::{CaseId, RecordName, to_hex};
use case_store::{CaseFile, UnfinishedCopy};
use custody::content::CaseRestoreContent;
use custody::{Act, EntryBody, EntryView, Head, SignedCheckpoint};
use lab::Lab;

use super::check::{Health, examine_file};
use crate::quantities::counted;
use crate::{CaseworkError, LedgerReading, Session};

/// A case that was brought back.
#[derive(Clone, Debug)]
pub struct RestoredCase {
    /// Its file.
    pub place: PathBuf,
    /// The last entry that the copy held.
    pub head: Head,
    /// The digest of the copy.
    pub sha256: [u8; 32],
    /// The entries that the lab knew of.
    pub known: Option<u64>,
    /// What is lost.
    pub given_up: GivenUp,
}

/// What the lab knows of entries beyond the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// Nothing.
    Nothing,
    /// The one entry that the making of the copy itself was.
    TheBackup,
    /// So many.
    Entries(u64),
}

/// A copy that is sound and of this lab.
struct SoundCopy {
    head: Head,
    own: Option<SignedCheckpoint>,
    sha256: [u8; 32],
}

impl Session {
    /// Brings a case back from a copy. The case must not be there.
    ///
    /// # Errors
    /// Why nothing was restored.
    pub fn restore_case(
        &mut self,
        id: &CaseId,
        backup: &Path,
        reason: &str,
    ) -> Result<RestoredCase, CaseworkError> {
        let shown = backup.display();
        let lab = self.lab().clone();
        let place = free_place(&lab, id)?;
        let found = CaseFile::open_copy(backup).map_err(|error| {
            CaseworkError::Check(format!("{shown}: nothing was restored: {error}"))
        })?;
        let known = self.knowledge()?;
        let created_as =
            known.map_or(id.as_str(), |known| known.created_as(id.as_str())).to_owned();
        if known.is_some_and(|known| known.renamed(id.as_str()).is_some()) {
            return Err(self.unknown_case(id)?);
        }
        if found.id().as_str() != created_as {
            return Err(CaseworkError::Request(format!(
                "{shown} is a copy of case {}; restore it under that name",
                found.id()
            )));
        }
        drop(found);
        let (copy, _) = UnfinishedCopy::of_file(backup, &place)?;
        let (health, sha256) = examine_file(&lab, copy.path())?;
        let name = RecordName::Case(id.clone());
        let trusted = lab.trusted_checkpoint(&name)?;
        let recorded = self.is_recorded(&sha256)?;
        let sound = sound(&copy, health, (sha256, recorded), trusted.as_ref())
            .map_err(|why| CaseworkError::Check(format!("{shown}: nothing was restored: {why}")))?;
        self.must_be_of_this_lab(id, &created_as, &copy)?;
        let given_up = given_up(&sound, recorded, trusted.as_ref());
        let beyond = trusted.as_ref().filter(|_| given_up != GivenUp::Nothing);
        // First the lab's ledger: what is given up is on record before it is given up.
        let entry = self.case_restore_entry(id, backup, reason, &sound, beyond);
        self.append(&RecordName::Lab, entry)?;
        copy.put_in_place(&place)?;
        if given_up != GivenUp::Nothing {
            match &sound.own {
                Some(own) => lab.replace_trusted_checkpoint(&name, own)?,
                None => lab.forget_trusted_checkpoint(&name)?,
            }
        }
        // Whatever the copy holds is taken over by this act, signed or not.
        self.record(&name)?.verified.take_as_own();
        let entry = self.case_restore_entry(id, backup, reason, &sound, beyond);
        self.append(&name, entry)?;
        let known = trusted.map(|trusted| trusted.checkpoint().size());
        Ok(RestoredCase { place, head: sound.head, sha256: sound.sha256, known, given_up })
    }

    fn case_restore_entry(
        &self,
        id: &CaseId,
        backup: &Path,
        reason: &str,
        sound: &SoundCopy,
        given_up: Option<&SignedCheckpoint>,
    ) -> EntryBody {
        let from = std::path::absolute(backup).unwrap_or_else(|_| backup.to_owned());
        let content = CaseRestoreContent {
            from: from.to_string_lossy().into_owned(),
            head: sound.head.hash,
            entries: sound.head.seq,
            sha256: sound.sha256,
            given_up_entries: given_up.map(|signed| signed.checkpoint().size()),
            given_up_root: given_up.map(|signed| *signed.checkpoint().root()),
        };
        self.author().entry(content).case(id.as_str()).reason(reason)
    }

    /// The lab's ledger knows with which entry each of its cases begins.
    fn must_be_of_this_lab(
        &self,
        id: &CaseId,
        created_as: &str,
        copy: &UnfinishedCopy,
    ) -> Result<(), CaseworkError> {
        let mut case = CaseFile::open_copy(copy.path())?;
        let first = case.ledger().entry(1)?.map(|entry| to_hex(&entry.hash));
        let mut known = false;
        let mut same = false;
        self.own_ledger_as_it_is()?.ledger().each(&mut |entry| {
            let Some(view) = EntryView::read(&entry) else { return true };
            if view.act() == Some(Act::CaseCreate) && view.case() == Some(created_as) {
                known = true;
                // Labs of before there were keys did not name it.
                same |= view.first_entry().is_none() || view.first_entry() == first.as_deref();
            }
            true
        })?;
        match (known, same) {
            (true, true) => Ok(()),
            (true, false) => Err(CaseworkError::Check(format!(
                "nothing was restored: the lab's ledger says that case {id} begins with another entry: this copy is of another case of that name"
            ))),
            (false, _) => Err(CaseworkError::Check(format!(
                "nothing was restored: the ledger of the lab in {} knows no case {id}: the copy is of another lab. Restore that lab's folder first \
                 (lab.toml, ledger.db, keys, checkpoints), and name it with --lab",
                self.lab().folder().display()
            ))),
        }
    }

    /// Returns whether the lab's ledger names the copy by its digest.
    fn is_recorded(&mut self, sha256: &[u8; 32]) -> Result<bool, CaseworkError> {
        let digest = to_hex(sha256);
        let mut recorded = false;
        self.record(&RecordName::Lab)?.ledger.each(&mut |entry| {
            recorded = EntryView::read(&entry).is_some_and(|view| {
                view.act() == Some(Act::Backup) && view.sha256() == Some(digest.as_str())
            });
            !recorded
        })?;
        Ok(recorded)
    }
}

/// Returns where the case's file will be. Neither it nor what belongs to one may be there.
fn free_place(lab: &Lab, id: &CaseId) -> Result<PathBuf, CaseworkError> {
    let place = lab.case_path(id);
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut path = place.clone().into_os_string();
        path.push(ending);
        let path = PathBuf::from(path);
        if path.symlink_metadata().is_ok() {
            return Err(CaseworkError::Request(format!(
                "{}: it is there; nothing is restored over a case. Look at it (`athar case check {id}`), then move it and the files \
                 beside it away if the copy shall take its place",
                path.display()
            )));
        }
    }
    Ok(place)
}

/// Takes nothing that is not whole, that was not signed by this lab, or that does not fit what the lab knows of the case.
fn sound(
    copy: &UnfinishedCopy,
    health: Health,
    (sha256, recorded): ([u8; 32], bool),
    trusted: Option<&SignedCheckpoint>,
) -> Result<SoundCopy, String> {
    if !health.faults.is_empty() {
        return Err(health.faults.join("; "));
    }
    let verdict = health.verdict.ok_or("its ledger cannot be read")?;
    let head = verdict.reading.head();
    let mut case = CaseFile::open_copy(copy.path()).map_err(|error| error.to_string())?;
    let last = case.ledger().last_checkpoint().map_err(|error| error.to_string())?;
    let own = last.map(|last| SignedCheckpoint::from_bytes(&last.note)).transpose();
    let own = own.map_err(|error| error.to_string())?;
    match trusted {
        // A copy of the middle of a first scan holds no checkpoint: the lab's ledger, which is signed, proves it.
        Some(trusted) if trusted.checkpoint().size() > head.seq && own.is_none() && !recorded => {
            Err(format!(
                "the lab knows {} of this case, and the copy, of {}, holds no signed checkpoint and is not named by the lab's ledger: \
             nothing proves that it is of this case",
                counted(trusted.checkpoint().size(), "entry", "entries"),
                head.seq
            ))
        }
        Some(trusted) if trusted.checkpoint().size() <= head.seq => {
            let reading = LedgerReading::of(&case.ledger(), &[trusted.checkpoint().size()])
                .map_err(|error| error.to_string())?;
            match reading.record.judge_checkpoint(&reading.origin, trusted, &[]) {
                Ok(_) | Err(custody::CheckpointFault::VoidKey { .. }) => {
                    Ok(SoundCopy { head, own, sha256 })
                }
                Err(fault) => {
                    Err(format!("it does not fit the last checkpoint that the lab kept: {fault}"))
                }
            }
        }
        _ => Ok(SoundCopy { head, own, sha256 }),
    }
}

/// Returns what the lab knows beyond the copy: the entry that recorded the copy is no loss.
fn given_up(sound: &SoundCopy, recorded: bool, trusted: Option<&SignedCheckpoint>) -> GivenUp {
    let known = trusted.map_or(0, |trusted| trusted.checkpoint().size());
    match known.saturating_sub(sound.head.seq) {
        0 => GivenUp::Nothing,
        1 if recorded => GivenUp::TheBackup,
        more => GivenUp::Entries(more),
    }
}
