//! Verification of proofs: RFC 9162, sections 2.1.3.2 and 2.1.4.2.

use case_model::to_hex;
use thiserror::Error;
use words::counted;

use super::builder::{Hash, node_hash};

/// Why a proof proves nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ProofError {
    /// No such leaf.
    #[error("leaf {index} (counted from 0) does not exist in a tree of {size}")]
    Index {
        /// The leaf.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The later tree is smaller.
    #[error("the later tree has {}, fewer than the {old} of the earlier one", counted(*new, "entry", "entries"))]
    Shrunk {
        /// Size of the earlier tree.
        old: u64,
        /// Size of the later tree.
        new: u64,
    },
    /// Too few or too many hashes.
    #[error("the proof has {}, which does not fit the sizes", counted(*.0, "hash", "hashes"))]
    Length(usize),
    /// The hashes lead to another root.
    #[error("the {which} root is {}, the proof leads to {}", to_hex(expected), to_hex(found))]
    Root {
        /// `earlier` or `later` for consistency, `tree's` for inclusion.
        which: &'static str,
        /// The root that was to be reached.
        expected: Hash,
        /// The root that the proof leads to.
        found: Hash,
    },
}

/// Checks that `leaf` stands at `index` (counted from 0) in the tree of `size` leaves whose root is `root`.
///
/// # Errors
/// Why it is not shown.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    let last = size.checked_sub(1).filter(|last| index <= *last);
    let mut last = last.ok_or(ProofError::Index { index, size })?;
    let mut index = index;
    let mut found = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length(proof.len()));
        }
        if index & 1 == 1 || index == last {
            found = node_hash(sibling, &found);
            rise_to_right_child(&mut index, &mut last);
        } else {
            found = node_hash(&found, sibling);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length(proof.len()));
    }
    same_root("tree's", root, found)
}

