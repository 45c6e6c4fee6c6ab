//! Acts of people, who write down what they did with an exhibit.

use super::{Claim, EntryContent, FieldValue, StoredDigest, entry_object};
use crate::act::Act;
use crate::entry::EntryBody;
use crate::json::Json;

/// The names of fields whose values have a form of their own; all others hold text.
pub mod said_field {
    /// Digests of a medium, with their algorithms.
    pub const DIGESTS: &str = "digests";
    /// The number of the entry that is corrected.
    pub const CORRECTS: &str = "corrects_seq";
    /// Words, which may be long.
    pub const TEXT: &str = "text";
    /// The file of an image.
    pub const IMAGE: &str = "image";
    pub(super) const DOCUMENTS: &str = "documents";
    pub(super) const FORMAT: &str = "format";
    pub(super) const SIZE_BYTES: &str = "size_bytes";
    pub(super) const CLAIMED: &str = "claimed_by_container";
    pub(super) const STORED: &str = "stored_digests";
}

entry_object! {
    /// A digest that somebody gave.
    SaidDigest {
        /// The algorithm.
        algorithm: &'static str,
        /// The digest in hexadecimal digits.
        digest: String,
    }
}

entry_object! {
    /// A photograph, form or receipt: the entry holds its digest, not its content.
    Document {
        /// The file's name.
        name: String,
        /// Its size.
        bytes: u64,
        /// Its digest in hexadecimal digits.
        sha256: String,
    }
}

/// What the container of an image claims: copied in as claimed, verified by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerClaims {
    /// The container's format.
    pub format: &'static str,
    /// The size of the medium.
    pub size_bytes: u64,
    /// Claims.
    pub claims: Vec<Claim>,
    /// Digests that the container stores.
    pub stored_digests: Vec<StoredDigest>,
}

/// What somebody said about one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Words.
    Text(String),
    /// Several of them.
    Texts(Vec<String>),
    /// A number.
    Number(u64),
    /// Digests.
    Digests(Vec<SaidDigest>),
}

impl FieldValue for Said {
    fn into_json(self) -> Option<Json> {
        match self {
            Self::Text(text) => text.into_json(),
            Self::Texts(texts) => texts.into_json(),
            Self::Number(number) => number.into_json(),
            Self::Digests(digests) => digests.into_json(),
        }
    }
}

/// Says in an entry, which is signed personally, that it is: with the id of the key. A signature that is taken away is then missed.
#[must_use]
pub fn signed_with(entry: EntryBody, key_id: &str) -> EntryBody {
    entry.field("signed_with", key_id)
}

/// An act of a person. [`Act::requirements`] says which fields it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleContent {
    /// The act.
    pub act: Act,
    /// Names of fields with what was said.
    pub said: Vec<(&'static str, Said)>,
    /// What the named image claims, when its file is there.
    pub container: Option<ContainerClaims>,
    /// Documents that belong to the act.
    pub documents: Vec<Document>,
}

impl EntryContent for PeopleContent {
    fn act(&self) -> Act {
        self.act
    }

    fn write_into(self, frame: EntryBody) -> EntryBody {
        let mut fields: Vec<(&str, Option<Json>)> = Vec::new();
        fields.extend(self.said.into_iter().map(|(name, said)| (name, said.into_json())));
        if let Some(container) = self.container {
            fields.push((said_field::FORMAT, container.format.into_json()));
            fields.push((said_field::SIZE_BYTES, container.size_bytes.into_json()));
            fields.push((said_field::CLAIMED, container.claims.into_json()));
            fields.push((said_field::STORED, container.stored_digests.into_json()));
        }
        if !self.documents.is_empty() {
            fields.push((said_field::DOCUMENTS, self.documents.into_json()));
        }
        let there = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        there.fold(frame, |frame, (name, value)| frame.field(name, value))
    }
}
