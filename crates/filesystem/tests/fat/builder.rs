//! A FAT16 or FAT32 volume written slot by slot, so that a test says just what is wrong with it.

use std::sync::Arc;

use byte_source::MemorySource;

use crate::listing::{self, Listing};

const SECTOR: usize = 512;
const ENTRIES_OF_ROOT: usize = 512;

pub(crate) struct Volume {
    pub(crate) bytes: Vec<u8>,
    wide: bool,
    fat_bytes: usize,
    reserved: usize,
}

impl Volume {
    /// FAT16: clusters of one sector, 4,200 of them, two tables.
    pub(crate) fn fat16() -> Self {
        Self::new(false, 4200)
    }

    /// FAT32: clusters of one sector, 66,000 of them, two tables, root in cluster 2.
    #[allow(dead_code, reason = "each test program uses a part")]
    pub(crate) fn fat32() -> Self {
        Self::fat32_of(66_000)
    }

    /// FAT32 of so many clusters.
    #[allow(dead_code, reason = "each test program uses a part")]
    pub(crate) fn fat32_of(clusters: usize) -> Self {
        let mut volume = Self::new(true, clusters);
        volume.link(2, &[]);
        volume
    }

    fn new(wide: bool, clusters: usize) -> Self {
        let (reserved, width) = if wide { (32, 4) } else { (1, 2) };
        let fat_sectors = ((clusters + 2) * width).div_ceil(SECTOR);
        let root_sectors = if wide { 0 } else { ENTRIES_OF_ROOT * 32 / SECTOR };
        let sectors = reserved + 2 * fat_sectors + root_sectors + clusters;
        let mut volume = Self {
            bytes: vec![0; sectors * SECTOR],
            wide,
            fat_bytes: fat_sectors * SECTOR,
            reserved,
        };
        let mut boot = vec![0; SECTOR];
        boot[..11].copy_from_slice(b"\xeb\x3c\x90MSDOS5.0");
        put(&mut boot, 11, 2, SECTOR);
        boot[13] = 1;
        put(&mut boot, 14, 2, reserved);
        boot[16] = 2;
        put(&mut boot, 17, 2, if wide { 0 } else { ENTRIES_OF_ROOT });
        boot[21] = 0xf8;
        put(&mut boot, 22, 2, if wide { 0 } else { fat_sectors });
        put(&mut boot, 32, 4, sectors);
        if wide {
            put(&mut boot, 36, 4, fat_sectors);
            put(&mut boot, 44, 4, 2);
            put(&mut boot, 50, 2, 6);
        }
        boot[510..].copy_from_slice(&[0x55, 0xaa]);
        volume.bytes[..SECTOR].copy_from_slice(&boot);
        if wide {
            volume.bytes[6 * SECTOR..7 * SECTOR].copy_from_slice(&boot);
        }
        volume.set(0, 0xffff_fff8);
        volume.set(1, 0xffff_ffff);
        volume
    }

    /// Sets an entry of both tables.
    pub(crate) fn set(&mut self, cluster: usize, value: u32) {
        for copy in 0..2 {
            self.set_in(copy, cluster, value);
        }
    }

    pub(crate) fn set_in(&mut self, copy: usize, cluster: usize, value: u32) {
        let at = self.fat_at(copy) + cluster * self.width();
        let width = self.width();
        self.bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }

    /// A chain from `first` over `rest`, ended.
    pub(crate) fn link(&mut self, first: usize, rest: &[usize]) {
        let mut cluster = first;
        for next in rest {
            self.set(cluster, u32::try_from(*next).unwrap());
            cluster = *next;
        }
        self.set(cluster, 0xffff_ffff);
    }

    pub(crate) fn fat_at(&self, copy: usize) -> usize {
        self.reserved * SECTOR + copy * self.fat_bytes
    }

    fn width(&self) -> usize {
        if self.wide { 4 } else { 2 }
    }

    /// Byte offset of a cluster.
    pub(crate) fn cluster_at(&self, cluster: usize) -> usize {
        let root = if self.wide { 0 } else { ENTRIES_OF_ROOT * 32 };
        self.fat_at(2) + root + (cluster - 2) * SECTOR
    }

    /// Byte offset of a slot of the root directory.
    pub(crate) fn root_slot(&self, slot: usize) -> usize {
        let start = if self.wide { self.cluster_at(2) } else { self.fat_at(2) };
        start + slot * 32
    }

    /// Writes a short entry at byte `at`.
    pub(crate) fn entry(
        &mut self,
        at: usize,
        name: &[u8; 11],
        attributes: u8,
        cluster: usize,
        size: usize,
    ) {
        let slot = &mut self.bytes[at..at + 32];
        slot[..11].copy_from_slice(name);
        slot[11] = attributes;
        put(slot, 20, 2, cluster >> 16);
        put(slot, 24, 2, 0x5a21);
        put(slot, 26, 2, cluster & 0xffff);
        put(slot, 28, 4, size);
    }

    /// Fills a cluster with a letter.
    pub(crate) fn fill(&mut self, cluster: usize, letter: u8) {
        let at = self.cluster_at(cluster);
        self.bytes[at..at + SECTOR].fill(letter);
    }

    pub(crate) fn list(&self) -> Listing {
        let volume = Arc::new(MemorySource::new(self.bytes.clone()));
        let (_, fs) =
            listing::open(volume, &filesystem::OpenOptions::default()).expect("recognised");
        let listing = listing::list(&*fs);
        assert_eq!(listing.expected, [listing.counted]);
        listing
    }
}

fn put(bytes: &mut [u8], at: usize, width: usize, value: usize) {
    bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
}
