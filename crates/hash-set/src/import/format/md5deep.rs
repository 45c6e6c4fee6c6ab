//! Lists by `md5deep -z` and its kin: size (right-aligned), two spaces, digest, two spaces, name.

use case_model::{NameEncoding, readable_name};

use super::sum_line::SumLine;
use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{Untagged, algorithm_of_file_name, excerpt};
use crate::import::reading::{Lines, SourceFile};
use crate::{ImportError, ImportOptions, RejectReason};

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut untagged = Untagged::new(options, algorithm_of_file_name(&source.file_name()));
    let mut lines = Lines::new(source, b'\n')?;
    while let Some((position, line)) = lines.next()? {
        if line.trim_ascii().is_empty() || line.starts_with(b"#") {
            continue;
        }
        let Some((size, sum)) = take_apart(line) else {
            let found = excerpt(&readable_name(line, NameEncoding::Bytes));
            collector.reject(&position, RejectReason::Malformed { found });
            continue;
        };
        let mut candidate =
            Candidate { size: Some(size), name: sum.readable_name(), ..Candidate::default() };
        match untagged.read(&sum.digest, &position, &mut candidate.digests)? {
            Ok(()) => collector.accept(&position, candidate)?,
            Err(reason) => collector.reject(&position, reason),
        }
    }
    Ok(())
}

/// Size in bytes, and the rest of the line; `None` when it has another form.
pub(crate) fn take_apart(line: &[u8]) -> Option<(u64, SumLine)> {
    let line = line.trim_ascii_start();
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (size, rest) = line.split_at_checked(digits).filter(|_| digits < 20)?;
    let size = std::str::from_utf8(size).ok()?.parse().ok()?;
    Some((size, SumLine::parse(rest.strip_prefix(b"  ")?, false)?))
}
