//! Checkpoints: signed at the end of every command that appended to a ledger.

use case_store::{Lab, Ledger, RecordName, Standing, StoreError, take_migration};
use custody::{Act, Checkpoint, EntryBody, KeyHistory, SignedCheckpoint, SigningKey, grouped_hex};
use pipeline::Scribe;
use serde_json::json;

use crate::arguments::Global;
use crate::exit::Failure;
use crate::lab_keys::{log_key, log_key_of, make_log_key, missing_keys};
use crate::open_lab::scribe;
use crate::output::Output;

/// Characters of the root that a line at the end of a command shows: four groups of four digits.
const SHORT_ROOT_CHARACTERS: usize = 19;

/// Signs what the command appended to the ledgers that it opened. A key that cannot be used is said, and is no failure: the entries stand,
/// and the next command that can sign covers them. A ledger that does not fit what was signed before is a failure.
pub(crate) fn sign_what_was_appended(global: &Global, output: &Output) -> Result<(), Failure> {
    let Some(lab) = global.opened_lab.get() else { return Ok(()) };
    say_migrations(lab, output);
    if lab.opened().is_empty() {
        // Nothing was opened for work: no key is needed, and none is made.
        return Ok(());
    }
    let mut signer = Signer::new(global, lab)?;
    for record in lab.opened() {
        match signer.sign(&record) {
            Ok(Some(signed)) => say(global, &record, &signed, output),
            Ok(None) => {}
            Err(Unsigned::Key(why)) => {
                let text = format!("athar: {record}: its last entries are not signed: {why}");
                output.aside(
                    &text,
                    &json!({ "event": "unsigned", "record": record.to_string(), "why": why.to_string() }),
                );
            }
            Err(Unsigned::Ledger(failure)) => return Err(*failure),
        }
    }
    Ok(())
}

/// Files that were changed to a newer layout because they were opened.
fn say_migrations(lab: &Lab, output: &Output) {
    for migration in lab.migrations() {
        let (file, copy) = (migration.file.display(), migration.copy.display());
        let (from, to) = (migration.from, migration.to);
        let text =
            format!("{file}: brought from layout {from} to {to}; as it was before, it is kept in {copy}");
        let sha256 = case_model::to_hex(&migration.sha256);
        output.aside(
            &text,
            &json!({ "event": "layout", "file": file.to_string(), "from": from, "to": to, "copy": copy.to_string(), "copy_sha256": sha256 }),
        );
    }
}

fn say(global: &Global, record: &RecordName, signed: &SignedCheckpoint, output: &Output) {
    let checkpoint = signed.checkpoint();
    let (size, root) = (checkpoint.size(), grouped_hex(checkpoint.root()));
    let (case, command) = match record {
        RecordName::Lab => (None, "athar custody checkpoint".to_owned()),
        RecordName::Case(id) => (Some(id.as_str()), format!("athar custody checkpoint {id}")),
    };
    let text = match global.verbose {
        true => format!("Checkpoint of {record}: {size} entries, root {root}"),
        false => {
            let root = root.get(..SHORT_ROOT_CHARACTERS).unwrap_or(&root);
            format!(
                "Checkpoint of {record}: {size} entries, root {root} … (`{command}` prints it for the paper)"
            )
        }
    };
    // The lab's own ledger moves with most commands; people look at it when they ask for it.
    if case.is_some() || global.verbose || global.json {
        output.aside(&text, &json!({ "event": "checkpoint", "case": case, "entries": size, "root": case_model::to_hex(checkpoint.root()) }));
    }
}

/// Why a ledger's last entries are under no checkpoint.
pub(crate) enum Unsigned {
    /// The key is not at hand.
    Key(Box<Failure>),
    /// The ledger is not fit to be signed.
    Ledger(Box<Failure>),
}

impl From<Unsigned> for Failure {
    fn from(unsigned: Unsigned) -> Self {
        match unsigned {
            Unsigned::Key(failure) | Unsigned::Ledger(failure) => *failure,
        }
    }
}

impl From<Failure> for Unsigned {
    fn from(failure: Failure) -> Self {
        Self::Ledger(Box::new(failure))
    }
}

impl From<StoreError> for Unsigned {
    fn from(error: StoreError) -> Self {
        Self::Ledger(Box::new(error.into()))
    }
}

/// Signs checkpoints of the lab's ledgers; the key is read, and its passphrase asked for, once and only when it is needed.
pub(crate) struct Signer<'g> {
    global: &'g Global,
    lab: &'g Lab,
    scribe: Scribe,
    keys: KeyHistory,
    key: Option<SigningKey>,
}

