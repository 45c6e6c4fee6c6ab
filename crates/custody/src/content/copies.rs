//! Copies of cases and records: made, brought back, brought to a newer layout.

use super::{DecimalText, entry_content};
use crate::merkle::Hash;

entry_content! {
    /// A case was copied; in the lab's ledger and in the case's.
    BackupContent writes Backup {
        /// The file of the copy.
        to: String,
        /// The hash of the last entry in the copy's ledger.
        head: Hash,
        /// The number of entries in the copy's ledger.
        entries: u64,
        /// The digest of the copy's file.
        sha256: Hash,
        /// The size of the copy's file.
        bytes: DecimalText,
    }
}

entry_content! {
    /// A case was brought back from a copy that was checked.
    CaseRestoreContent writes Restore {
        /// The file of the copy.
        from: String,
        /// The hash of the last entry in the copy's ledger.
        head: Hash,
        /// The number of entries in the copy's ledger.
        entries: u64,
        /// The digest of the copy's file.
        sha256: Hash,
        /// The size of the checkpoint that is given up, if the copy is older.
        given_up_entries: Option<u64>,
        /// Its root.
        given_up_root: Option<Hash>,
    }
}

entry_content! {
    /// Work goes on with an older copy that somebody put in the place of the file.
    RestoreContent writes Restore {
        /// Where the copy comes from, in words.
        from: String,
        /// The hash of the last entry in the copy's ledger.
        head: Hash,
        /// The number of entries in the copy's ledger.
        entries: u64,
        /// The size of the checkpoint that is given up.
        given_up_entries: Option<u64>,
        /// Its root.
        given_up_root: Option<Hash>,
    }
}

entry_content! {
    /// A checkpoint of a case was signed: in the lab's ledger, which so knows what the case's had.
    CheckpointContent writes Checkpoint {
        /// The number of entries that it covers.
        size: u64,
        /// The root over them.
        root: Hash,
        /// The hash of the last of them.
        head: Hash,
        /// The witness that signed it, if that is why it is recorded.
        witness: Option<String>,
    }
}

entry_content! {
    /// Entries that nobody signed were looked at and taken over. The frame gives the reason.
    AdoptContent writes Adopt {
        /// The first of them.
        from_seq: u64,
        /// The last of them.
        to_seq: u64,
        /// The hash of the last.
        head: Hash,
    }
}

entry_content! {
    /// The record was exported.
    ExportLogContent writes ExportLog {
        /// The folder or file.
        to: String,
        /// The number of entries before this one.
        size: u64,
        /// The root over them.
        root: Hash,
        /// The number of files in the export that are not part of the record itself. Entries of earlier versions do not name them.
        content_files: Option<u64>,
        /// The digest of the lines of these files in the export's manifest.
        content: Option<Hash>,
    }
}

entry_content! {
    /// The case file was brought to a newer layout.
    SchemaMigrateContent writes SchemaMigrate {
        /// The layout before.
        from: String,
        /// The layout now.
        to: String,
        /// The file name of the copy that was kept, if there is one.
        copy_of_before: Option<String>,
        /// The digest of that copy.
        copy_sha256: Option<String>,
    }
}
