//! The header of versions 2 and 3. All numbers are big-endian.

use crate::problems::{unreadable, value};
use byte_source::{Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use codec::Codec;
use words::term;

/// What the header is called in problems.
pub(super) const NAME: &str = "qcow2 header";
/// Length in bytes of the header of version 2.
const VERSION2_BYTES: u64 = 72;
/// Length in bytes of the header of version 3 with its compression type.
const VERSION3_BYTES: u64 = 112;
/// Length of a backing file name at most, by the specification.
const MOST_NAME_BYTES: u32 = 1023;
/// Bits of a cluster number at most: clusters of 512 bytes to 2 MiB.
const CLUSTER_BITS: std::ops::RangeInclusive<u32> = 9..=21;

/// Bits of `incompatible_features`.
const DIRTY: u64 = 1;
const CORRUPT: u64 = 2;
const DATA_FILE: u64 = 4;
const COMPRESSION_TYPE: u64 = 8;
const EXTENDED_L2: u64 = 16;

/// The header, its fields as the specification names them.
pub(super) struct Header {
    pub(super) version: u32,
    backing_file_offset: u64,
    backing_file_size: u32,
    pub(super) cluster_bits: u32,
    pub(super) size: u64,
    pub(super) l1_size: u32,
    pub(super) l1_table_offset: u64,
    incompatible_features: u64,
    pub(super) header_length: u32,
    pub(super) codec: Codec,
}

impl Header {
    /// Reads and checks the header.
    ///
    /// # Errors
    /// The [`Problem`] for which the image cannot be read: encryption, unknown features, impossible values.
    pub(super) fn read(
        source: &dyn Source,
        scratch: &mut Scratch,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, Problem> {
        let bytes = read_vec(source, 0, source.len().min(VERSION3_BYTES), scratch)
            .map_err(unreadable(NAME, 0))?;
        let structure = Structure::new(NAME, 0, &bytes);
        let version = structure.u32_be(4)?;
        let newer = version >= 3;
        let header_length = if newer { structure.u32_be(100)? } else { 72 };
        let compression_type = if newer && header_length > 104 { structure.u8(104)? } else { 0 };
        let header = Self {
            version,
            backing_file_offset: structure.u64_be(8)?,
            backing_file_size: structure.u32_be(16)?,
            cluster_bits: structure.u32_be(20)?,
            size: structure.u64_be(24)?,
            l1_size: structure.u32_be(36)?,
            l1_table_offset: structure.u64_be(40)?,
            incompatible_features: if newer { structure.u64_be(72)? } else { 0 },
            header_length,
            codec: if compression_type == 1 { Codec::Zstd } else { Codec::Deflate },
        };
        if !CLUSTER_BITS.contains(&header.cluster_bits) {
            let field = "cluster_bits";
            let expected = Expected::Within(9, 21);
            let found = header.cluster_bits.into();
            return Err(value(&structure, field, expected, found));
        }
        let unsupported =
            |feature, value: u64| structure.damage(ProblemKind::Unsupported { feature, value });
        let crypt_method = structure.u32_be(32)?;
        if crypt_method != 0 {
            return Err(unsupported(term!("qcow.encryption-1-aes-2-luks"), crypt_method.into()));
        }
        if compression_type > 1 {
            return Err(unsupported(term!("qcow.compression-type"), compression_type.into()));
        }
        let known = DIRTY | CORRUPT | DATA_FILE | COMPRESSION_TYPE | EXTENDED_L2;
        if header.incompatible_features & !known != 0 {
            return Err(unsupported(
                term!("qcow.incompatible-features"),
                header.incompatible_features & !known,
            ));
        }
        header.say(&structure, structure.u32_be(60)?, problems);
        Ok(header)
    }

    /// What is worth knowing of a header that can be read.
    fn say(&self, structure: &Structure<'_>, snapshots: u32, problems: &mut Vec<Problem>) {
        let mut note = |kind| problems.push(structure.damage(kind).as_note());
        if self.incompatible_features & DIRTY != 0 {
            note(ProblemKind::Inconsistent(term!("qcow.image-marked-dirty-not-closed")));
        }
        if snapshots > 0 {
            note(ProblemKind::Unsupported {
                feature: term!("qcow.internal-snapshots-only-current-state"),
                value: snapshots.into(),
            });
        }
        if self.incompatible_features & CORRUPT != 0 {
            problems.push(structure.damage(ProblemKind::Inconsistent(term!(
                "qcow.image-marked-corrupt-program-wrote"
            ))));
        }
    }

    /// Bytes of a cluster.
    pub(super) fn cluster_bytes(&self) -> u64 {
        1_u64.checked_shl(self.cluster_bits).unwrap_or(u64::MAX)
    }

    /// True when data clusters lie in another file.
    pub(super) fn has_data_file(&self) -> bool {
        self.incompatible_features & DATA_FILE != 0
    }

    /// True when L2 entries have 16 bytes and a bitmap of subclusters.
    pub(super) fn has_extended_l2(&self) -> bool {
        self.incompatible_features & EXTENDED_L2 != 0
    }

    /// Byte offset of the header extensions; `None` when version 2 has none.
    pub(super) fn extensions_at(&self) -> u64 {
        u64::from(self.header_length).max(VERSION2_BYTES)
    }

    /// Byte offset where header extensions end at the latest.
    pub(super) fn extensions_end(&self) -> u64 {
        if self.backing_file_offset > 0 { self.backing_file_offset } else { self.cluster_bytes() }
    }

    /// The backing file's path as stored.
    ///
    /// # Errors
    /// The [`Problem`] when it cannot be read.
    pub(super) fn backing_file(
        &self,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<Option<String>, Problem> {
        backing_file(source, self.backing_file_offset, self.backing_file_size, scratch)
    }
}

/// The backing file's path of `size` bytes at byte `at`; `None` when `at` is 0.
///
/// # Errors
/// The [`Problem`] when it cannot be read.
pub(super) fn backing_file(
    source: &dyn Source,
    at: u64,
    size: u32,
    scratch: &mut Scratch,
) -> Result<Option<String>, Problem> {
    const NAME: &str = "qcow backing file name";
    if at == 0 || size == 0 {
        return Ok(None);
    }
    if size > MOST_NAME_BYTES {
        let field = "backing_file_size";
        let expected = Expected::Within(0, MOST_NAME_BYTES.into());
        return Err(Problem::damage(
            NAME,
            at,
            ProblemKind::Value { field, expected, found: size.into() },
        ));
    }
    let bytes = read_vec(source, at, size.into(), scratch).map_err(unreadable(NAME, at))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
