//! Proofs, as RFC 9162, sections 2.1.3.1 and 2.1.4.1, define them.

use super::builder::{Hash, merkle_root};

/// The hashes that lead from the leaf at `index` (counted from 0) to the root of the tree over `leaves`, from the leaf upwards.
/// `None` when there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: u64) -> Option<Vec<Hash>> {
    let mut index = usize::try_from(index).ok().filter(|index| *index < leaves.len())?;
    let mut tree = leaves;
    let mut siblings = Vec::new();
    while tree.len() > 1 {
        let (left, right) = tree.split_at(split(tree.len()));
        let in_right = index.checked_sub(left.len());
        siblings.push(merkle_root(if in_right.is_some() { left } else { right }));
        (tree, index) = match in_right {
            Some(index) => (right, index),
            None => (left, index),
        };
    }
    siblings.reverse();
    Some(siblings)
}

/// The hashes which show that the tree over the first `old_size` leaves is a beginning of the tree over all `leaves`.
/// Empty for an old size of nothing or of everything; `None` when the old tree is larger.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], old_size: u64) -> Option<Vec<Hash>> {
    let mut old_size = usize::try_from(old_size).ok().filter(|size| *size <= leaves.len())?;
    if old_size == 0 || old_size == leaves.len() {
        return Some(Vec::new());
    }
    let mut tree = leaves;
    let mut hashes = Vec::new();
    // True while the part that is looked at has been the left edge all the way: its old root is known to the verifier.
    let mut known = true;
    while old_size != tree.len() {
        let (left, right) = tree.split_at(split(tree.len()));
        match old_size.checked_sub(left.len()).filter(|rest| *rest > 0) {
            Some(rest) => {
                hashes.push(merkle_root(left));
                (tree, old_size, known) = (right, rest, false);
            }
            None => {
                hashes.push(merkle_root(right));
                tree = left;
            }
        }
    }
    if !known {
        hashes.push(merkle_root(tree));
    }
    hashes.reverse();
    Some(hashes)
}

/// The largest power of two below `length`, which is at least 2.
fn split(length: usize) -> usize {
    length.div_ceil(2).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_tree_is_split_at_the_largest_power_of_two_below_its_size() {
        for (length, expected) in
            [(2, 1), (3, 2), (4, 2), (5, 4), (7, 4), (8, 4), (9, 8), (16, 8), (17, 16)]
        {
            assert_eq!(split(length), expected, "{length}");
        }
    }
}
