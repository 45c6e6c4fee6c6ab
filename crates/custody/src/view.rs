//! An entry as it is read: the words of its body, under the names under which [`crate::content`] writes them.

use crate::act::Act;
use crate::entry::{StoredEntry, UtcTime};
use crate::json::{Json, parse_canonical};

/// The body of a stored entry, read. Bodies come from files that anybody may have written: every member may be missing or of another kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView {
    body: Json,
}

macro_rules! text_fields {
    ($($(#[$about:meta])* $field:ident,)*) => {
        $($(#[$about])* #[must_use] pub fn $field(&self) -> Option<&str> {
            self.field(stringify!($field)).and_then(Json::as_text)
        })*
    };
}

impl EntryView {
    /// Reads an entry; `None` when its body is no canonical JSON.
    #[must_use]
    pub fn read(entry: &StoredEntry) -> Option<Self> {
        Some(Self { body: parse_canonical(&entry.body).ok()? })
    }

    /// The act, if the vocabulary knows it.
    #[must_use]
    pub fn act(&self) -> Option<Act> {
        self.member("act")?.parse().ok()
    }

    /// The case that the entry belongs to.
    #[must_use]
    pub fn case(&self) -> Option<&str> {
        self.member("case")
    }

    /// Why it was done, as said.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.member("reason")
    }

    /// When what it tells of began, as written.
    #[must_use]
    pub fn start(&self) -> Option<&str> {
        self.body.get("time")?.get("start")?.as_text()
    }

    /// When it was written: the end of what it tells of, else the start.
    #[must_use]
    pub fn written(&self) -> Option<&str> {
        let time = self.body.get("time")?;
        time.get("end").or_else(|| time.get("start"))?.as_text()
    }

    /// [`Self::written`] as a time, to the second. Clocks are corrected by fractions all the time, and a program may write two entries in
    /// another order than it began what they tell of.
    #[must_use]
    pub fn written_second(&self) -> Option<UtcTime> {
        UtcTime::parse(&format!("{}.000000000Z", self.written()?.get(..19)?)).ok()
    }

    /// The entry that this one ends, for interrupted scans.
    #[must_use]
    pub fn closes_seq(&self) -> Option<u64> {
        self.field("closes_seq").and_then(Json::as_u64)
    }

    /// Returns the layout that a database had before it was brought to a newer one.
    #[must_use]
    pub fn layout_before(&self) -> Option<u64> {
        self.field("from")?.as_text()?.parse().ok()
    }

    /// The number of entries that a checkpoint covers.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.field("size").and_then(Json::as_u64)
    }

    /// The number of entries of a copied ledger.
    #[must_use]
    pub fn number_of_entries(&self) -> Option<u64> {
        self.field("entries").and_then(Json::as_u64)
    }

    /// Returns whether the entry is about contents of hits that were read again: its marks change the index.
    #[must_use]
    pub fn is_about_contents(&self) -> bool {
        self.act() == Some(Act::Verify) && self.field("sha1_collision_attacks").is_some()
    }

    text_fields! {
        /// The lab: its name in `lab_create`, its origin in `case_create`.
        lab,
        /// The origin that `lab_create` gives the lab.
        origin,
        /// The hash of a case's first entry, in the lab's ledger.
        first_entry,
        /// The path of an image.
        image,
        /// The canonical digest of an index.
        manifest,
        /// The digest of an image's frame.
        frame,
        /// The digest of a case's frame.
        case_frame,
        /// The name of an exhibit.
        exhibit,
        /// By what an image's format was recognised.
        recognised_by,
        /// What reading a medium again showed.
        result,
        /// The SHA-256 of a copy.
        sha256,
        /// The hash of the last entry of a copy.
        head,
        /// The digest of an export's content files.
        content,
        /// The content digest of a hash set.
        digest,
        /// The name of a hash set.
        set,
        /// Its version.
        version,
        /// The number of entries of a hash set, as decimal text.
        entries,
        /// The format of a source or container.
        format,
        /// The time zone of an exhibit.
        zone,
        /// How something is known, or the name of a source file.
        source,
        /// The name that a renamed case got.
        to,
        /// The id of the personal key that signed the entry.
        signed_with,
        /// The witness that signed a checkpoint.
        witness,
    }

    /// Returns the items of a finished scan that failed: path and error. Empty for any other entry.
    #[must_use]
    pub fn failed_items(&self) -> Vec<(&str, &str)> {
        self.list("failed").iter().filter_map(failed_item).collect()
    }

    /// Returns the number of hash sets that a scan or a match looked up; `None` when the entry does not say.
    #[must_use]
    pub fn number_of_sets(&self) -> Option<u64> {
        match self.act()? {
            Act::ScanStart => self.field("sets")?.as_u64(),
            Act::Match => self.field("number_of_sets")?.as_text()?.parse().ok(),
            _ => None,
        }
    }

    /// Returns name, version and digest (hexadecimal) of the first hash sets that a scan or a match looked up.
    #[must_use]
    pub fn named_sets(&self) -> Vec<(&str, &str, &str)> {
        let field = if self.act() == Some(Act::Match) { "sets" } else { "set_digests" };
        self.list(field).iter().map(named_set).collect()
    }

    fn list(&self, name: &str) -> &[Json] {
        match self.field(name) {
            Some(Json::List(items)) => items,
            _ => &[],
        }
    }

    fn member(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Json::as_text)
    }

    fn field(&self, name: &str) -> Option<&Json> {
        self.body.get("fields")?.get(name)
    }
}

fn text_or_empty<'j>(item: &'j Json, name: &str) -> &'j str {
    item.get(name).and_then(Json::as_text).unwrap_or_default()
}

fn failed_item(item: &Json) -> Option<(&str, &str)> {
    Some((item.get("path")?.as_text()?, text_or_empty(item, "error")))
}

fn named_set(item: &Json) -> (&str, &str, &str) {
    (text_or_empty(item, "name"), text_or_empty(item, "version"), text_or_empty(item, "digest"))
}
