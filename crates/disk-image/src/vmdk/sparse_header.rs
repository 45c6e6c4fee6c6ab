//! The header of a sparse extent: the hosted form (`KDMV`) and that of ESX (`COWD`). All numbers are little-endian.

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use words::term;

use crate::problems::{unreadable, value};
use crate::tail::Tail;

/// Begins a hosted sparse extent.
pub(super) const HOSTED_SIGNATURE: &[u8] = b"KDMV";
/// Begins a sparse extent of ESX.
pub(super) const ESX_SIGNATURE: &[u8] = b"COWD";
/// What a header is called in problems.
pub(super) const NAME: &str = "VMDK sparse extent header";
/// Length in bytes of the part that is used.
const BYTES: u64 = 512;
/// `gdOffset` of a stream-optimised extent: the real one stands in the footer, a second header 1024 bytes before the end of the file.
const AT_END: u64 = u64::MAX;
const FOOTER_BACK_BYTES: u64 = 1024;
/// Sectors of a grain at most: 64 MiB; VMware writes 64 KiB.
const MOST_GRAIN_SECTORS: u64 = 1 << 17;
/// Entries of a grain table; VMware writes 512 (ESX: 4096).
const MOST_TABLE_ENTRIES: u32 = 1 << 16;

/// Bits of `flags`.
const ZEROED_GRAIN: u32 = 1 << 2;
const COMPRESSED: u32 = 1 << 16;
const MARKERS: u32 = 1 << 17;

/// A header, its fields as the specification names them. Offsets and sizes are in sectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SparseHeader {
    flags: u32,
    pub(super) capacity: u64,
    pub(super) grain_size: u64,
    pub(super) descriptor_offset: u64,
    pub(super) descriptor_size: u64,
    pub(super) num_gtes_per_gt: u32,
    pub(super) rgd_offset: u64,
    pub(super) gd_offset: u64,
    pub(super) unclean_shutdown: bool,
    /// Byte offset of the end of an extent whose header is in its footer.
    pub(super) end: Option<u64>,
}

impl SparseHeader {
    /// Reads the header, or the footer that stands for it.
    ///
    /// # Errors
    /// The [`Problem`] for which no grain can be found.
    pub(super) fn read(source: &dyn Source, scratch: &mut Scratch) -> Result<Self, Problem> {
        let header = Self::read_at(source, 0, scratch)?;
        if header.gd_offset != AT_END {
            return Ok(header);
        }
        let at = Self::footer_place(source, scratch);
        let footer = Self::read_at(source, at, scratch)?;
        if footer.gd_offset == AT_END {
            let field = "gdOffset";
            let expected = Expected::Rule(term!("vmdk.offset-footer"));
            return Err(Problem::damage(
                NAME,
                at,
                ProblemKind::Value { field, expected, found: AT_END },
            ));
        }
        // Only the first header knows where the descriptor is.
        let Self { descriptor_offset, descriptor_size, .. } = header;
        let end = Some(at.saturating_add(FOOTER_BACK_BYTES));
        Ok(Self { descriptor_offset, descriptor_size, end, ..footer })
    }

    /// Returns the byte offset of the footer: 1024 bytes before the end of the file, or before bytes that were appended.
    fn footer_place(source: &dyn Source, scratch: &mut Scratch) -> u64 {
        let tail = Tail::of(source, scratch);
        let usual = source.len().saturating_sub(FOOTER_BACK_BYTES);
        if tail.from(usual).starts_with(HOSTED_SIGNATURE) {
            return usual;
        }
        let mut places = tail.places(HOSTED_SIGNATURE).filter(|at| *at > 0);
        let is_footer = |header: Self| header.gd_offset != AT_END && header.gd_offset != 0;
        places.find(|at| Self::read_at(source, *at, scratch).is_ok_and(is_footer)).unwrap_or(usual)
    }

    fn read_at(source: &dyn Source, at: u64, scratch: &mut Scratch) -> Result<Self, Problem> {
        let bytes = read_vec(source, at, BYTES, scratch).map_err(unreadable(NAME, at))?;
        let structure = Structure::new(NAME, at, &bytes);
        let header = match structure.bytes(0, 4)? {
            HOSTED_SIGNATURE => Self::hosted(&structure)?,
            ESX_SIGNATURE => Self::esx(&structure)?,
            _ => {
                let field = "magicNumber";
                let expected = Expected::Exactly(0x564d_444b);
                let found = structure.u32_le(0)?.into();
                return Err(value(&structure, field, expected, found));
            }
        };
        header.check(&structure)?;
        Ok(header)
    }

    fn hosted(header: &Structure<'_>) -> Result<Self, Problem> {
        let flags = header.u32_le(8)?;
        let algorithm = header.u16_le(77)?;
        if flags & COMPRESSED != 0 && algorithm != 1 {
            return Err(header.damage(ProblemKind::Unsupported {
                feature: term!("vmdk.compressalgorithm"),
                value: algorithm.into(),
            }));
        }
        Ok(Self {
            flags,
            capacity: header.u64_le(12)?,
            grain_size: header.u64_le(20)?,
            descriptor_offset: header.u64_le(28)?,
            descriptor_size: header.u64_le(36)?,
            num_gtes_per_gt: header.u32_le(44)?,
            rgd_offset: header.u64_le(48)?,
            gd_offset: header.u64_le(56)?,
            unclean_shutdown: header.u8(72)? != 0,
            end: None,
        })
    }

    fn esx(header: &Structure<'_>) -> Result<Self, Problem> {
        Ok(Self {
            flags: 0,
            capacity: header.u32_le(12)?.into(),
            grain_size: header.u32_le(16)?.into(),
            descriptor_offset: 0,
            descriptor_size: 0,
            num_gtes_per_gt: 4096,
            rgd_offset: 0,
            gd_offset: header.u32_le(20)?.into(),
            unclean_shutdown: false,
            end: None,
        })
    }

    fn check(&self, header: &Structure<'_>) -> Result<(), Problem> {
        let value = |field, expected, found| Err(value(header, field, expected, found));
        if !(1..=MOST_GRAIN_SECTORS).contains(&self.grain_size) {
            return value("grainSize", Expected::Within(1, MOST_GRAIN_SECTORS), self.grain_size);
        }
        if !(1..=MOST_TABLE_ENTRIES).contains(&self.num_gtes_per_gt) {
            let expected = Expected::Within(1, MOST_TABLE_ENTRIES.into());
            return value("numGTEsPerGT", expected, self.num_gtes_per_gt.into());
        }
        Ok(())
    }

    /// True when entry 1 of a grain table means a grain of zeros.
    pub(super) fn has_zeroed_grains(&self) -> bool {
        self.flags & ZEROED_GRAIN != 0
    }

    /// True when grains are zlib streams.
    pub(super) fn is_compressed(&self) -> bool {
        self.flags & COMPRESSED != 0
    }

    /// True when a marker with its sector and size stands before each grain.
    pub(super) fn has_markers(&self) -> bool {
        self.flags & MARKERS != 0
    }
}
