//! One digest a line; blank lines and lines that begin with `#` or `;` are comments, so is what follows `#` behind a digest.
//! A name behind a digest is taken as in `md5sum` lists.

use case_model::{NameEncoding, readable_name};

use super::sums::SumLine;
use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{Untagged, algorithm_of_file_name};
use crate::import::reading::{Lines, SourceFile};
use crate::{ImportError, ImportOptions};

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let untagged = Untagged::new(options, algorithm_of_file_name(&source.file_name()));
    read_lines(Lines::new(source, b'\n')?, untagged, collector)
}

/// Reads the records of the lines that are left.
pub(super) fn read_lines(
    mut lines: Lines,
    mut untagged: Untagged,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    while let Some((position, line)) = lines.next()? {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") || line.starts_with(b";") {
            continue;
        }
        let (digest, mut candidate) = take_apart(line);
        match untagged.read(&digest, &position, &mut candidate.digests)? {
            Ok(()) => collector.accept(&position, candidate)?,
            Err(reason) => collector.reject(&position, reason),
        }
    }
    Ok(())
}

/// The digest of a line, and what stands behind it.
fn take_apart(line: &[u8]) -> (String, Candidate) {
    let text = readable_name(line, NameEncoding::Bytes);
    if let Some((digest, comment)) = text.split_once('#').filter(|(before, _)| !before.trim().contains(' ')) {
        let comment = Some(comment.trim().to_owned()).filter(|comment| !comment.is_empty());
        return (unquoted(digest), Candidate { comment, ..Candidate::default() });
    }
    match SumLine::parse(line, true) {
        Some(sum) => {
            let name = sum.readable_name();
            (sum.digest, Candidate { name, ..Candidate::default() })
        }
        None => (unquoted(&text), Candidate::default()),
    }
}

/// Lists pasted from programs keep their quotes and commas.
fn unquoted(digest: &str) -> String {
    digest.trim().trim_matches(['"', '\'', ',']).to_owned()
}
