//! What entries of each act say: one struct an act, so that a field's name is written in one place.
//!
//! A struct's fields are the entry's fields, in name and form. Records hold these names for ever: a field may be added, never renamed.

mod copies;
mod hash_sets;
mod index;
mod keys;
mod lab_and_case;
mod people;
mod scan;
mod value;

pub use copies::{
    AdoptContent, BackupContent, CaseRestoreContent, CheckpointContent, ExportLogContent,
    RestoreContent, SchemaMigrateContent,
};
pub use hash_sets::{
    CodeChange, Companion, MappingContent, RankingImportContent, RankingRemoveContent,
    SetExportContent, SetImportContent, SetRemoveContent,
};
pub use index::{
    CatContent, CatInterruptedContent, ContentsVerifyContent, ExportContent, ExtractContent,
    ExtractStartContent, MatchContent, MatchedSet, MediumVerifyContent, NamedDigest, QueryContent,
    UnreadableRange, ZoneSetContent,
};
pub use keys::{KeyAddContent, KeyRevokeContent};
pub use lab_and_case::{
    CaseCloseContent, CaseCreateContent, CaseRemoveContent, CaseRenameContent, CaseReopenContent,
    LabCreateContent,
};
pub use people::{
    ContainerClaims, Document, PeopleContent, Said, SaidDigest, said_field, signed_with,
};
pub use scan::{
    Claim, FailedItem, IndexContent, ItemDiscardedContent, ItemResumedContent, ItemWithdrawContent,
    NamedAnalyser, NamedSet, RegisterContent, ScanFinishContent, ScanInterruptedContent,
    ScanStartContent, SlowWork, StoredDigest,
};
pub use value::{DecimalText, FieldValue};

use crate::act::Act;
use crate::entry::EntryBody;

/// What an entry of one act says beside who, when and with what.
pub trait EntryContent {
    /// The act.
    fn act(&self) -> Act;

    /// Writes the fields into the frame of an entry of [`Self::act`].
    #[must_use]
    fn write_into(self, frame: EntryBody) -> EntryBody;
}

/// Declares the content of an act's entries: each field under its own name.
macro_rules! entry_content {
    ($(#[$about:meta])* $name:ident writes $act:ident { $($(#[$meaning:meta])* $field:ident: $value:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$meaning])* pub $field: $value,)*
        }

        impl $crate::content::EntryContent for $name {
            fn act(&self) -> $crate::act::Act {
                $crate::act::Act::$act
            }

            fn write_into(self, mut frame: $crate::entry::EntryBody) -> $crate::entry::EntryBody {
                $(if let Some(value) = $crate::content::FieldValue::into_json(self.$field) {
                    frame = frame.field(stringify!($field), value);
                })*
                frame
            }
        }
    };
}

/// Declares an object that stands in a field, mostly in a list.
macro_rules! entry_object {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $field:ident: $value:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$meaning])* pub $field: $value,)*
        }

        impl $crate::content::FieldValue for $name {
            fn into_json(self) -> Option<$crate::json::Json> {
                let mut members = $crate::json::Object::new();
                $(if let Some(value) = $crate::content::FieldValue::into_json(self.$field) {
                    members.insert(stringify!($field).to_owned(), value);
                })*
                Some($crate::json::Json::Object(members))
            }
        }
    };
}

use {entry_content, entry_object};
