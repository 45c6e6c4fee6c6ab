//! The boot sector with its BIOS parameter block (FAT spec, "Boot Sector and BPB").

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Structure};
use words::{Term, term};

use super::Format;

/// Bytes of the boot sector that are parsed, whatever the sector size.
pub(super) const BOOT_SECTOR_BYTES: usize = 512;
/// Bytes of a directory entry.
const ENTRY_BYTES: u64 = 32;
const STRUCTURE: &str = "FAT boot sector";

/// A validated boot sector. Offsets and lengths in bytes unless their names say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BootSector {
    pub(super) format: Format,
    pub(super) bytes_per_sector: u64,
    pub(super) cluster_bytes: u32,
    pub(super) media: u8,
    pub(super) fats: u8,
    pub(super) fat_at: u64,
    pub(super) fat_bytes: u64,
    /// Fixed root directory of FAT12 and FAT16; empty on FAT32.
    pub(super) root_at: u64,
    pub(super) root_bytes: u64,
    /// `BPB_RootEntCnt`.
    pub(super) root_entries: u16,
    pub(super) data_at: u64,
    /// Number of clusters by the sectors of the volume.
    pub(super) clusters: u64,
    /// Length of the file system by its own count of sectors.
    pub(super) total_bytes: u64,
    /// FAT32: `BPB_ExtFlags`.
    pub(super) ext_flags: u16,
    /// FAT32: first cluster of the root directory, else 0.
    pub(super) root_cluster: u32,
    /// FAT32: byte offset of the FSInfo sector, when there is one.
    pub(super) fs_info_at: Option<u64>,
    /// FAT32: byte offset of the backup boot sector, when there is one.
    pub(super) backup_at: Option<u64>,
    /// `BS_VolID`, when the extended boot signature says that it is there.
    pub(super) serial: Option<u32>,
    /// `BS_VolLab`, on the same condition.
    pub(super) label: Option<[u8; 11]>,
}

/// The fields of the BIOS parameter block as they are on disk.
struct Fields {
    bytes_per_sector: u16,
    sectors_per_cluster: u8,
    reserved_sectors: u16,
    fats: u8,
    root_entries: u16,
    media: u8,
    total_sectors: u32,
    sectors_per_fat_16: u16,
    sectors_per_fat: u32,
}

impl BootSector {
    /// Reads and validates the boot sector in `sector` (its first 512 bytes).
    ///
    /// # Errors
    /// The first field that the specification does not allow.
    pub(super) fn parse(sector: &Structure<'_>) -> Result<Self, Problem> {
        let fields = Fields::read(sector)?;
        fields.validate(sector)?;
        let geometry = fields.geometry();
        let clusters = geometry.clusters();
        if clusters == 0 {
            let rule = term!("fat.more-structures-before-data-area");
            return Err(wrong(sector, "total sectors", rule, geometry.total_bytes));
        }
        let format = fields.format(clusters);
        let is_fat32 = format == Format::Fat32;
        let (serial, label) = extended_fields(sector, if is_fat32 { 64 } else { 36 })?;
        Ok(Self {
            format,
            bytes_per_sector: fields.bytes_per_sector.into(),
            cluster_bytes: geometry.cluster_bytes,
            media: fields.media,
            fats: fields.fats,
            fat_at: geometry.fat_at,
            fat_bytes: geometry.fat_bytes,
            root_at: geometry.root_at,
            root_bytes: geometry.root_bytes,
            root_entries: fields.root_entries,
            data_at: geometry.data_at(),
            clusters,
            total_bytes: geometry.total_bytes,
            ext_flags: if is_fat32 { sector.u16_le(40)? } else { 0 },
            root_cluster: if is_fat32 { sector.u32_le(44)? & 0x0fff_ffff } else { 0 },
            fs_info_at: if is_fat32 { fields.reserved_sector(sector.u16_le(48)?) } else { None },
            backup_at: if is_fat32 { fields.reserved_sector(sector.u16_le(50)?) } else { None },
            serial,
            label,
        })
    }

    /// Byte offset of copy `number` of the file allocation table.
    pub(super) fn copy_at(&self, number: u8) -> u64 {
        self.fat_at.saturating_add(self.fat_bytes.saturating_mul(u64::from(number)))
    }

    /// The copy that is in use, and whether all copies are kept alike (FAT spec, `BPB_ExtFlags`).
    pub(super) fn active_copy(&self) -> (u8, bool) {
        const MIRRORING_OFF: u16 = 0x80;
        let active = u8::try_from(self.ext_flags & 0x0f).unwrap_or(0);
        if self.ext_flags & MIRRORING_OFF == 0 { (0, true) } else { (active, false) }
    }
}

/// Serial number and label behind the extended boot signature at `offset` + 2, when it says that
/// they are there.
fn extended_fields(
    sector: &Structure<'_>,
    offset: usize,
) -> Result<(Option<u32>, Option<[u8; 11]>), OutOfBounds> {
    let signature = sector.u8(offset.saturating_add(2))?;
    let serial = sector.u32_le(offset.saturating_add(3))?;
    let label = sector.array::<11>(offset.saturating_add(7))?;
    let has_serial = matches!(signature, 0x28 | 0x29);
    Ok((has_serial.then_some(serial), (signature == 0x29).then_some(label)))
}

