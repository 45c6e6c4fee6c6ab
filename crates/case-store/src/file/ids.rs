//! Ids of rows: a number alone would not say of which table.

use std::fmt;

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// Makes the id type of a table.
macro_rules! row_id {
    ($($(#[$note:meta])* $name:ident;)*) => {$(
        $(#[$note])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub struct $name(i64);

        impl $name {
            /// The id that no row has: a row that refers to it is refused.
            pub const NONE: Self = Self(0);

            /// Returns the id with this number.
            #[must_use]
            pub const fn from_number(number: i64) -> Self {
                Self(number)
            }

            /// Returns the number of the row.
            #[must_use]
            pub const fn number(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }
    )*};
}

row_id! {
    /// A run of the program over a case.
    RunId;
    /// What was given to a scan: a file or a folder.
    ExhibitId;
    /// An image, or a plain folder, that was registered.
    ImageId;
    /// A part of a medium.
    VolumeId;
    /// A file system.
    FileSystemId;
    /// A directory.
    DirectoryId;
    /// A stream, or an object without content.
    EntryId;
    /// A hash set that a case has hits of.
    SetId;
}

/// Row numbers that those of an image's entries and links are above: without indexes, older rows need not be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowsAbove {
    pub(crate) entry: i64,
    pub(crate) link: i64,
}
