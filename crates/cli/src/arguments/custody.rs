//! The words of `athar custody`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::AddAct;

const VERIFY_HELP: &str = "\
Exit codes: 0 proved (everything agrees, and a key or a checkpoint that was given covers every entry), 3 consistent, proved by nobody outside
(everything agrees with itself; who can write all of it could have forged all of it), 1 not valid.";

#[derive(Debug, Subcommand)]
pub(crate) enum Custody {
    /// The ledger's entries, and actions that were begun and not ended
    Show {
        /// The case; without it the lab's own ledger
        case: Option<String>,
    },
    /// Check everything: chain, tree, checkpoints, signatures, time stamps, and the index against the entries; names the first bad entry
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyCustody),
    /// Write an entry about what was done with an exhibit, or a note, a deviation, a correction
    #[command(subcommand)]
    Add(AddAct),
    /// Print the last signed checkpoint, for the paper record or as a file for somebody else to keep
    Checkpoint(PrintCheckpoint),
    /// Write the proof of one entry (c2sp.org/tlog-proof): an exhibit that verifies offline
    Prove(Prove),
    /// Have checkpoints signed by somebody outside, by files on a removable medium
    #[command(subcommand)]
    Witness(Witness),
    /// Have the last checkpoint time-stamped (RFC 3161), by files
    Timestamp(Timestamp),
    /// Export the record as a BagIt folder or zip that verifies without this program
    Export(ExportCustody),
    /// Take over entries that nobody signed, after somebody looked at them: the key was not at hand, or a program was ended
    Adopt(Adopt),
    /// Go on with an older copy of a case file or of the lab's ledger, after that and why is on record
    Restore(Restore),
}

#[derive(Args, Debug)]
pub(crate) struct VerifyCustody {
    /// The case, or an export (folder or zip); without it the lab's own ledger
    #[arg(value_name = "CASE|EXPORT", conflicts_with = "all")]
    pub(crate) what: Option<String>,
    /// The lab's own ledger and those of all its cases, removed ones too: one line each, and one verdict
    #[arg(long)]
    pub(crate) all: bool,
    /// A checkpoint that was kept elsewhere: the file of a witness, or what a camera read from the paper
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Vec<PathBuf>,
    /// A public key that was handed over in another way (its fingerprint is on paper)
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct PrintCheckpoint {
    /// The case; without it the lab's own ledger
    pub(crate) case: Option<String>,
    /// With the QR symbol of the whole signed note: what a camera reads is a file for --against
    #[arg(long)]
    pub(crate) qr: bool,
    /// Write the signed note into this file, to be kept elsewhere
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Prove {
    /// The case
    pub(crate) case: String,
    /// The entry's number, as `athar custody show` prints it
    pub(crate) entry: u64,
    /// Write into this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Witness {
    /// In the lab: write the last checkpoint with the proof that it continues what this witness signed last
    Request {
        /// The case; without it the lab's own ledger
        case: Option<String>,
        /// The file for the witness
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The witness's key id or name, where the lab has several [default: the only one]
        #[arg(long, value_name = "KEY")]
        witness: Option<String>,
        /// Begin at the checkpoint of so many entries: where the witness signed one whose signature never came back
        #[arg(long, value_name = "ENTRIES")]
        since: Option<u64>,
    },
    /// At the witness: check a request against everything signed before, and sign it
    Sign {
        /// The request
        request: PathBuf,
        /// The witness's private key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The lab's public key; needed the first time, remembered from then on
        #[arg(long, value_name = "FILE")]
        log_key: Option<PathBuf>,
        /// The folder where the witness keeps what it has signed
        #[arg(long, value_name = "DIR")]
        seen: PathBuf,
        /// The file for the lab
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// In the lab: take the witness's signature into the ledger's checkpoint
    Import {
        /// What the witness sent back
        reply: PathBuf,
        /// The case; without it the lab's own ledger
        case: Option<String>,
    },
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct TimestampFile {
    /// Write a request (DER) for a time-stamping authority: only the digest of the checkpoint leaves the lab
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// Take the authority's answer (DER) into the ledger's checkpoint
    #[arg(long, value_name = "FILE")]
    pub(crate) token: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Timestamp {
    /// The case; without it the lab's own ledger
    pub(crate) case: Option<String>,
    #[command(flatten)]
    pub(crate) file: TimestampFile,
}

#[derive(Args, Debug)]
pub(crate) struct ExportCustody {
    /// The case
    pub(crate) case: String,
    /// The new folder, or the new file when the name ends in .zip
    #[arg(value_name = "OUT[.zip]")]
    pub(crate) out: PathBuf,
    /// What authorises the work, for the CASE document: kind and number, as in "réquisition:PG/2026/77"
    #[arg(long, value_name = "KIND:NUMBER")]
    pub(crate) authority: Option<String>,
    /// Leave the list of files (DFXML) out
    #[arg(long)]
    pub(crate) no_files: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Adopt {
    /// The case; without it the lab's own ledger
    pub(crate) case: Option<String>,
    /// Why nobody signed them, and who looked at them
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// The case; without it the lab's own ledger
    pub(crate) case: Option<String>,
    /// Why the newer file cannot be had
    #[arg(long)]
    pub(crate) reason: String,
    /// Where the copy comes from
    #[arg(long, value_name = "TEXT")]
    pub(crate) from: String,
}