/// Checks that the tree of `old_size` leaves with root `old_root` is a beginning of the tree of `new_size` with `new_root`.
///
/// # Errors
/// Why it is not shown.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let wrong_length = ProofError::Length(proof.len());
    if old_size > new_size {
        return Err(ProofError::Shrunk { old: old_size, new: new_size });
    }
    if old_size == 0 || old_size == new_size {
        let nothing_to_show = if old_size == 0 { &super::EMPTY_ROOT } else { new_root };
        return if proof.is_empty() {
            same_root("earlier", old_root, *nothing_to_show)
        } else {
            Err(wrong_length)
        };
    }
    // A perfect old tree is its own first hash, which the proof leaves out.
    let mut hashes = proof.iter();
    let first = if old_size.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let Some(first) = first else { return Err(wrong_length) };
    let mut index = old_size.saturating_sub(1);
    let mut last = new_size.saturating_sub(1);
    while index & 1 == 1 {
        (index, last) = (index >> 1, last >> 1);
    }
    let mut old = *first;
    let mut new = *first;
    for hash in hashes {
        if last == 0 {
            return Err(wrong_length);
        }
        if index & 1 == 1 || index == last {
            old = node_hash(hash, &old);
            new = node_hash(hash, &new);
            rise_to_right_child(&mut index, &mut last);
        } else {
            new = node_hash(&new, hash);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    if last != 0 {
        return Err(wrong_length);
    }
    same_root("earlier", old_root, old)?;
    same_root("later", new_root, new)
}

/// A node at the right edge has no sibling on some levels: skips those levels.
fn rise_to_right_child(index: &mut u64, last: &mut u64) {
    while *index & 1 == 0 && *index != 0 {
        (*index, *last) = (*index >> 1, *last >> 1);
    }
}

fn same_root(which: &'static str, expected: &Hash, found: Hash) -> Result<(), ProofError> {
    match found == *expected {
        true => Ok(()),
        false => Err(ProofError::Root { which, expected: *expected, found }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{consistency_proof, inclusion_proof, leaf_hash, merkle_root};
    use super::*;

    const LARGEST: u64 = 40;

    fn leaves() -> Vec<Hash> {
        (0..LARGEST).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    /// RFC 6962, section 2.1, word for word: the slow reference of the incremental builder.
    fn reference_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => super::super::EMPTY_ROOT,
            [leaf] => *leaf,
            _ => {
                let k =
                    (0..).map(|e| 1_usize << e).take_while(|k| *k < leaves.len()).last().unwrap();
                node_hash(&reference_root(&leaves[..k]), &reference_root(&leaves[k..]))
            }
        }
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_and_nothing_else_is() {
        let leaves = leaves();
        for size in 0..=LARGEST {
            let tree = &leaves[..size as usize];
            let root = merkle_root(tree);
            assert_eq!(root, reference_root(tree), "{size}");
            assert_eq!(inclusion_proof(tree, size), None);
            for index in 0..size {
                let proof = inclusion_proof(tree, index).unwrap();
                let leaf = &tree[index as usize];
                assert_eq!(
                    verify_inclusion(leaf, index, size, &proof, &root),
                    Ok(()),
                    "{index} of {size}"
                );
                assert!(verify_inclusion(&root, index, size, &proof, &root).is_err() || size == 1);
                for other in (0..size + 2).filter(|other| *other != index) {
                    assert!(
                        verify_inclusion(leaf, other, size, &proof, &root).is_err(),
                        "{other} of {size}"
                    );
                }
                let mut longer = proof.clone();
                longer.push(root);
                assert_eq!(
                    verify_inclusion(leaf, index, size, &longer, &root),
                    Err(ProofError::Length(longer.len()))
                );
                for position in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[position][31] ^= 1;
                    assert!(matches!(
                        verify_inclusion(leaf, index, size, &bad, &root),
                        Err(ProofError::Root { .. })
                    ));
                }
            }
        }
    }

    #[test]
    fn every_beginning_of_every_small_tree_is_proved_and_a_rewritten_one_is_not() {
        let leaves = leaves();
        for new in 0..=LARGEST {
            let tree = &leaves[..new as usize];
            let new_root = merkle_root(tree);
            for old in 0..=new {
                let old_root = merkle_root(&leaves[..old as usize]);
                let proof = consistency_proof(tree, old).unwrap();
                assert_eq!(
                    verify_consistency(old, &old_root, new, &new_root, &proof),
                    Ok(()),
                    "{old} {new}"
                );
                assert!(
                    verify_consistency(old, &[7; 32], new, &new_root, &proof).is_err(),
                    "{old} {new}"
                );
                if old > 0 {
                    assert!(
                        verify_consistency(old, &old_root, new, &[7; 32], &proof).is_err(),
                        "{old} {new}"
                    );
                }
                let mut longer = proof.clone();
                longer.push(new_root);
                assert!(
                    verify_consistency(old, &old_root, new, &new_root, &longer).is_err(),
                    "{old} {new}"
                );
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(verify_consistency(old, &old_root, new, &new_root, shorter).is_err());
                }
            }
            assert_eq!(consistency_proof(tree, new + 1), None);
        }
        assert_eq!(
            verify_consistency(3, &[0; 32], 2, &[0; 32], &[]).unwrap_err().to_string(),
            "the later tree has 2 entries, fewer than the 3 of the earlier one"
        );
    }

    #[test]
    fn roots_and_proofs_are_those_of_certificate_transparency() {
        // The vectors of Google's certificate-transparency, merkletree tests.
        let hash = |hex: &str| -> Hash { case_model::from_hex(hex).unwrap().try_into().unwrap() };
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let leaves: Vec<_> =
            inputs.iter().map(|hex| leaf_hash(&case_model::from_hex(hex).unwrap())).collect();
        for (size, root) in [
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(merkle_root(&leaves[..size]), hash(root), "{size}");
        }
        let proof = [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(consistency_proof(&leaves, 6), Some(proof.map(hash).to_vec()));
    }

    #[test]
    fn the_largest_sizes_do_not_overflow() {
        let hashes = [[1; 32]; 70];
        for count in 0..hashes.len() {
            for size in [1, 2, u64::MAX - 1, u64::MAX] {
                assert!(
                    verify_inclusion(&[2; 32], size - 1, size, &hashes[..count], &[3; 32]).is_err()
                );
                assert!(verify_inclusion(&[2; 32], 0, size, &hashes[..count], &[3; 32]).is_err());
                for old in [1, 2, u64::MAX - 1] {
                    let old = old.min(size - 1);
                    let _ = verify_consistency(old, &[2; 32], size, &[3; 32], &hashes[..count]);
                }
            }
        }
    }
}