impl<'g> Signer<'g> {
    pub(crate) fn new(global: &'g Global, lab: &'g Lab) -> Result<Self, Failure> {
        let scribe = scribe(global, lab);
        let mut keys = lab.ledger_as_it_is()?.ledger().standing(&[])?.record.keys;
        if log_key_of(&keys).is_none() {
            // A lab of before there were keys.
            let mut ledger = lab.ledger()?;
            make_log_key(lab, &mut ledger, &scribe)?;
            keys = ledger.ledger().standing(&[])?.record.keys;
        }
        Ok(Self { global, lab, scribe, keys, key: None })
    }

    /// Signs a ledger if it grew since its last checkpoint. `None` when it did not.
    pub(crate) fn sign(&mut self, record: &RecordName) -> Result<Option<SignedCheckpoint>, Unsigned> {
        let kept = self.lab.last_known(record)?;
        let signed = match record {
            RecordName::Lab => self
                .lab
                .ledger_as_it_is()?
                .transaction(|ledger, _| Ok(self.in_transaction(ledger, record, kept.as_ref())))??,
            RecordName::Case(id) => {
                let mut case = self.lab.open_case_as_it_is(id)?;
                case.transaction(|ledger, connection| {
                    if let Some(note) = take_migration(connection)? {
                        let entry = self.scribe.entry(Act::SchemaMigrate).case(id.as_str());
                        let entry = entry.field("from", note.from).field("to", note.to);
                        ledger.append(&match note.copy {
                            Some((sha256, name)) => {
                                entry.field("copy_of_before", name).field("copy_sha256", sha256)
                            }
                            None => entry,
                        })?;
                    }
                    Ok(self.in_transaction(ledger, record, kept.as_ref()))
                })??
            }
        };
        if let Some(signed) = &signed {
            self.lab.keep_last_known(record, signed)?;
        }
        Ok(signed)
    }

    /// Nobody can append between the reading of the entries and the writing of the checkpoint.
    fn in_transaction(
        &mut self,
        ledger: &mut Ledger<'_>,
        record: &RecordName,
        kept: Option<&SignedCheckpoint>,
    ) -> Result<Option<SignedCheckpoint>, Unsigned> {
        let mut standing = sound(ledger, record, kept)?;
        if standing.head().seq <= standing.covered {
            return Ok(not_kept(ledger, standing.covered, kept)?);
        }
        let missing = match record {
            RecordName::Lab => Vec::new(),
            RecordName::Case(_) => missing_keys(&self.keys, standing.keys(), &self.scribe),
        };
        let key = self.key()?;
        if !missing.is_empty() {
            append_all(ledger, record, missing)?;
            standing = sound(ledger, record, kept)?;
        }
        let checkpoint =
            Checkpoint::new(&standing.origin, standing.head().seq, standing.record.chain.root)
                .map_err(|error| Failure::Check(format!("{record}: no checkpoint can be made: {error}")))?;
        let signed = checkpoint.sign(&key);
        ledger.store_checkpoint(&signed)?;
        Ok(Some(signed))
    }

    /// The lab's key.
    pub(crate) fn key(&mut self) -> Result<SigningKey, Unsigned> {
        if self.key.is_none() {
            self.key = Some(
                log_key(self.global, self.lab, &self.keys)
                    .map_err(|failure| Unsigned::Key(Box::new(failure)))?,
            );
        }
        self.key.clone().ok_or_else(|| Unsigned::Key(Box::new(Failure::Check("no key".to_owned()))))
    }
}

/// The last checkpoint, if the lab does not keep it: the program was stopped between the two.
fn not_kept(
    ledger: &Ledger<'_>,
    covered: u64,
    kept: Option<&SignedCheckpoint>,
) -> Result<Option<SignedCheckpoint>, StoreError> {
    if kept.is_some_and(|kept| kept.checkpoint().size() >= covered) {
        return Ok(None);
    }
    let last = ledger.last_checkpoint()?.and_then(|last| SignedCheckpoint::from_bytes(&last.note).ok());
    Ok(last.filter(|last| last.checkpoint().size() == covered && covered > 0))
}

fn append_all(
    ledger: &mut Ledger<'_>,
    record: &RecordName,
    entries: Vec<EntryBody>,
) -> Result<(), StoreError> {
    for entry in entries {
        let entry = match record {
            RecordName::Case(id) => entry.case(id.as_str()),
            RecordName::Lab => entry,
        };
        ledger.append(&entry)?;
    }
    Ok(())
}

/// A ledger that fits what is known of it and whose chain is whole. Anything else is never signed.
fn sound(
    ledger: &Ledger<'_>,
    record: &RecordName,
    kept: Option<&SignedCheckpoint>,
) -> Result<Standing, Failure> {
    let standing = ledger.checked(record, kept)?;
    match &standing.record.chain.fault {
        None => Ok(standing),
        Some(fault) => Err(Failure::Check(format!(
            "{record}: the custody ledger was changed: {fault}; it is not signed any more, `athar custody verify` says what is left"
        ))),
    }
}
