//! Which structures a change aims at, by the layout that the file system itself has.

use std::collections::BTreeSet;

use super::outcome::Dependence;

/// A kind of structure. Each is aimed at equally often, however few sectors it has: a superblock as often as a million inodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aim {
    /// Partition tables, boot sectors, superblocks: all by which a file system is found.
    Volume,
    /// The rest that opening reads: group descriptors, allocation tables, bitmaps, a journal.
    Opening,
    /// Inodes, MFT records, directory entries of FAT and exFAT.
    Records,
    /// Names in directories and in indexes.
    Names,
    /// The rest that a scan reads: extent trees, indirect blocks, attribute lists, extended attributes.
    Maps,
    /// The rest that counting reads: bitmaps of inodes, of blocks, of clusters.
    Counts,
}

impl Aim {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Opening => "opening",
            Self::Records => "records",
            Self::Names => "names",
            Self::Maps => "maps",
            Self::Counts => "counts",
        }
    }
}

/// The sectors of each kind of structure, where there are any. Kinds overlap where structures share a sector.
pub(super) fn aims(dependence: &Dependence) -> Vec<(Aim, BTreeSet<u64>)> {
    let Dependence { finding, opening, records, names, scanning, counting, .. } = dependence;
    let rest = |of: &BTreeSet<u64>, without: &[&BTreeSet<u64>]| -> BTreeSet<u64> {
        of.iter()
            .filter(|sector| without.iter().all(|other| !other.contains(sector)))
            .copied()
            .collect()
    };
    let all = [
        (Aim::Volume, finding.intersection(opening).copied().collect()),
        (Aim::Opening, rest(opening, &[finding])),
        (Aim::Records, records.clone()),
        (Aim::Names, names.clone()),
        (Aim::Maps, rest(scanning, &[opening, records, names])),
        (Aim::Counts, rest(counting, &[opening, records, names, scanning])),
    ];
    all.into_iter().filter(|(_, sectors)| !sectors.is_empty()).collect()
}
