//! Scans: what was asked for, what came of each item, what was interrupted.

use super::{DecimalText, entry_content, entry_object};
use crate::merkle::Hash;

entry_object! {
    /// A hash set by name, version and digest.
    NamedSet {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
        /// The digest of its content.
        digest: Hash,
    }
}

entry_object! {
    /// What looks into every stream, by name and version.
    NamedAnalyser {
        /// Its name.
        name: String,
        /// The version of what it finds.
        version: String,
    }
}

entry_content! {
    /// A scan began.
    ScanStartContent writes ScanStart {
        /// The settings, as JSON text.
        configuration: String,
        /// The number of items.
        items: u64,
        /// The paths of the first items.
        image: Vec<String>,
        /// The number of hash sets.
        sets: u64,
        /// The first sets.
        set_digests: Vec<NamedSet>,
        /// What looked into every stream.
        analysers: Vec<NamedAnalyser>,
    }
}

entry_object! {
    /// An item that could not be taken in.
    FailedItem {
        /// Its path.
        path: String,
        /// Why, in words.
        error: String,
    }
}

entry_content! {
    /// A scan ended by itself.
    ScanFinishContent writes ScanFinish {
        /// What was done, in words.
        image: String,
        /// The state of the whole run.
        result: &'static str,
        /// The canonical digest of the case's index.
        manifest: Hash,
        /// The digest of what of the case is shown and is not in the index digest. Entries of earlier versions do not name it.
        case_frame: Option<Hash>,
        /// The first items that failed.
        failed: Vec<FailedItem>,
    }
}

entry_content! {
    /// A scan ended before its time; found by the next one, or written by the scan itself.
    ScanInterruptedContent writes ScanInterrupted {
        /// The entry that began it.
        closes_seq: u64,
        /// What was being scanned, in words.
        image: String,
        /// Why it ended.
        cause: String,
    }
}

entry_content! {
    /// An earlier scan of an item was interrupted; its rows were discarded.
    ItemDiscardedContent writes ScanInterrupted {
        /// The item's path.
        image: String,
        /// Why it could not be resumed.
        cause: String,
        /// What becomes of the item.
        outcome: &'static str,
    }
}

entry_content! {
    /// An earlier scan of an item was interrupted and is resumed.
    ItemResumedContent writes ScanInterrupted {
        /// The item's path.
        image: String,
        /// That it was interrupted.
        cause: &'static str,
        /// That it is resumed.
        outcome: &'static str,
        /// Bytes of the medium that were done.
        medium_bytes_done: DecimalText,
        /// Bytes of streams that were done.
        stream_bytes_done: DecimalText,
        /// Parts whose scan was done.
        parts_done: DecimalText,
    }
}

entry_content! {
    /// An item that was asked for and never read is withdrawn from the case. The frame gives the reason.
    ItemWithdrawContent writes ItemWithdraw {
        /// Its absolute path, as the scan was asked for it.
        image: String,
        /// Why it was not read, in words.
        unread: String,
    }
}

entry_object! {
    /// What a container claims about its medium; verified by nobody.
    Claim {
        /// The field, as the format calls it.
        field: String,
        /// The value.
        value: String,
    }
}

entry_object! {
    /// A digest that a container stores.
    StoredDigest {
        /// The algorithm.
        algorithm: &'static str,
        /// The digest in hexadecimal digits.
        digest: String,
        /// Where it is stored.
        place: &'static str,
    }
}

entry_content! {
    /// Evidence was registered.
    RegisterContent writes Register {
        /// The name of the image or folder.
        exhibit: String,
        /// Its path.
        image: String,
        /// The container's format.
        format: &'static str,
        /// By what the format was recognised.
        recognised_by: String,
        /// The size of the medium in bytes, or why there is none.
        size_bytes: String,
        /// The number of segment files.
        segments: u64,
        /// What the container claims.
        claimed_by_container: Vec<Claim>,
        /// The digests that the container stores.
        stored_digests: Vec<StoredDigest>,
    }
}

entry_object! {
    /// Something that took long.
    SlowWork {
        /// What.
        what: String,
        /// Seconds, with one decimal.
        seconds: String,
    }
}

entry_content! {
    /// The files of an image were listed and hashed.
    IndexContent writes Index {
        /// The name of the image or folder.
        exhibit: String,
        /// Its path.
        image: String,
        /// The state of the image.
        result: &'static str,
        /// Entries in the index.
        files: DecimalText,
        /// Streams that were lost.
        lost_streams: DecimalText,
        /// Problems that cost evidence.
        damages: DecimalText,
        /// Counts of the metadata that do not agree.
        unreconciled_counts: DecimalText,
        /// Bytes of the medium that could not be read.
        unreadable_bytes: DecimalText,
        /// Stored digests that do not agree.
        wrong_stored_digests: DecimalText,
        /// MD5 of the medium in hexadecimal digits.
        medium_md5: Option<String>,
        /// SHA-1 of the medium.
        medium_sha1: Option<String>,
        /// SHA-256 of the medium.
        medium_sha256: Option<String>,
        /// BLAKE3 of the medium.
        medium_blake3: Option<String>,
        /// What took long; left out when nothing did.
        slow: Option<Vec<SlowWork>>,
        /// The canonical digest of the image's rows.
        manifest: Hash,
        /// The digest of what of the image is shown and is not in that digest. Entries of earlier versions do not name it.
        frame: Option<Hash>,
    }
}
