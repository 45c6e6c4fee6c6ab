//! Which entries were looked at.

use case_store::EntryId;

/// Memory for remembering which entries were looked at, in bytes: half a billion entries. Beyond, an entry may be looked at once for
/// each algorithm, which adds nothing.
const MOST_SEEN_BYTES: usize = 64 << 20;

/// Which entries were looked at: one bit each.
#[derive(Default)]
pub(crate) struct EntryBits(Vec<u64>);

impl EntryBits {
    /// True the first time; always true for rows beyond the memory.
    pub(crate) fn first_time(&mut self, entry: EntryId) -> bool {
        let Ok(bit) = usize::try_from(entry.number()) else { return true };
        let word = bit / 64;
        let bit = bit % 64;
        if word >= MOST_SEEN_BYTES / 8 {
            return true;
        }
        if word >= self.0.len() {
            self.0.resize(word.saturating_add(1).next_power_of_two(), 0);
        }
        let Some(word) = self.0.get_mut(word) else { return true };
        let before = *word;
        *word |= 1 << bit;
        before != *word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_looked_at_once() {
        let mut seen = EntryBits::default();
        for entry in [0, 1, 63, 64, 1_000_000].map(EntryId::from_number) {
            assert!(seen.first_time(entry) && !seen.first_time(entry), "{entry}");
        }
        let last = EntryId::from_number(i64::MAX);
        let none = EntryId::from_number(-1);
        assert!(seen.first_time(last) && seen.first_time(last) && seen.first_time(none));
    }
}