/// Where the areas of the volume lie, in bytes.
struct Geometry {
    fat_at: u64,
    fat_bytes: u64,
    root_at: u64,
    root_bytes: u64,
    total_bytes: u64,
    cluster_bytes: u32,
}

impl Geometry {
    fn data_at(&self) -> u64 {
        self.root_at.saturating_add(self.root_bytes)
    }

    /// Number of clusters by the sectors of the volume.
    fn clusters(&self) -> u64 {
        let data_bytes = self.total_bytes.saturating_sub(self.data_at());
        data_bytes.checked_div(u64::from(self.cluster_bytes)).unwrap_or(0)
    }
}

impl Fields {
    fn geometry(&self) -> Geometry {
        let fat_at = self.in_bytes(self.reserved_sectors.into());
        let fat_bytes = self.in_bytes(self.sectors_per_fat.into());
        let root_bytes = u64::from(self.root_entries).saturating_mul(ENTRY_BYTES);
        Geometry {
            fat_at,
            fat_bytes,
            root_at: fat_at.saturating_add(fat_bytes.saturating_mul(u64::from(self.fats))),
            root_bytes: root_bytes.next_multiple_of(self.bytes_per_sector.into()),
            total_bytes: self.in_bytes(self.total_sectors.into()),
            cluster_bytes: u32::from(self.bytes_per_sector)
                .saturating_mul(u32::from(self.sectors_per_cluster)),
        }
    }

    fn in_bytes(&self, sectors: u64) -> u64 {
        sectors.saturating_mul(self.bytes_per_sector.into())
    }

    /// Byte offset of a sector of the reserved area; `None` for a number that stands for none.
    fn reserved_sector(&self, number: u16) -> Option<u64> {
        let is_one = number != 0 && number != 0xffff && number < self.reserved_sectors;
        is_one.then(|| self.in_bytes(number.into()))
    }

    fn read(sector: &Structure<'_>) -> Result<Self, Problem> {
        let sectors_per_fat_16 = sector.u16_le(22)?;
        let total_sectors_16 = sector.u16_le(19)?;
        Ok(Self {
            bytes_per_sector: sector.u16_le(11)?,
            sectors_per_cluster: sector.u8(13)?,
            reserved_sectors: sector.u16_le(14)?,
            fats: sector.u8(16)?,
            root_entries: sector.u16_le(17)?,
            media: sector.u8(21)?,
            total_sectors: match total_sectors_16 {
                0 => sector.u32_le(32)?,
                sectors => u32::from(sectors),
            },
            sectors_per_fat_16,
            sectors_per_fat: match sectors_per_fat_16 {
                0 => sector.u32_le(36)?,
                sectors => u32::from(sectors),
            },
        })
    }

    fn validate(&self, sector: &Structure<'_>) -> Result<(), Problem> {
        self.validate_sizes(sector)?;
        let rule = |holds: bool, field, rule, found| {
            if holds { Ok(()) } else { Err(wrong(sector, field, rule, found)) }
        };
        let media_fits = self.media == 0xf0 || self.media >= 0xf8;
        let root_fits = (self.root_entries == 0) == (self.sectors_per_fat_16 == 0);
        rule((1..=4).contains(&self.fats), "number of FATs", term!("fat.1-4"), self.fats.into())?;
        rule(media_fits, "media", term!("fat.0xf0-0xf8-0xff"), self.media.into())?;
        rule(self.total_sectors != 0, "total sectors", term!("fat.not-0"), 0)?;
        rule(self.sectors_per_fat != 0, "sectors per FAT", term!("fat.not-0"), 0)?;
        rule(root_fits, "root entries", term!("fat.0-fat32-else-not-0"), self.root_entries.into())
    }

    fn validate_sizes(&self, sector: &Structure<'_>) -> Result<(), Problem> {
        let bytes = self.bytes_per_sector;
        if !bytes.is_power_of_two() || !(512..=4096).contains(&bytes) {
            let rule = term!("fat.512-1024-2048-4096");
            return Err(wrong(sector, "bytes per sector", rule, bytes.into()));
        }
        let per_cluster = self.sectors_per_cluster;
        if !per_cluster.is_power_of_two() {
            return Err(wrong(
                sector,
                "sectors per cluster",
                term!("fat.power-two"),
                per_cluster.into(),
            ));
        }
        if self.reserved_sectors == 0 {
            return Err(wrong(sector, "reserved sectors", term!("fat.least-1"), 0));
        }
        Ok(())
    }

    /// FAT12 below 4085 clusters, FAT16 below 65,525 (FAT spec, "FAT Type Determination"). Where
    /// `BPB_FATSz16` is 0 the structures are those of FAT32 however few clusters there are:
    /// Windows, Linux and mtools all read it so.
    fn format(&self, clusters: u64) -> Format {
        const LEAST_FAT16: u64 = 4085;
        if self.sectors_per_fat_16 == 0 {
            Format::Fat32
        } else if clusters < LEAST_FAT16 {
            Format::Fat12
        } else {
            Format::Fat16
        }
    }
}

fn wrong(sector: &Structure<'_>, field: &'static str, rule: Term, found: u64) -> Problem {
    let kind = ProblemKind::Value { field, expected: Expected::Rule(rule), found };
    Problem::damage(STRUCTURE, sector.at(), kind)
}
