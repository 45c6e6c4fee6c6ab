//! What the program has told a person by a certain moment, and must therefore keep.

use crate::record::{Kind, Operation};

/// A promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// A ledger ("" is the lab's) has at least so many entries.
    Entries(String, usize),
    /// A checkpoint over so many entries of the case's ledger is kept outside the case file.
    Kept(u64),
    /// So many scans came to their end.
    Finished(usize),
}

/// The promises that what was said makes, with the number of the call that said it.
pub(crate) fn promises(operations: &[Operation]) -> Vec<(usize, Promise)> {
    let mut promises = Vec::new();
    let mut finished = 0;
    for (at, operation) in operations.iter().enumerate().filter(|(_, one)| one.kind == Kind::Said) {
        for line in String::from_utf8_lossy(&operation.data).lines() {
            if line.starts_with("Case c: complete") {
                finished += 1;
                promises.push((at, Promise::Finished(finished)));
            }
            let promised =
                entry_of(line).map(|count| vec![Promise::Entries("c".to_owned(), count)]);
            let promised = promised.or_else(|| checkpoint_of(line));
            promises.extend(promised.into_iter().flatten().map(|promise| (at, promise)));
        }
    }
    promises
}

/// `Entry 7 of case c: note`.
fn entry_of(line: &str) -> Option<usize> {
    line.strip_prefix("Entry ")?.split_once(" of case c:")?.0.parse().ok()
}

/// `Checkpoint of case c: 7 entries, root …`.
fn checkpoint_of(line: &str) -> Option<Vec<Promise>> {
    let count = line.strip_prefix("Checkpoint of case c: ")?.split_once(" entries")?.0;
    let count: u64 = count.parse().ok()?;
    Some(vec![Promise::Entries("c".to_owned(), usize::try_from(count).ok()?), Promise::Kept(count)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_a_promise() {
        assert_eq!(entry_of("Entry 7 of case c: note"), Some(7));
        let kept = checkpoint_of("Checkpoint of case c: 12 entries, root 6ca9 …");
        assert_eq!(kept, Some(vec![Promise::Entries("c".to_owned(), 12), Promise::Kept(12)]));
        assert_eq!(checkpoint_of("New case c: L/cases/c.db"), None);
    }
}
