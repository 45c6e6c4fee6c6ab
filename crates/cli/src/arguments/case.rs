//! The words of `athar case`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Case {
    /// The cases of the lab: state, dates, what their answers cover; and those that were removed
    List,
    /// One case in numbers
    Show {
        /// The case
        case: String,
    },
    /// The canonical digest of the case's index: the same evidence, sets and configuration give the same digest
    Digest {
        /// The case
        case: String,
    },
    /// Say that an item which a scan was asked for, and which was never read, is no longer part of the case
    Withdraw(WithdrawItem),
    /// Record the time zone of an exhibit's clock: converts the local times that its FAT and exFAT volumes keep without a zone
    #[command(after_help = ZONE_HELP)]
    Zone(ZoneOfExhibit),
    /// Give a case another name. What was printed, exported or witnessed before stays true: the record keeps the origin of its first entry
    Rename(RenameCase),
    /// Close a case: nothing is scanned into it any more. Questions, matches and acts of people go on
    Close(CaseAndReason),
    /// Open a closed case again
    Reopen(CaseAndReason),
    /// Remove a case: its index is deleted, its record is kept, and the lab's ledger tells of it. Undoes a case that was made by a slip
    #[command(after_help = REMOVE_HELP)]
    Remove(RemoveCase),
    /// Copy a case into a file of its own, also while it is scanned or queried, and check the copy
    #[command(after_help = BACKUP_HELP)]
    Backup {
        /// The case
        case: String,
        /// The file to write, which must not exist; or a folder, in which the file is named by case and time
        #[arg(value_name = "FILE|FOLDER")]
        to: PathBuf,
    },
    /// Bring a case back from a copy that `case backup` made; the case must not be there
    #[command(after_help = RESTORE_HELP)]
    Restore(RestoreCase),
    /// Check a case, or a copy of one, without changing anything: the database, the ledger, what was signed, the index
    #[command(after_help = CHECK_HELP)]
    Check {
        /// The case, or the file of a copy
        #[arg(value_name = "CASE|BACKUP")]
        what: String,
    },
}

const BACKUP_HELP: &str = "\
The copy is of one moment, whatever is written meanwhile. It is written under a temporary name, flushed, read back and checked (database, rows that
point nowhere, ledger, signatures, index), and only then gets its name. The case's ledger and the lab's then record it with its SHA-256:
the copy's ledger is the beginning of the case's. It holds neither keys nor hash sets nor evidence: keep those of the lab's folder too.
Exit codes: 0 the copy is made, checked and on record, 3 it is made and checked, but one of the ledgers could not say so, 1 there is no copy.";

const RESTORE_HELP: &str = "\
The copy is checked before it is put in place, and the restoration is recorded in the lab's ledger and in the case's. What the lab knows the case to have
had beyond the copy is said and recorded as given up.
Exit codes: 0 the case is back as it was when the copy was made, and no later entry is known, 3 it is back, and later entries are given up, 1 it is not back.";

const REMOVE_HELP: &str = "\
The record (every entry, signature, checkpoint and time stamp) moves into the lab's folder cases/removed; `athar custody verify CASE` checks it as ever.
The name is free again. The file is deleted, not overwritten; copies that `case backup` made elsewhere stay.";

const CHECK_HELP: &str = "\
Exit codes: 0 the file agrees with itself and with what the lab keeps (nobody outside is asked: see `custody verify --key`), 1 something is wrong, 3 nothing is wrong, but not everything could be compared (an older layout).";

const ZONE_HELP: &str = "\
The index keeps local times as they are, and no scan is made again: find, export and body files convert them, and name the zone and its source. \
Of a time that clocks showed twice, or never, both readings are given. An image inside an exhibit has the exhibit's zone, unless one is recorded for \
itself. The zone `unknown` says that what was recorded before does not count any more.";

#[derive(Args, Debug)]
pub(crate) struct ZoneOfExhibit {
    /// The case
    pub(crate) case: String,
    /// The exhibit: its name or its path, as `athar case show` prints them
    #[arg(value_name = "EXHIBIT|PATH")]
    pub(crate) exhibit: String,
    /// The IANA name of the zone, like Asia/Baghdad or Africa/Cairo; or unknown
    #[arg(value_name = "ZONE")]
    pub(crate) zone: String,
    /// How it is known; goes into the ledger
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: String,
}

#[derive(Args, Debug)]
pub(crate) struct WithdrawItem {
    /// The case
    pub(crate) case: String,
    /// The item: its name or its path, as `athar case show` prints them
    #[arg(value_name = "ITEM|PATH")]
    pub(crate) item: String,
    /// Why; goes into the ledger
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct RestoreCase {
    /// The copy
    pub(crate) backup: PathBuf,
    /// The case that it is a copy of
    pub(crate) case: String,
    /// Why it is needed; goes into the ledgers
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct RenameCase {
    /// The case
    pub(crate) case: String,
    /// Its new name
    #[arg(value_name = "NEW-NAME")]
    pub(crate) to: String,
    /// Why; goes into the ledgers
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct CaseAndReason {
    /// The case
    pub(crate) case: String,
    /// Why; goes into the ledgers
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveCase {
    /// The case
    pub(crate) case: String,
    /// Why; goes into the ledgers
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Also when evidence is in its index, which is deleted then
    #[arg(long)]
    pub(crate) index: bool,
}
