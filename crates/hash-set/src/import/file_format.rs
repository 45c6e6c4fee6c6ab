//! The formats that sets come in: their names, and what they mean.

use std::fmt;

use case_model::HitDisposition;
use serde::{Deserialize, Serialize};

macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $variant:ident = $key:literal),* $(,)?) => {
        /// A format that sets come in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[doc = $doc])+ #[serde(rename = $key)] $variant,)*
        }

        impl Format {
            /// All.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in options and columns.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)*
                }
            }
        }
    };
}

formats! {
    /// Delimited text with a header that names the columns.
    CsvTable = "csv-table",
    /// One digest a line.
    DigestList = "digest-list",
    /// `md5sum` and its kin: GNU (text, binary, escaped) and BSD tags, lines ended by line feeds.
    Sums = "sums",
    /// The same with lines ended by NUL (`-z`).
    SumsZero = "sums-zero",
    /// hashdeep 1.0.
    Hashdeep = "hashdeep",
    /// `md5deep -z` and its kin (without `-z` they write [`Format::Sums`]).
    Md5Deep = "md5deep",
    /// NSRL RDSv3, a SQLite database, minimal or full, with deltas.
    NsrlRdsV3 = "nsrl-rdsv3",
    /// NSRL RDSv2, `NSRLFile.txt`.
    NsrlRdsV2 = "nsrl-rdsv2",
    /// NSRL RDS 1.5, `NSRLFile.txt`.
    NsrlRdsV1_5 = "nsrl-rdsv1.5",
    /// HashKeeper `.hsh` with `.hke`.
    HashKeeper = "hashkeeper",
    /// EnCase `.hash`.
    EnCase = "encase",
    /// ILook `.hsh`, versions 3 and 4.
    ILook = "ilook",
    /// X-Ways exchange text.
    XWays = "x-ways",
    /// INTERPOL ICSE export.
    InterpolIcse = "interpol-icse",
    /// Project VIC / CAID / VICS JSON.
    ProjectVic = "project-vic",
    /// MISP events, JSON.
    Misp = "misp",
    /// STIX 2.1 indicators, JSON.
    Stix = "stix",
    /// Autopsy / The Sleuth Kit `.kdb`.
    AutopsyKdb = "autopsy-kdb",
}

impl Format {
    /// The format called `key`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.key() == key)
    }

    /// Is it read row by row out of a database?
    pub(crate) fn is_database(self) -> bool {
        matches!(self, Self::NsrlRdsV3 | Self::AutopsyKdb)
    }

    /// What a set in this format says where nobody says anything.
    pub(crate) fn default_disposition(self) -> HitDisposition {
        match self {
            Self::NsrlRdsV3 | Self::NsrlRdsV2 | Self::NsrlRdsV1_5 => HitDisposition::Known,
            Self::InterpolIcse => HitDisposition::Alert,
            // Its categories speak; what has none must be looked at.
            Self::ProjectVic => HitDisposition::NeedsReview,
            _ => HitDisposition::Notable,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
