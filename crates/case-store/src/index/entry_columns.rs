//! The one table of the columns of `entry`: INSERT, SELECT and the canonical digest are made from it.
//!
//! A line is a column: its name, what of it takes part in the digest, its value of a new row, and what a found row shows of it. The digest
//! takes the columns in this order. What is shown: field, type, SQL (`{…}`: of the entry or of a further name), and how it is read.

use case_model::{Disposition, SharedZone, Timestamp, UnreadableRange, encode_times};
use rusqlite::Row;
use words::Statement;

use super::closed_words::{ClosedWord, word};
use super::columns::{New, stored_columns};
use super::entry::{EntryRow, raw_to_keep};
use super::finding::FoundFinding;
use super::hits::FoundHit;
use super::matching::ContentCheck;
use crate::file::ids::EntryId;
use crate::file::integers::{integer, unsigned};

impl<'r> New<'r, EntryRow> {
    fn stream_raw(&self) -> Option<Vec<u8>> {
        let (raw, encoding) = &self.row.stream_name;
        raw_to_keep(raw, *encoding, &self.row.readable_stream_name())
    }

    fn name_raw(&self) -> Option<Vec<u8>> {
        raw_to_keep(&self.row.name, self.row.encoding, &self.row.readable)
    }

    fn target_raw(&self) -> Option<&'r Vec<u8>> {
        let (raw, readable) = self.row.target.as_ref()?;
        (raw != readable.as_bytes()).then_some(raw)
    }
}

fn ns(time: Option<Timestamp>) -> Option<i64> {
    time.and_then(|time| time.unix_ns)
}

/// The columns of a found row, read one behind the other.
pub(crate) struct Cursor<'r, 'q> {
    row: &'r Row<'q>,
    next: usize,
}

impl Cursor<'_, '_> {
    fn take<T: rusqlite::types::FromSql>(&mut self) -> Result<T, rusqlite::Error> {
        let value = self.row.get(self.next);
        self.next = self.next.saturating_add(1);
        value
    }

    fn word<T: ClosedWord>(&mut self) -> Result<T, rusqlite::Error> {
        let value = word(self.row, self.next);
        self.next = self.next.saturating_add(1);
        value
    }

    fn size(&mut self) -> Result<u64, rusqlite::Error> {
        self.take().map(unsigned)
    }

    /// All 64 bits are used.
    fn bits(&mut self) -> Result<u64, rusqlite::Error> {
        self.take().map(i64::cast_unsigned)
    }

    fn path(&mut self) -> Result<String, rusqlite::Error> {
        let (directory, name, stream): (String, String, String) =
            (self.take()?, self.take()?, self.take()?);
        Ok(full_path(&directory, &name, &stream))
    }
}

/// Returns the readable path of a stream.
pub(crate) fn full_path(directory: &str, name: &str, stream: &str) -> String {
    let path = match (directory, name) {
        (directory, "") => directory.to_owned(),
        ("/", name) => format!("/{name}"),
        (directory, name) => format!("{directory}/{name}"),
    };
    if stream.is_empty() { path } else { format!("{path}:{stream}") }
}

