//! The main boot sector and its checksum (spec 3.1, 3.4).

use byte_source::{
    BadReason, Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec,
};
use words::{Term, term};

/// Name of the file system at byte 3 (spec 3.1.2).
pub(super) const FILE_SYSTEM_NAME: &[u8; 8] = b"EXFAT   ";
pub(super) const STRUCTURE: &str = "exFAT boot sector";
/// Sectors that the checksum covers; it fills the one behind them.
const SUMMED_SECTORS: u64 = 11;
/// Sectors of a boot region; the backup region follows the main one.
pub(super) const REGION_SECTORS: u64 = 12;
/// Cluster numbers end here (spec 3.1.9).
const MOST_CLUSTERS: u32 = 0xffff_fff5;

/// A validated boot sector. Offsets and lengths in bytes unless their names say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BootSector {
    pub(super) bytes_per_sector: u64,
    pub(super) cluster_bytes: u32,
    pub(super) volume_bytes: u64,
    pub(super) fat_at: u64,
    pub(super) fat_bytes: u64,
    pub(super) heap_at: u64,
    pub(super) clusters: u32,
    pub(super) root_cluster: u32,
    pub(super) serial: u32,
    pub(super) revision: u16,
    pub(super) flags: u16,
    pub(super) fats: u8,
}

impl BootSector {
    /// Reads and validates the boot sector in `sector` (its first 512 bytes).
    ///
    /// # Errors
    /// The first field that the specification does not allow.
    pub(super) fn parse(sector: &Structure<'_>) -> Result<Self, Problem> {
        if sector.bytes(3, 8)? != FILE_SYSTEM_NAME {
            let kind = ProblemKind::Inconsistent(term!("exfat.file-system-name-not-exfat"));
            return Err(Problem::damage(STRUCTURE, sector.at(), kind));
        }
        let (sector_shift, cluster_shift) = shifts(sector)?;
        check_counts(sector)?;
        let in_bytes = |sectors: u64| sectors.saturating_mul(1 << sector_shift);
        Ok(Self {
            bytes_per_sector: 1 << sector_shift,
            cluster_bytes: 1 << sector_shift << cluster_shift,
            volume_bytes: in_bytes(sector.u64_le(72)?),
            fat_at: in_bytes(u64::from(sector.u32_le(80)?)),
            fat_bytes: in_bytes(u64::from(sector.u32_le(84)?)),
            heap_at: in_bytes(u64::from(sector.u32_le(88)?)),
            clusters: sector.u32_le(92)?,
            root_cluster: sector.u32_le(96)?,
            serial: sector.u32_le(100)?,
            revision: sector.u16_le(104)?,
            flags: sector.u16_le(106)?,
            fats: sector.u8(110)?,
        })
    }

    /// Number of the FAT and bitmap in use (spec 3.1.13.1); the second exists on TexFAT volumes
    /// only.
    pub(super) fn active(&self) -> u8 {
        if self.flags & 1 != 0 && self.fats == 2 { 1 } else { 0 }
    }

    /// Was the volume in use when it was taken away (spec 3.1.13.2)?
    pub(super) fn is_dirty(&self) -> bool {
        self.flags & 2 != 0
    }
}

/// `BytesPerSectorShift` and `SectorsPerClusterShift`.
fn shifts(sector: &Structure<'_>) -> Result<(u8, u8), Problem> {
    let sector_shift = sector.u8(108)?;
    let cluster_shift = sector.u8(109)?;
    if !(9..=12).contains(&sector_shift) {
        return Err(wrong(sector, "BytesPerSectorShift", term!("exfat.9-12"), sector_shift.into()));
    }
    if u32::from(sector_shift).saturating_add(u32::from(cluster_shift)) > 25 {
        let rule = term!("exfat.clusters-most-32-mib");
        return Err(wrong(sector, "SectorsPerClusterShift", rule, cluster_shift.into()));
    }
    Ok((sector_shift, cluster_shift))
}

/// Checks the numbers of FATs and of clusters.
fn check_counts(sector: &Structure<'_>) -> Result<(), Problem> {
    let fats = sector.u8(110)?;
    if !(1..=2).contains(&fats) {
        return Err(wrong(sector, "NumberOfFats", term!("exfat.1-2"), fats.into()));
    }
    let clusters = sector.u32_le(92)?;
    if sector.u32_le(84)? == 0 || clusters == 0 || clusters > MOST_CLUSTERS {
        return Err(wrong(sector, "ClusterCount", term!("exfat.1-2-32-11-fat"), clusters.into()));
    }
    Ok(())
}

fn wrong(sector: &Structure<'_>, field: &'static str, rule: Term, found: u64) -> Problem {
    let kind = ProblemKind::Value { field, expected: Expected::Rule(rule), found };
    Problem::damage(STRUCTURE, sector.at(), kind)
}

/// Checks the boot region at byte `at` of the volume against its checksum sector.
///
/// # Errors
/// What does not fit or cannot be read.
pub(super) fn check_region(
    volume: &dyn Source,
    at: u64,
    bytes_per_sector: u64,
    scratch: &mut Scratch,
) -> Result<(), Problem> {
    const NAME: &str = "exFAT boot region";
    let unreadable = |why: BadReason| Problem::damage(NAME, at, ProblemKind::Unreadable(why));
    let count = bytes_per_sector.saturating_mul(REGION_SECTORS);
    let bytes = read_vec(volume, at, count, scratch).map_err(unreadable)?;
    let region = Structure::new(NAME, at, &bytes);
    let summed = byte_source::index(bytes_per_sector.saturating_mul(SUMMED_SECTORS));
    let computed = checksum(region.bytes(0, summed)?);
    // The last sector repeats the checksum.
    let (words, _) = region.from(summed)?.as_chunks::<4>();
    let wrong =
        words.iter().map(|word| u32::from_le_bytes(*word)).find(|stored| *stored != computed);
    let problem = wrong.and_then(|stored| region.wrong_checksum("boot checksum", stored, computed));
    problem.map_or(Ok(()), Err)
}

/// The checksum of a boot region (spec 3.4): flags and percentage in use change and are left out.
fn checksum(bytes: &[u8]) -> u32 {
    let counted = bytes.iter().enumerate().filter(|(place, _)| !matches!(place, 106 | 107 | 112));
    counted.fold(0_u32, |sum, (_, byte)| sum.rotate_right(1).wrapping_add(u32::from(*byte)))
}

/// The note of a volume whose revision this version does not know.
pub(super) fn revision_problem(revision: u16) -> Option<Problem> {
    const KNOWN: u16 = 0x0100;
    let expected = Expected::Exactly(u64::from(KNOWN));
    let kind = ProblemKind::Value { field: "FileSystemRevision", expected, found: revision.into() };
    (revision != KNOWN).then(|| Problem::note(STRUCTURE, 0, kind))
}
