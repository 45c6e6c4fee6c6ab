//! A set of cluster numbers, one bit each.

use byte_source::index;

/// A set of cluster numbers below a limit. Memory: one bit a cluster, so at most 32 MiB (FAT32 has 28-bit cluster numbers), and
/// never more than 1/32 of the file allocation table that lies in the volume.
#[derive(Debug)]
pub(crate) struct ClusterSet {
    words: Vec<u64>,
    limit: u32,
}

impl ClusterSet {
    /// An empty set of numbers below `limit`.
    pub(crate) fn new(limit: u32) -> Self {
        Self { words: vec![0; index(u64::from(limit).div_ceil(64))], limit }
    }

    /// Adds `cluster`; false when it was there already or is not below the limit.
    pub(crate) fn insert(&mut self, cluster: u32) -> bool {
        if cluster >= self.limit {
            return false;
        }
        let (word, bit) = place(cluster);
        self.words.get_mut(word).is_some_and(|word| {
            let fresh = *word & bit == 0;
            *word |= bit;
            fresh
        })
    }

    /// Is nothing in the set?
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Is `cluster` in the set?
    pub(crate) fn contains(&self, cluster: u32) -> bool {
        let (word, bit) = place(cluster);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(cluster: u32) -> (usize, u64) {
    (index(u64::from(cluster >> 6)), 1_u64 << (cluster & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_in_once_and_none_past_the_limit() {
        let mut set = ClusterSet::new(65);
        assert!(set.insert(64) && !set.insert(64) && set.contains(64));
        assert!(!set.insert(65) && !set.contains(65) && !set.contains(63));
    }
}
