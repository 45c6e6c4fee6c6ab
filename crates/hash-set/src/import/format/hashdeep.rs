//! hashdeep 1.0.
//!
//! ```text
//! %%%% HASHDEEP-1.0
//! %%%% size,md5,sha256,filename
//! ## comment
//! 3,900150983cd24fb0d6963f7d28e17f72,ba7816bf…,/a,b       the file name is the rest of the line
//! ```
//!
//! A file name with a line feed breaks the format: its second line is counted as rejected.

use byte_source::length;
use case_model::{Algorithm, NameEncoding, readable_name};

use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{excerpt, put, read_digest};
use crate::import::reading::{Lines, SourceFile};
use crate::{ImportError, ImportNote, Position, RejectReason};

/// Begins the two header lines.
pub(crate) const HEADER_MARK: &[u8] = b"%%%% ";

/// What a column holds.
enum Column {
    Size,
    Digest(Algorithm),
    Other,
}

/// Reads all records.
pub(super) fn read(source: &SourceFile, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let mut lines = Lines::new(source, b'\n')?;
    let mut columns = Vec::new();
    while let Some((position, line)) = lines.next()? {
        if let Some(header) = line.strip_prefix(HEADER_MARK) {
            if !header.starts_with(b"HASHDEEP-") {
                columns = columns_of(&String::from_utf8_lossy(header), collector)?;
            }
        } else if !line.starts_with(b"#") && !line.is_empty() {
            read_record(&columns, line, &position, collector)?;
        }
    }
    Ok(())
}

impl Column {
    fn of(name: &str) -> Self {
        match Algorithm::from_key(name) {
            _ if name == "size" => Self::Size,
            Some(algorithm) => Self::Digest(algorithm),
            None => Self::Other,
        }
    }
}

/// The columns before the file name.
fn columns_of(header: &str, collector: &mut Collector<'_>) -> Result<Vec<Column>, ImportError> {
    let names: Vec<&str> = header.trim().split(',').collect();
    let mut columns = Vec::new();
    for name in names.iter().take(names.len().saturating_sub(1)) {
        let column = Column::of(name);
        if matches!(column, Column::Other) {
            collector.note(ImportNote::ColumnNotUsed { name: (*name).to_owned() });
        }
        columns.push(column);
    }
    match columns.iter().any(|column| matches!(column, Column::Digest(_))) {
        true => Ok(columns),
        false => Err(ImportError::NoDigestColumn {
            columns: names.into_iter().map(str::to_owned).collect(),
        }),
    }
}

fn read_record(
    columns: &[Column],
    line: &[u8],
    position: &Position,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let line = readable_name(line, NameEncoding::Bytes);
    let mut fields = line.splitn(columns.len().saturating_add(1), ',');
    let mut candidate = Candidate::default();
    for column in columns {
        let field = fields.next().unwrap_or_default();
        let read = match column {
            Column::Digest(algorithm) => read_digest(field, *algorithm).map(|digest| {
                digest.iter().for_each(|digest| put(&mut candidate.digests, *algorithm, digest));
            }),
            Column::Size => {
                let malformed = |_| RejectReason::Malformed { found: excerpt(&line) };
                field.trim().parse().map(|size| candidate.size = Some(size)).map_err(malformed)
            }
            Column::Other => Ok(()),
        };
        if let Err(reason) = read {
            collector.reject(position, reason);
            return Ok(());
        }
    }
    let Some(name) = fields.next() else {
        let expected = length(columns.len()).saturating_add(1);
        let found = length(line.split(',').count());
        collector.reject(position, RejectReason::Fields { expected, found });
        return Ok(());
    };
    candidate.name = Some(name.to_owned());
    collector.accept(position, candidate)
}
