//! Sparse files of a folder: their holes are hashed as those of an image are, within the same limits.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use words::Statement;

use case_model::Disposition;
use case_store::ProblemRow;
use evidence::{FolderItem, FolderItemKind, FolderList};
use hash_engine::Selection;

use crate::stream::reader::StreamResult;
use crate::stream::zeros::free_zeros;
use crate::sweep::{MOST_BARE_ZEROS, ONLY_ZEROS, Slot, unstored_rule};

/// Only files from this size on are looked at: smaller ones cost little, whatever they are.
const LARGE_BYTES: u64 = 1 << 30;
/// Bytes of a block as `st_blocks` counts them (stat(2)).
const STAT_BLOCK_BYTES: u64 = 512;

/// Files that are not hashed because of their holes.
#[derive(Default)]
pub(crate) struct LeftOutFiles {
    /// Files of which nothing is stored.
    only_zeros: BTreeSet<Slot>,
    /// Files with data whose holes are too much work, and where they come in the list.
    over: BTreeMap<Slot, usize>,
    rule: Option<Statement>,
}

impl LeftOutFiles {
    /// Chooses the files whose holes are hashed: those with the smallest holes first, up to `most_unstored` bytes in all.
    pub(crate) fn of(items: &FolderList, selection: Selection, most_unstored: u64) -> Self {
        let mut files = Vec::new();
        for part in 0..items.parts() {
            let (first, items) = items.part(part);
            for (at, item) in items.iter().enumerate() {
                if let Some(stored) = stored_bytes(item) {
                    let number = first.saturating_add(at);
                    files.push(LargeFile { slot: (part, at), number, size: item.size, stored });
                }
            }
        }
        Self::choose(&files, selection, most_unstored)
    }

    fn choose(files: &[LargeFile], selection: Selection, most_unstored: u64) -> Self {
        let mut chosen = Self { rule: Some(unstored_rule(most_unstored)), ..Self::default() };
        let mut with_data = Vec::new();
        for file in files {
            let zeros = file.size.saturating_sub(file.stored);
            if file.stored > 0 {
                with_data.push((zeros, file));
            } else if zeros.saturating_sub(free_zeros(selection, zeros)) > MOST_BARE_ZEROS {
                chosen.only_zeros.insert(file.slot);
            }
        }
        with_data.sort_by_key(|(zeros, file)| (*zeros, file.slot));
        let mut left = most_unstored;
        for (zeros, file) in with_data {
            match left.checked_sub(zeros) {
                Some(rest) => left = rest,
                None => _ = chosen.over.insert(file.slot, file.number),
            }
        }
        chosen
    }

    /// The result of a file that is not hashed.
    pub(crate) fn result_of(&self, slot: Slot) -> Option<StreamResult> {
        let rule = match slot {
            slot if self.only_zeros.contains(&slot) => Some(ONLY_ZEROS.into()),
            slot if self.over.contains_key(&slot) => self.rule.clone(),
            _ => return None,
        };
        Some(StreamResult::without_content(Disposition::Skipped, rule?))
    }

    /// What keeps the folder from being complete at a file with data that is not hashed.
    pub(crate) fn problem_of(&self, slot: Slot) -> Option<ProblemRow> {
        let number = self.over.get(&slot)?;
        Some(ProblemRow {
            number: Some(byte_source::length(*number)),
            damage: true,
            structure: "sparse file",
            at: None,
            what: self.rule.clone()?,
        })
    }
}

/// A large file of the folder.
struct LargeFile {
    slot: Slot,
    number: usize,
    size: u64,
    stored: u64,
}

/// Bytes that the host stores of a large file; `None` for what is small, no file, or not there any more.
fn stored_bytes(item: &FolderItem) -> Option<u64> {
    if item.kind != FolderItemKind::File || item.size < LARGE_BYTES {
        return None;
    }
    let metadata = std::fs::symlink_metadata(&item.path).ok()?;
    Some(metadata.blocks().saturating_mul(STAT_BLOCK_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(index: usize, size: u64, stored: u64) -> LargeFile {
        LargeFile { slot: (2, index), number: 128 + index, size, stored }
    }

    #[test]
    fn files_with_the_largest_holes_are_left_out_and_only_they_cost_completeness() {
        let files = [
            file(0, 900 << 30, 4096),
            file(1, 3 << 40, 1 << 20),
            file(2, 2 << 40, 2 << 40),
            file(3, 200 << 30, 4096),
            file(4, 4 << 40, 0),
            file(5, 17 << 30, 0),
        ];
        let chosen = LeftOutFiles::choose(&files, Selection::FILES, 2 << 40);
        let rule = |index| chosen.result_of((2, index)).and_then(|result| result.rule);
        assert_eq!((rule(0), rule(2), rule(3), rule(5)), (None, None, None, None));
        assert!(rule(1).is_some_and(|rule| rule == unstored_rule(2 << 40)));
        assert_eq!(rule(4), Some(ONLY_ZEROS.into()));
        let problem = chosen.problem_of((2, 1)).unwrap();
        assert!(problem.damage && problem.number == Some(129));
        assert!([0, 2, 3, 4, 5].iter().all(|index| chosen.problem_of((2, *index)).is_none()));
    }
}
