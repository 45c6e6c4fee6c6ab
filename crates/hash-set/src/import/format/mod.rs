//! The formats, one file each.

mod csv_table;
mod digest_list;
mod sums;

use std::fmt;

use case_model::HitDisposition;
use serde::{Deserialize, Serialize};

pub(crate) use csv_table::role_of_column;
pub(crate) use sums::SumLine;

use super::collector::Collector;
use super::reading::SourceFile;
use crate::{ImportError, ImportOptions};

/// A format that sets come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// Delimited text with a header that names the columns.
    CsvTable,
    /// One digest a line.
    DigestList,
    /// `md5sum` and its kin: GNU (text, binary, escaped) and BSD tags, lines ended by line feeds.
    Sums,
    /// The same with lines ended by NUL (`-z`).
    SumsZero,
}

impl Format {
    /// All.
    pub const ALL: [Self; 4] = [Self::CsvTable, Self::DigestList, Self::Sums, Self::SumsZero];

    /// The word in options and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::CsvTable => "csv-table",
            Self::DigestList => "digest-list",
            Self::Sums => "sums",
            Self::SumsZero => "sums-zero",
        }
    }

    /// The format called `key`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.key() == key)
    }

    /// What a set in this format says where nobody says anything.
    pub(crate) fn default_disposition(self) -> HitDisposition {
        HitDisposition::Notable
    }

    /// Reads all records of `source`.
    pub(crate) fn read(
        self,
        source: &mut SourceFile,
        options: &ImportOptions,
        collector: &mut Collector<'_>,
    ) -> Result<(), ImportError> {
        match self {
            Self::CsvTable => csv_table::read(source, options, collector),
            Self::DigestList => digest_list::read(source, options, collector),
            Self::Sums => sums::read(source, b'\n', options, collector),
            Self::SumsZero => sums::read(source, 0, options, collector),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
