//! The records of a list of digests, line by line.

use case_model::{Algorithm, Digests, NameEncoding, readable_name};

use super::list_line::{ListLine, Row, Tagged};
use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{Untagged, excerpt, put, read_digest};
use crate::import::reading::Lines;
use crate::{ImportError, Position, RejectReason};

/// How lines without a digest are rejected, and what `#` behind a digest begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As `md5sum` writes: what follows a digest is a name.
    Sums,
    /// One digest a line, perhaps with a comment.
    List,
    /// The same behind a heading: no title may follow.
    Headed,
}

/// A digest of a known algorithm.
pub(super) type Known = (Algorithm, Vec<u8>);

/// Reads the records of the lines that are left.
///
/// # Errors
/// What ends an import: a digest of which nobody says the algorithm, a list that mixes them.
pub(super) fn read(
    mut lines: Lines,
    mut untagged: Untagged,
    style: Style,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut begun = style == Style::Headed;
    while let Some((position, line)) = lines.next()? {
        let row = match ListLine::read(line, style != Style::Sums) {
            ListLine::Nothing => continue,
            ListLine::Other { damaged: false } if !begun => {
                collector.leave_out("title lines before the first digest");
                continue;
            }
            ListLine::Other { .. } => {
                reject(line, &position, style, &mut untagged, collector)?;
                continue;
            }
            ListLine::Record(row) => row,
        };
        begun = true;
        read_row(row, &position, &mut untagged, collector)?;
    }
    Ok(())
}

/// Rejects a line without a usable digest, with the reason that its style gives.
fn reject(
    line: &[u8],
    position: &Position,
    style: Style,
    untagged: &mut Untagged,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let text = readable_name(line, NameEncoding::Bytes);
    let reason = match style {
        Style::Sums => RejectReason::Malformed { found: excerpt(&text) },
        Style::List | Style::Headed => {
            match untagged.read(&text, position, &mut Digests::default())? {
                Err(reason) => reason,
                Ok(()) => RejectReason::NoDigest,
            }
        }
    };
    collector.reject(position, reason);
    Ok(())
}

fn read_row(
    row: Row,
    position: &Position,
    untagged: &mut Untagged,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    for digits in &row.damaged {
        collector.reject(position, RejectReason::UnknownLength { digits: *digits });
    }
    for digits in &row.not_looked_up {
        match row.digests.is_empty() {
            true => collector.reject(position, RejectReason::UnknownLength { digits: *digits }),
            false => {
                collector.leave_out("digests of algorithms that are not looked up, beside others")
            }
        }
    }
    if row.digests.is_empty() {
        return Ok(());
    }
    for digests in entries(&known_digests(&row, position, untagged, collector)?) {
        let name = row.name.clone();
        let comment = row.comment.clone();
        collector.accept(position, Candidate { digests, name, comment, ..Candidate::default() })?;
    }
    Ok(())
}

/// Returns the digests of a row, each once. Those that cannot be used are rejected.
fn known_digests(
    row: &Row,
    position: &Position,
    untagged: &mut Untagged,
    collector: &mut Collector<'_>,
) -> Result<Vec<Known>, ImportError> {
    let mut known: Vec<Known> = Vec::new();
    let mut rejected = false;
    for (number, digest) in row.digests.iter().enumerate() {
        match resolve(digest, number, position, untagged)? {
            Ok(Some(digest)) if !known.contains(&digest) => known.push(digest),
            // The same again, or nothing but zeros.
            Ok(_) => {}
            Err(reason) => {
                rejected = true;
                collector.reject(position, reason);
            }
        }
    }
    if known.is_empty() && !rejected {
        collector.reject(position, RejectReason::NoDigest);
    }
    Ok(known)
}

/// Reads a digest of the algorithm that its tag names.
fn tagged(tag: &str, digits: &str) -> Result<Option<Known>, RejectReason> {
    let unsupported = || RejectReason::UnsupportedAlgorithm { name: excerpt(tag) };
    let algorithm = Algorithm::from_key(tag).ok_or_else(unsupported)?;
    Ok(read_digest(digits, algorithm)?.map(|bytes| (algorithm, bytes)))
}

/// The algorithm and bytes of a digest. The first of a line must be of the list's algorithm; the others of the line speak for themselves.
fn resolve(
    digest: &Tagged,
    number: usize,
    position: &Position,
    untagged: &mut Untagged,
) -> Result<Result<Option<Known>, RejectReason>, ImportError> {
    if let Some(tag) = &digest.tag {
        return Ok(tagged(tag, &digest.digits));
    }
    let mut digests = Digests::default();
    let read = match number {
        0 => untagged.read(&digest.digits, position, &mut digests)?,
        _ => untagged.read_further(&digest.digits, position, &mut digests)?,
    };
    let found = |one| digests.get(one).map(|bytes| (one, bytes.to_vec()));
    Ok(read.map(|()| Algorithm::ALL.into_iter().find_map(found)))
}

/// The entries that the digests of one row are: digests of different algorithms belong to one file, two of one algorithm to two files.
pub(super) fn entries(digests: &[Known]) -> Vec<Digests> {
    let algorithms: Vec<Algorithm> = digests.iter().map(|(algorithm, _)| *algorithm).collect();
    let group = group_of(&algorithms);
    let one = |group: &[Known]| {
        let mut entry = Digests::default();
        group.iter().for_each(|(algorithm, bytes)| put(&mut entry, *algorithm, bytes));
        entry
    };
    digests.chunks(group).map(one).collect()
}

/// Returns how many digests are one entry: the row repeats in whole groups, as in "md5 sha1 md5 sha1".
///
/// Where it does not, nobody knows what belongs together.
fn group_of(algorithms: &[Algorithm]) -> usize {
    let distinct = |row: &[Algorithm]| {
        (1..row.len()).all(|at| !row.get(..at).unwrap_or_default().contains(&row[at]))
    };
    let repeats = |size: &usize| {
        let mut groups = algorithms.chunks(*size);
        let first = groups.next().unwrap_or_default();
        distinct(first) && groups.all(|group| group == first)
    };
    (1..=algorithms.len()).find(repeats).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_a_row_are_one_entry_unless_an_algorithm_repeats() {
        use Algorithm::{Md5, Sha1};
        let row = |algorithms: &[Algorithm]| {
            let known: Vec<Known> =
                algorithms.iter().map(|one| (*one, vec![7; one.length()])).collect();
            let count = |digests: Digests| {
                Algorithm::ALL.into_iter().filter(|one| digests.get(*one).is_some()).count()
            };
            entries(&known).into_iter().map(count).collect::<Vec<_>>()
        };
        assert_eq!(row(&[Md5]), [1]);
        assert_eq!(row(&[Md5, Sha1]), [2]);
        assert_eq!(row(&[Md5, Md5, Md5]), [1, 1, 1]);
        assert_eq!(row(&[Md5, Sha1, Md5, Sha1]), [2, 2]);
        assert_eq!(
            row(&[Md5, Md5, Sha1, Sha1]),
            [1, 1, 1, 1],
            "nobody knows which belong together"
        );
        assert_eq!(row(&[]), [0; 0]);
    }
}
