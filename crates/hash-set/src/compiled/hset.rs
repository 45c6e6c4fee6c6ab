//! Looks digests up in an `.hset` file.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use byte_source::{MappedFile, Source, index, length, machine_memory_bytes};
use case_model::Algorithm;
use sha2::{Digest, Sha256};

use super::hset_header::{CELL_BYTES, HEADER_BYTES, HsetFault, HsetHeader, ROW_BYTES};
use super::hset_search::HsetSearch;
use super::row::Row;

/// Files up to this length are read into memory (and their digest checked); longer ones are mapped.
const MEMORY_BYTES: u64 = 32 << 20;
/// A file that takes no more than this part of the machine's memory is mapped in large pages as a whole.
const SHARE_OF_MEMORY: u64 = 8;
/// Bytes read at once.
const READ_BYTES: usize = 1 << 20;

/// Name of the file for an algorithm.
pub(crate) fn hset_file(algorithm: Algorithm) -> String {
    format!("{}.hset", algorithm.key())
}

/// An open `.hset` file.
pub(crate) struct Hset {
    bytes: Bytes,
    header: HsetHeader,
    index_at: usize,
    rows_at: usize,
}

enum Bytes {
    Memory(Vec<u8>),
    Mapped(MappedFile),
}

impl Bytes {
    /// Reads a small file, and maps a larger one.
    fn of(file: &mut File, file_bytes: u64) -> io::Result<Self> {
        if file_bytes > MEMORY_BYTES {
            return MappedFile::for_lookup(file).map(Self::Mapped);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Self::Memory(bytes))
    }

    fn get(&self, start: usize, count: usize) -> Option<&[u8]> {
        let end = start.checked_add(count)?;
        match self {
            Self::Memory(bytes) => bytes.get(start..end),
            Self::Mapped(map) => map.slice(length(start)..length(end)),
        }
    }
}

impl Hset {
    /// Opens a file and checks its header; of a small one, also its digest.
    pub(crate) fn open(path: &Path) -> io::Result<Result<Self, HsetFault>> {
        let mut file = File::open(path)?;
        let file_bytes = file.metadata()?.len();
        let bytes = Bytes::of(&mut file, file_bytes)?;
        let head = bytes.get(0, HEADER_BYTES.min(index(file_bytes))).unwrap_or_default();
        Ok(HsetHeader::decode(head, file_bytes).and_then(|header| {
            let index_at = index(header.index_at());
            let rows_at = index(header.rows_at());
            let this = Self { bytes, header, index_at, rows_at };
            match this.bytes {
                Bytes::Memory(_) => this.verify().map(|()| this),
                Bytes::Mapped(ref map) => {
                    map.prefer_large_pages(this.read_often(file_bytes));
                    Ok(this)
                }
            }
        }))
    }

    /// What deserves large pages: all of a file that memory easily holds, else the prefix index, which every lookup reads. (A digest or two of a
    /// file that memory does not hold would cost 2 MiB each, over and over.)
    fn read_often(&self, file_bytes: u64) -> Range<u64> {
        match machine_memory_bytes().checked_div(SHARE_OF_MEMORY) {
            Some(share) if file_bytes <= share => 0..file_bytes,
            _ => length(self.index_at)..length(self.rows_at),
        }
    }

    /// The algorithm of its digests.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Number of digests.
    pub(crate) fn digests(&self) -> u64 {
        self.header.digests
    }

    /// First half of the content digest of the set it belongs to.
    pub(crate) fn set(&self) -> &[u8; 16] {
        &self.header.set
    }

    /// Where the details of `digest` are; `None` when it is not in the set.
    pub(crate) fn find(&self, digest: &[u8]) -> Option<Row> {
        self.search().find(digest)
    }

