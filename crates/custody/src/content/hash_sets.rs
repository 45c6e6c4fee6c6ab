//! The lab's hash sets: taken in, handed out, removed, their codes given a meaning.

use super::{DecimalText, entry_content, entry_object};
use crate::merkle::Hash;

entry_object! {
    /// A file that was read together with a set's source.
    Companion {
        /// Its name.
        name: String,
        /// Its digest.
        sha256: Hash,
    }
}

entry_content! {
    /// A hash set was imported.
    SetImportContent writes SetImport {
        /// Its name.
        set: String,
        /// Its version.
        version: String,
        /// The digest of its content.
        digest: Hash,
        /// The format of the source.
        format: &'static str,
        /// What a match means.
        disposition: &'static str,
        /// The scheme of its category codes.
        category_scheme: String,
        /// The name of the source file.
        source: String,
        /// The digest of the source file.
        source_sha256: Hash,
        /// The first files that were read with it.
        companions: Vec<Companion>,
        /// Entries that were taken in.
        entries: DecimalText,
        /// Entries that were there twice.
        duplicates: DecimalText,
        /// Records that were rejected.
        rejected: DecimalText,
        /// Entries of the empty file, which are left out.
        empty_files_dropped: DecimalText,
        /// Why the entry comes later than the set, if it does.
        remark: Option<&'static str>,
    }
}

entry_content! {
    /// A Bloom filter was imported.
    RankingImportContent writes SetImport {
        /// Its name.
        set: String,
        /// Its version.
        version: String,
        /// The digest of its content.
        digest: Hash,
        /// The format.
        format: &'static str,
        /// The name of the source file.
        source: String,
        /// The digest of the source file.
        source_sha256: Hash,
        /// Keys that were entered.
        entries: DecimalText,
        /// That it gives no hits.
        remark: &'static str,
    }
}

entry_content! {
    /// A hash set was removed. The frame gives the reason.
    SetRemoveContent writes SetRemove {
        /// Its name.
        set: String,
        /// Its version.
        version: String,
        /// The digest of its content.
        digest: Hash,
        /// Entries that it had.
        entries: DecimalText,
        /// Cases that have hits of it.
        cases_with_hits: DecimalText,
        /// The first of these cases.
        first_cases: Vec<String>,
        /// Cases that could not be asked.
        cases_not_asked: DecimalText,
    }
}

entry_content! {
    /// A Bloom filter was removed. The frame gives the reason.
    RankingRemoveContent writes SetRemove {
        /// Its name.
        set: String,
        /// Its version.
        version: String,
        /// The digest of its content.
        digest: Hash,
        /// The format.
        format: &'static str,
    }
}

entry_content! {
    /// A hash set left the lab.
    SetExportContent writes Note {
        /// That it did, in words.
        text: String,
        /// Its name.
        set: String,
        /// Its version.
        version: String,
        /// The digest of its content.
        set_digest: Hash,
        /// How it must be handled.
        handling: String,
        /// The file.
        to: String,
        /// Entries that were written.
        entries: DecimalText,
    }
}

entry_object! {
    /// A category code whose meaning changed.
    CodeChange {
        /// The code.
        code: String,
        /// What it meant.
        before: &'static str,
        /// What it means now.
        now: &'static str,
    }
}

entry_content! {
    /// The meaning of category codes was changed.
    MappingContent writes Note {
        /// That it was, in words.
        text: &'static str,
        /// The scheme of the codes.
        scheme: String,
        /// The number of changes.
        changed: DecimalText,
        /// The first changes.
        changes: Vec<CodeChange>,
    }
}
