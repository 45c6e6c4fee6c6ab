//! Forms of rows.

use clap::ValueEnum;

/// The form of an export.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// JSON Lines: one object a stream
    Jsonl,
    /// CSV with a header (RFC 4180): one record a stream
    Csv,
    /// The body file of The Sleuth Kit, for `mactime`
    Bodyfile,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FindFormat {
    /// Lines for people
    Table,
    /// CSV with a header (RFC 4180): one record a stream
    Csv,
    /// JSON Lines: one object a stream
    Jsonl,
    /// exhibit:path, each with a zero byte behind it (for `xargs -0`)
    Paths0,
}

/// Every form of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowFormat {
    Table,
    Csv,
    Jsonl,
    Paths0,
    Bodyfile,
}

impl From<FindFormat> for RowFormat {
    fn from(format: FindFormat) -> Self {
        match format {
            FindFormat::Table => Self::Table,
            FindFormat::Csv => Self::Csv,
            FindFormat::Jsonl => Self::Jsonl,
            FindFormat::Paths0 => Self::Paths0,
        }
    }
}