/// Makes `ENTRY`, the columns that are stored; `SHOWN`, those that are selected; [`FoundRow`] and its reading.
macro_rules! entry_columns {
    (
        shown besides { $($(#[$more_note:meta])* $more:ident: $more_type:ty = $more_sql:literal, $more_read:ident;)* }
        $($name:ident, $digest:literal, |$new:ident| $value:expr
            $(=> $(#[$note:meta])* $field:ident: $type:ty = $sql:literal, $read:ident)?;)*
    ) => {
        stored_columns! {
            /// The columns of `entry`.
            ENTRY: EntryRow;
            $($name, $digest, |$new| $value;)*
        }

        /// What is selected of a found row, in the order in which it is read.
        const SHOWN: &[(&str, &str)] =
            &[$($((stringify!($field), $sql),)?)* $((stringify!($more), $more_sql),)*];

        /// A stream that was found (or that is exported).
        #[derive(Clone, Debug)]
        #[expect(missing_docs, reason = "the columns of `entry` and what they point to, described in the schema")]
        pub struct FoundRow {
            $($($(#[$note])* pub $field: $type,)?)*
            $($(#[$more_note])* pub $more: $more_type,)*
            /// What reading the content again showed, where that was asked for.
            pub content_check: Option<ContentCheck>,
            pub hits: Vec<FoundHit>,
            /// What analysers found, the content type among it.
            pub findings: Vec<FoundFinding>,
            /// What could not be read of it. Its digests have zeros in these places.
            pub unreadable: Vec<UnreadableRange>,
            /// The zone of those of its times that the medium keeps without a zone, where the case knows it.
            pub zone: Option<SharedZone>,
        }

        impl FoundRow {
            /// The names of all fields: an export shows each of them.
            pub const FIELDS: &[&str] = &[
                $($(stringify!($field),)?)* $(stringify!($more),)* "content_check", "findings", "hits", "unreadable", "zone",
            ];

            pub(crate) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
                let mut cursor = Cursor { row, next: 0 };
                Ok(Self {
                    $($($field: cursor.$read()?,)?)*
                    $($more: cursor.$more_read()?,)*
                    content_check: None,
                    hits: Vec::new(),
                    findings: Vec::new(),
                    unreadable: Vec::new(),
                    zone: None,
                })
            }
        }
    };
}

entry_columns! {
    shown besides {
        id: EntryId = "e.id AS id", take;
        image: String = "i.name", take;
        volume_offset: u64 = "v.start", size;
        /// True when the row stands for a further name of its record (a hard link).
        further_name: bool = "{further} AS further", take;
        /// The SID of the owner, where the record names one (NTFS).
        owner_sid: Option<String> = "{owner} AS owner_sid", take;
    }
    file_system, "v.ordinal, f.kind", |new| new.file_system.number() => file_system: String = "f.kind", take;
    number, "e.number", |new| integer(new.row.number) => number: u64 = "e.number", size;
    generation, "e.generation", |new| new.row.generation.cast_signed() => generation: u64 = "e.generation", bits;
    stream, "e.stream", |new| new.row.stream;
    stream_kind, "e.stream_kind", |new| new.row.stream_kind => stream_kind: String = "e.stream_kind", take;
    stream_name, "e.stream_name", |new| new.row.readable_stream_name();
    stream_raw, "e.stream_raw", |new| new.stream_raw();
    directory, "d.path", |new| new.row.directory.number() => path: String = "d.path, {n}.name, e.stream_name", path;
    name, "e.name", |new| &new.row.readable;
    name_raw, "e.name_raw", |new| new.name_raw() => name_raw: Option<Vec<u8>> = "{n}.name_raw", take;
    encoding, "e.encoding", |new| new.row.encoding.key();
    kind, "e.kind", |new| new.row.kind => kind: String = "e.kind", take;
    state, "e.state", |new| new.row.state => state: String = "{n}.state", take;
    orphan, "e.orphan", |new| new.row.orphan
        => #[doc = "No directory leads to it."] orphan: bool = "e.orphan", take;
    metadata, "e.metadata", |new| new.row.metadata => metadata: bool = "e.metadata", take;
    at, "e.at", |new| integer(new.row.at);
    size, "e.size", |new| integer(new.row.size) => size: u64 = "e.size", size;
    valid, "e.valid", |new| integer(new.row.valid);
    modified, "e.modified", |new| ns(new.row.times.modified) => modified: Option<i64> = "e.modified", take;
    accessed, "e.accessed", |new| ns(new.row.times.accessed) => accessed: Option<i64> = "e.accessed", take;
    changed, "e.changed", |new| ns(new.row.times.changed) => changed: Option<i64> = "e.changed", take;
    created, "e.created", |new| ns(new.row.times.created) => created: Option<i64> = "e.created", take;
    deleted, "e.deleted", |new| ns(new.row.times.deleted) => deleted: Option<i64> = "e.deleted", take;
    times_raw, "e.times_raw", |new| encode_times(&new.row.times)
        => times_raw: Option<Vec<u8>> = "e.times_raw", take;
    name_times_raw, "e.name_times_raw", |new| new.row.name_times.as_ref().and_then(encode_times)
        => name_times_raw: Option<Vec<u8>> = "e.name_times_raw", take;
    mode, "e.mode", |new| new.row.mode => mode: Option<u32> = "e.mode", take;
    uid, "e.uid", |new| new.row.owner.map(|owner| owner.0) => uid: Option<u32> = "e.uid", take;
    gid, "e.gid", |new| new.row.owner.map(|owner| owner.1) => gid: Option<u32> = "e.gid", take;
    links, "e.links", |new| new.row.links => links: Option<u32> = "e.links", take;
    attributes, "e.attributes", |new| new.row.attributes => attributes: u32 = "e.attributes", take;
    target, "e.target", |new| new.row.target.as_ref().map(|target| &target.1)
        => target: Option<String> = "e.target", take;
    target_raw, "e.target_raw", |new| new.target_raw();
    details, "e.details", |new| new.row.details.as_ref() => details: Option<String> = "e.details", take;
    confidence, "e.confidence", |new| new.row.confidence.as_ref().map(Statement::encode) => confidence: Option<String> = "e.confidence", take;
    extents, "e.extents", |new| new.row.extents.as_ref() => extents: Option<Vec<u8>> = "e.extents", take;
    disposition, "e.disposition", |new| new.row.disposition.key() => disposition: Disposition = "e.disposition", word;
    rule, "e.rule", |new| new.row.rule.as_ref().map(Statement::encode) => rule: Option<String> = "e.rule", take;
    content_type, "e.content_type", |new| new.row.content_type.as_deref()
        => content_type: Option<String> = "e.content_type", take;
    md5, "e.md5", |new| new.row.digests.md5.as_ref() => md5: Option<Vec<u8>> = "e.md5", take;
    sha1, "e.sha1", |new| new.row.digests.sha1.as_ref() => sha1: Option<Vec<u8>> = "e.sha1", take;
    sha256, "e.sha256", |new| new.row.digests.sha256.as_ref() => sha256: Option<Vec<u8>> = "e.sha256", take;
    blake3, "e.blake3", |new| new.row.digests.blake3.as_ref() => blake3: Option<Vec<u8>> = "e.blake3", take;
}

/// The owner that an entry of NTFS names by number.
const OWNER: &str = "(SELECT o.sid FROM security_owner o WHERE o.file_system = e.file_system AND o.security_id = e.uid \
    AND f.kind = 'NTFS')";

/// Returns what is selected for [`FoundRow::read`]; `names` is what the query calls the row of the name: `e`, or `l` of `link`. A layout
/// before 7, which is looked at as it is, has no owners.
pub(crate) fn shown_columns(names: &str, with_owners: bool) -> String {
    let columns: Vec<&str> = SHOWN.iter().map(|(_, sql)| *sql).collect();
    let further = if names == "e" { "0" } else { "1" };
    let owner = if with_owners { OWNER } else { "NULL" };
    columns.join(", ").replace("{n}", names).replace("{further}", further).replace("{owner}", owner)
}
