//! Work with the index and with evidence that was scanned: questions, matches, content taken out, media read again.

use super::{DecimalText, entry_content, entry_object};
use crate::merkle::Hash;

entry_content! {
    /// The index was queried.
    QueryContent writes Query {
        /// The question.
        query: String,
        /// Rows that were handed out.
        rows: DecimalText,
    }
}

entry_content! {
    /// Data left the case. The frame gives the reason.
    ExportContent writes Export {
        /// What.
        what: String,
        /// Where to.
        to: String,
        /// Rows that were handed out.
        rows: DecimalText,
    }
}

entry_content! {
    /// The time zone of an exhibit's local times was recorded: those times that its medium keeps without a zone.
    ZoneSetContent writes ZoneSet {
        /// The absolute path of the exhibit.
        image: String,
        /// The IANA name of the zone, or [`ZoneSetContent::UNKNOWN`].
        zone: String,
        /// How the examiner knows it.
        source: String,
        /// The release of the time zone database that the name was looked up in.
        database: String,
    }
}

impl ZoneSetContent {
    /// The zone of an exhibit of which no zone is known any more: what was recorded before does not count.
    pub const UNKNOWN: &'static str = "unknown";
}

entry_content! {
    /// Files are being taken out of the evidence into a folder: their content leaves the case. The frame gives the reason.
    ExtractStartContent writes Export {
        /// What.
        what: String,
        /// Where to.
        to: String,
        /// That it began.
        outcome: &'static str,
    }
}

entry_object! {
    /// A file with its digest.
    NamedDigest {
        /// Its name.
        name: String,
        /// Its SHA-256.
        sha256: Hash,
    }
}

entry_content! {
    /// Files were taken out of the evidence into a folder. The frame gives the reason.
    ExtractContent writes Export {
        /// What.
        what: String,
        /// Where to.
        to: String,
        /// How it ended.
        outcome: String,
        /// Rows of the index that matched.
        rows: DecimalText,
        /// Files that the folder has whole.
        files: DecimalText,
        /// Of these, files that were there before.
        already_there: DecimalText,
        /// Bytes that were written.
        bytes: DecimalText,
        /// Further names of these files.
        further_names: DecimalText,
        /// Files with zeros in the place of what cannot be read.
        partial: DecimalText,
        /// Files that are not what the index says.
        different: DecimalText,
        /// Files that cannot be read back, or not in the clear.
        not_read: DecimalText,
        /// Files whose name something else had in the folder.
        name_taken: DecimalText,
        /// Rows without content.
        without_content: DecimalText,
        /// Rows whose content the scan left out by a rule.
        left_out: DecimalText,
        /// The manifests, which list the files with their digests.
        manifests: Vec<NamedDigest>,
    }
}

entry_content! {
    /// A file's content was taken out of the evidence.
    CatContent writes Cat {
        /// The row of the entry in the index.
        entry: DecimalText,
        /// Its path.
        file: String,
        /// Which part: content or slack.
        part: &'static str,
        /// Bytes that were written.
        bytes: DecimalText,
        /// Of these, bytes that could not be read.
        unreadable_bytes: DecimalText,
        /// The digest of what was written.
        sha256: Hash,
        /// Whether the digest is that of the index: `yes`, `no` or `not hashed`.
        agrees_with_index: &'static str,
        /// Where the evidence was read, if that is another place than the recorded one.
        read_from: Option<String>,
    }
}

entry_content! {
    /// A file's content was being taken out when that ended.
    CatInterruptedContent writes Cat {
        /// The row of the entry in the index.
        entry: DecimalText,
        /// Its path.
        file: String,
        /// Why it ended.
        broken_off: String,
    }
}

entry_object! {
    /// What matching one set gave.
    MatchedSet {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
        /// The digest of its content.
        digest: Hash,
        /// Entries of the case that it lists.
        files: DecimalText,
        /// Hits that were added.
        new_hits: DecimalText,
        /// Hits that were recorded before.
        hits_before: DecimalText,
        /// Entries that an earlier version listed.
        withdrawn: DecimalText,
    }
}

entry_content! {
    /// The index was matched against hash sets.
    MatchContent writes Match {
        /// The first sets.
        sets: Vec<MatchedSet>,
        /// The number of all sets.
        number_of_sets: DecimalText,
        /// Hits that were added.
        new_hits: DecimalText,
        /// The canonical digest of the index afterwards.
        manifest: Hash,
        /// The digest of what of the case is shown and is not in the index digest. Older entries do not name it.
        case_frame: Option<Hash>,
    }
}

entry_object! {
    /// A range of a medium that could not be read.
    UnreadableRange {
        /// Its first byte.
        start: u64,
        /// Its length.
        length: u64,
        /// Why.
        why: String,
    }
}

entry_content! {
    /// A medium was read again and compared with what was recorded.
    MediumVerifyContent writes Verify {
        /// The image's name.
        subject: String,
        /// The image's path, as recorded.
        image: String,
        /// The path that was read now.
        read_from: String,
        /// The verdict.
        result: &'static str,
        /// The recorded SHA-256 in hexadecimal digits, or `none`.
        expected_sha256: String,
        /// The SHA-256 found now, or `none`.
        found_sha256: String,
        /// Bytes that could not be read.
        unreadable_bytes: DecimalText,
        /// The first such ranges.
        unreadable: Vec<UnreadableRange>,
        /// What does not agree, in words.
        wrong: Vec<String>,
    }
}

entry_content! {
    /// The content of files that hash sets list was read again.
    ContentsVerifyContent writes Verify {
        /// What was read.
        subject: &'static str,
        /// How many could be read, in words.
        result: String,
        /// The first sets, by digest.
        sets: Vec<Hash>,
        /// Contents with marks of an attack on SHA-1.
        sha1_collision_attacks: DecimalText,
        /// Contents of one byte, repeated.
        one_byte_repeated: DecimalText,
        /// Contents that are not those that were indexed.
        other_digests_than_indexed: DecimalText,
        /// The rows of the first entries with an attack or another digest.
        first_marked_entries: Vec<DecimalText>,
        /// The canonical digest of the index afterwards: the marks are part of it. Older entries do not name it.
        manifest: Hash,
        /// The digest of what of the case is shown and is not in the index digest. Older entries do not name it.
        case_frame: Option<Hash>,
    }
}
