//! The order in which a listing hands over its entries: by path, as long as they are few enough to sort.

use std::cmp::Ordering;

use crate::listed_entry::ListedEntry;

/// Entries that are sorted by path before they are handed over. What goes beyond comes in the order of the records, so that memory stays
/// bounded: an entry needs about 600 bytes.
const SORTED_ENTRIES: usize = 400_000;

/// Sorts what is few enough.
pub(crate) struct Sink<'e> {
    waiting: Vec<ListedEntry>,
    /// False when there were too many.
    pub(crate) sorted: bool,
    /// Nobody wants more.
    pub(crate) stopped: bool,
    /// Entries that were handed over.
    pub(crate) entries: u64,
    each: &'e mut dyn FnMut(&ListedEntry) -> bool,
}

impl<'e> Sink<'e> {
    /// Hands entries over to `each`, which returns false to stop.
    pub(crate) fn new(each: &'e mut dyn FnMut(&ListedEntry) -> bool) -> Self {
        Self { waiting: Vec::new(), sorted: true, stopped: false, entries: 0, each }
    }

    pub(crate) fn take(&mut self, listed: ListedEntry) {
        self.waiting.push(listed);
        if self.waiting.len() >= SORTED_ENTRIES || !self.sorted {
            self.sorted = false;
            self.flush();
        }
    }

    /// Hands over what waits, sorted.
    pub(crate) fn flush(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        // Entries are large: their order is sorted, not they.
        let mut order: Vec<&ListedEntry> = waiting.iter().collect();
        order.sort_by(|a, b| by_path(a, b));
        for listed in order {
            if self.stopped {
                return;
            }
            self.entries += 1;
            self.stopped = !(self.each)(listed);
        }
    }
}

/// A directory comes before what is in it, and that before its next neighbour; equal paths in use before deleted ones, then by place.
fn by_path(a: &ListedEntry, b: &ListedEntry) -> Ordering {
    let key = |listed: &ListedEntry| (listed.allocation, listed.locator.record, listed.at);
    compare_paths(a.path.as_bytes(), b.path.as_bytes()).then_with(|| key(a).cmp(&key(b)))
}

/// The order of bytes, the separator before all others. Paths of neighbours have long beginnings in common.
fn compare_paths(a: &[u8], b: &[u8]) -> Ordering {
    const STEP: usize = 16;
    let mut same = 0;
    while let (Some(one), Some(other)) = (a.get(same..same + STEP), b.get(same..same + STEP))
        && one == other
    {
        same += STEP;
    }
    let mapped = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
    let a = a.get(same..).unwrap_or_default();
    let b = b.get(same..).unwrap_or_default();
    a.iter().map(mapped).cmp(b.iter().map(mapped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_directory_stands_behind_it_and_before_its_next_neighbour() {
        let mut paths = [
            "/a b",
            "/a/z",
            "/a",
            "/a-long-name-of-a-folder/x",
            "/a-long-name-of-a-folder",
            "/a:stream",
        ];
        paths.sort_by(|a, b| compare_paths(a.as_bytes(), b.as_bytes()));
        assert_eq!(
            paths,
            [
                "/a",
                "/a/z",
                "/a b",
                "/a-long-name-of-a-folder",
                "/a-long-name-of-a-folder/x",
                "/a:stream"
            ]
        );
    }
}