    /// Hands over the numbers (in `digests`) and the rows of those that are in the set, in order.
    pub(crate) fn find_many<'d>(
        &self,
        digests: impl Iterator<Item = &'d [u8]>,
        found: &mut dyn FnMut(usize, Row),
    ) {
        let search = self.search();
        // Rows that stand apart: those of a group come while the next one is searched.
        let mut asked: Vec<(usize, usize)> = Vec::new();
        let mut read = |asked: &[(usize, usize)]| {
            for &(number, position) in asked {
                search.row(position).into_iter().for_each(|row| found(number, row));
            }
        };
        search.positions(digests, &mut |group| {
            search.touch_rows(group);
            read(&asked);
            asked.clear();
            asked.extend_from_slice(group);
        });
        read(&asked);
    }

    /// The search in its parts.
    pub(crate) fn search(&self) -> HsetSearch<'_> {
        let header = &self.header;
        let part = |start: usize, count: u64, width: usize| {
            self.bytes.get(start, index(count).saturating_mul(width)).unwrap_or_default()
        };
        HsetSearch::new(
            (header.version, header.algorithm),
            part(HEADER_BYTES, header.digests, header.record_bytes()),
            part(self.index_at, header.index_cells(), CELL_BYTES),
            part(self.rows_at, header.rows_apart(), ROW_BYTES),
            header.prefix_bits,
        )
    }

    /// All digests, sorted.
    pub(crate) fn all(&self) -> impl Iterator<Item = &[u8]> {
        let width = self.header.record_bytes();
        let digest_bytes = self.header.algorithm.length();
        let bytes = index(self.header.digests).saturating_mul(width);
        let records = self.bytes.get(HEADER_BYTES, bytes).unwrap_or_default().chunks_exact(width);
        records.filter_map(move |record| record.get(..digest_bytes))
    }

    /// As [`Hset::verify`], of a file that was just written: reads it piece by piece, so that its length does not count as memory of the process.
    pub(crate) fn verify_file(path: &Path) -> io::Result<Result<(), HsetFault>> {
        let mut file = File::open(path)?;
        let file_bytes = file.metadata()?.len();
        let mut head = Vec::new();
        (&mut file).take(length(HEADER_BYTES)).read_to_end(&mut head)?;
        let header = match HsetHeader::decode(&head, file_bytes) {
            Ok(header) => header,
            Err(fault) => return Ok(Err(fault)),
        };
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let count = file.read(&mut buffer)?;
            let Some(piece) = buffer.get(..count).filter(|piece| !piece.is_empty()) else { break };
            hasher.update(piece);
        }
        Ok(header.compare(hasher.finalize().into()))
    }

    /// Compares the data with the digest in the header.
    pub(crate) fn verify(&self) -> Result<(), HsetFault> {
        let count = index(self.header.file_bytes()).saturating_sub(HEADER_BYTES);
        let data = self.bytes.get(HEADER_BYTES, count).unwrap_or_default();
        self.header.compare(Sha256::digest(data).into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::hset_header::Version;
    use super::super::hset_writer::HsetWriter;
    use super::*;

    /// The digests in a file of each version.
    fn written(folder: &Path, algorithm: Algorithm, digests: &BTreeMap<Vec<u8>, u32>) -> [Hset; 2] {
        let path = folder.join(hset_file(algorithm));
        let _ = std::fs::remove_file(&path);
        let mut writer = HsetWriter::create(&path, folder, algorithm).unwrap();
        digests.iter().for_each(|(digest, &row)| writer.push(digest, row).unwrap());
        writer.finish(&[5; 32]).unwrap();
        let older = folder.join("version 2");
        std::fs::write(&older, in_version_2(&std::fs::read(&path).unwrap())).unwrap();
        [path, older].map(|path| Hset::open(&path).unwrap().unwrap())
    }

    /// The same content as older programs wrote it: digests, prefix index, rows.
    fn in_version_2(file: &[u8]) -> Vec<u8> {
        let header = HsetHeader::decode(&file[..HEADER_BYTES], length(file.len())).unwrap();
        let (records, cells) =
            file[HEADER_BYTES..].split_at(index(header.index_at()) - HEADER_BYTES);
        let records =
            || records.chunks(header.record_bytes()).map(|one| one.split_at(one.len() - ROW_BYTES));
        let digests = records().flat_map(|(digest, _)| digest);
        let rows = records().flat_map(|(_, row)| row);
        let data: Vec<u8> = digests.chain(cells).chain(rows).copied().collect();
        let data_digest = Sha256::digest(&data).into();
        [HsetHeader { version: Version::Two, data_digest, ..header }.encode(), data].concat()
    }

    #[test]
    fn every_digest_is_found_with_its_row_and_no_neighbour_is() {
        let folder = tempfile::tempdir().unwrap();
        for count in [0_u32, 1, 2, 3, 4, 7, 8, 9, 100, 1023, 1024, 5000] {
            // Crowded in few prefixes, so that buckets are uneven, and at both ends of the value range.
            let digests: BTreeMap<Vec<u8>, u32> = (0..count)
                .map(|n| {
                    let spread =
                        u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
                    let digest = if n % 3 == 0 { u128::MAX - u128::from(n) } else { spread };
                    (digest.to_be_bytes().to_vec(), n)
                })
                .collect();
            let near = |digest: &Vec<u8>| {
                let value = u128::from_be_bytes(digest.as_slice().try_into().unwrap());
                let all = [value, value.wrapping_add(1), value.wrapping_sub(1), value ^ 1 << 127];
                all.map(|one| one.to_be_bytes().to_vec())
            };
            let asked: Vec<Vec<u8>> = digests.keys().flat_map(near).collect();
            for set in written(folder.path(), Algorithm::Md5, &digests) {
                assert_eq!(set.digests(), u64::try_from(digests.len()).unwrap());
                agrees(&set, &digests, &asked);
                assert!(set.all().eq(digests.keys()));
            }
        }
    }

    /// Asks for all of `asked`, one by one and in batches of several lengths, and compares with the map.
    fn agrees(set: &Hset, digests: &BTreeMap<Vec<u8>, u32>, asked: &[Vec<u8>]) {
        for digest in asked {
            assert_eq!(set.find(digest), digests.get(digest).copied().map(Row::One));
            assert_eq!(set.search().position(digest).is_some(), digests.contains_key(digest));
        }
        for batch in [1, 31, 32, 33, 64, 65, 1000, asked.len().max(1)] {
            for asked in asked.chunks(batch) {
                let mut found = Vec::new();
                set.find_many(asked.iter().map(Vec::as_slice), &mut |number, row| {
                    found.push((number, row))
                });
                let there = asked.iter().enumerate();
                let expected: Vec<_> =
                    there.filter_map(|(n, one)| Some((n, Row::One(*digests.get(one)?)))).collect();
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn every_byte_of_every_kind_of_digest_counts() {
        let folder = tempfile::tempdir().unwrap();
        for algorithm in Algorithm::ALL {
            let width = algorithm.length();
            // Of the first and the last cell, and some between.
            let bases = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff].map(|byte| vec![byte; width]);
            let digests: BTreeMap<Vec<u8>, u32> = bases.iter().cloned().zip(0..).collect();
            let sets = written(folder.path(), algorithm, &digests);
            let changed = |base: &Vec<u8>, at: usize| {
                let mut other = base.clone();
                other[at] ^= 4;
                other
            };
            let mut asked: Vec<Vec<u8>> =
                bases.iter().flat_map(|base| (0..width).map(|at| changed(base, at))).collect();
            asked.extend(bases.clone());
            // Of another length: in no set, and the numbers of the others stay.
            asked.insert(1, vec![0xff; width - 1]);
            asked.insert(1, Vec::new());
            asked.push(vec![0xff; width + 1]);
            asked.extend(bases);
            sets.iter().for_each(|set| agrees(set, &digests, &asked));
        }
    }

    #[test]
    fn digests_that_somebody_made_alike_are_found_in_bounded_time() {
        // More than one comparison in turn for each of them would take minutes: 100,000 digests that one cell and one mark stand for.
        const ALIKE: u32 = 100_000;
        let folder = tempfile::tempdir().unwrap();
        for (algorithm, alike) in
            [(Algorithm::Md5, 0x00), (Algorithm::Sha256, 0xff), (Algorithm::Sha1, 0x5a)]
        {
            let digest = |number: u32| {
                let mut digest = vec![alike; algorithm.length()];
                let end = digest.len() - 4;
                digest[end..].copy_from_slice(&number.to_be_bytes());
                digest
            };
            let mut digests: BTreeMap<Vec<u8>, u32> =
                (0..ALIKE).map(|n| (digest(n * 2), n)).collect();
            // A few neighbours of the crowd.
            for (number, byte) in (ALIKE..).zip([0x00, 0x59, 0x5b, 0xfe]) {
                digests.insert(vec![byte; algorithm.length()], number);
            }
            let asked: Vec<Vec<u8>> = (0..ALIKE * 2 + 10).map(digest).collect();
            let few: Vec<Vec<u8>> =
                digests.keys().take(5).chain(digests.keys().rev().take(5)).cloned().collect();
            for set in written(folder.path(), algorithm, &digests) {
                agrees(&set, &digests, &asked);
                agrees(&set, &digests, &few);
            }
        }
    }

    #[test]
    fn a_changed_byte_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let digests = BTreeMap::from([(vec![3; 16], 0), (vec![4; 16], 1)]);
        written(folder.path(), Algorithm::Md5, &digests);
        for path in ["md5.hset", "version 2"].map(|name| folder.path().join(name)) {
            let good = std::fs::read(&path).unwrap();
            assert_eq!(Hset::verify_file(&path).unwrap(), Ok(()));
            for at in [48, 4096, good.len() - 1] {
                let mut bad = good.clone();
                bad[at] ^= 1;
                std::fs::write(&path, bad).unwrap();
                assert!(
                    matches!(Hset::open(&path).unwrap(), Err(HsetFault::Digest { .. })),
                    "{at}"
                );
                assert!(
                    matches!(Hset::verify_file(&path).unwrap(), Err(HsetFault::Digest { .. })),
                    "{at}"
                );
            }
        }
    }
}
