//! Lists by `md5sum`, `sha1sum`, `sha256sum`, `b3sum` and their BSD kin.
//!
//! ```text
//! <hex><SP><SP>name     GNU, read as text        \<hex><SP><SP>a\\b\nc   the same escaped: \\ is \, \n is LF, \r is CR
//! <hex><SP>*name        GNU, read as binary      <hex><SP>name           BSD, md5 -r
//! SHA256 (name) = <hex> BSD tag, escaped with a leading \ as above; openssl writes SHA256(name)= <hex>
//! ```
//!
//! A digest without a name is taken as well. Lists made with `-z` end lines with NUL and escape nothing.
//!
//! A list that was recognised, not said to be of this format, may have further digests in the place of a name, comments and titles: it is
//! read by [`list_rows`]. Said to be of this format, what follows a digest is a name, whatever it looks like.

use case_model::{Algorithm, Digests, NameEncoding, readable_name};

use super::list_line::is_comment;
use super::list_rows::{self, Style};
use super::sum_line::SumLine;
use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{Untagged, algorithm_of_file_name, excerpt, put, read_digest};
use crate::import::reading::{Lines, SourceFile};
use crate::{Format, ImportError, ImportOptions, Position, RejectReason};

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    terminator: u8,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut untagged = Untagged::new(options, algorithm_of_file_name(&source.file_name()));
    let mut lines = Lines::new(source, terminator)?;
    if terminator == b'\n' && options.format != Some(Format::Sums) {
        return list_rows::read(lines, untagged, Style::Sums, collector);
    }
    while let Some((position, line)) = lines.next()? {
        if line.trim_ascii().is_empty() || is_comment(line) {
            continue;
        }
        let Some(line) = SumLine::parse(line, terminator == b'\n') else {
            let found = excerpt(&readable_name(line, NameEncoding::Bytes));
            collector.reject(&position, RejectReason::Malformed { found });
            continue;
        };
        read_line(&line, &position, &mut untagged, collector)?;
    }
    Ok(())
}

/// Takes a line that was taken apart.
fn read_line(
    line: &SumLine,
    position: &Position,
    untagged: &mut Untagged,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut digests = Digests::default();
    let read = match &line.tag {
        Some(tag) => read_tagged(tag, &line.digest, &mut digests),
        None => untagged.read(&line.digest, position, &mut digests)?,
    };
    match read {
        Ok(()) => {
            let name = line.readable_name();
            collector.accept(position, Candidate { digests, name, ..Candidate::default() })?;
        }
        Err(reason) => collector.reject(position, reason),
    }
    Ok(())
}

fn read_tagged(tag: &str, digest: &str, digests: &mut Digests) -> Result<(), RejectReason> {
    let algorithm = Algorithm::from_key(tag)
        .ok_or_else(|| RejectReason::UnsupportedAlgorithm { name: excerpt(tag) })?;
    if let Some(digest) = read_digest(digest, algorithm)? {
        put(digests, algorithm, &digest);
    }
    Ok(())
}
