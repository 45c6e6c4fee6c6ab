//! The words of `athar key`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key: of an examiner who signs entries, of a witness (on the witness's own machine), or a new one of the lab
    New(NewKey),
    /// Let a key count that was made elsewhere: the public key of a witness, or of an examiner
    Add(AddKey),
    /// The keys that the lab's ledger names, with the fingerprints for the paper
    List,
    /// Let a key no longer count, in the lab's ledger and in every case's that names it; of the lab's own key a new one is made
    Revoke(RevokeKey),
    /// Write a public key
    Export(ExportKey),
    /// Lock a private key with a passphrase, or with another one
    Lock(LockKey),
}

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The lab: checkpoints
    Log,
    /// A person: entries
    Examiner,
    /// Somebody outside: checkpoints, with a time
    Witness,
}

#[derive(Args, Debug)]
pub(crate) struct NewKey {
    /// What it signs
    #[arg(long, value_enum, default_value = "examiner")]
    pub(crate) role: Role,
    /// Who holds it
    #[arg(long, value_name = "NAME")]
    pub(crate) holder: String,
    /// The private key's file [default: in the lab's folder of keys]; a witness needs one
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Lock it with a passphrase
    #[arg(long)]
    pub(crate) passphrase: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AddKey {
    /// The public key (.vkey: name+hash+key)
    pub(crate) file: PathBuf,
    /// What it signs
    #[arg(long, value_enum)]
    pub(crate) role: Role,
    /// Who holds it
    #[arg(long, value_name = "NAME")]
    pub(crate) holder: String,
}

#[derive(Args, Debug)]
pub(crate) struct RevokeKey {
    /// The key: its id, name or holder, as `athar key list` shows them
    pub(crate) key: String,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// The key may have been in other hands since then: signatures of entries from that time on do not count either
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) since: Option<i64>,
}

/// The form of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyForm {
    /// name+hash+key (C2SP): for --key, verify.py and witnesses
    Vkey,
    /// PEM: for openssl
    Pem,
    /// A line of an allowed_signers file: for ssh-keygen -Y verify
    Ssh,
}

#[derive(Args, Debug)]
pub(crate) struct ExportKey {
    /// The key: its id, name or holder [default: the lab's]
    pub(crate) key: Option<String>,
    /// The form
    #[arg(long, value_enum, default_value = "vkey")]
    pub(crate) form: KeyForm,
    /// Write into this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct LockKey {
    /// The private key's file [default: the lab's key]
    pub(crate) file: Option<PathBuf>,
    /// File with the new passphrase [default: the terminal is asked]
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
}
