//! The boot sector (`$Boot`, sector 0 of the volume; its copy in the last sector).

use byte_source::{Expected, Problem, Structure};
use words::{Term, term};

/// Bytes of a boot sector that matter, whatever the sector size.
pub(super) const BOOT_SECTOR_BYTES: usize = 512;

/// The signature at byte 3.
pub(super) const OEM_ID: &[u8; 8] = b"NTFS    ";

const NAME: &str = "NTFS boot sector";

/// Geometry of the volume, checked. Sizes in bytes, places in clusters (LCN).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BootSector {
    pub(super) bytes_per_sector: u32,
    pub(super) cluster_bytes: u32,
    /// Sectors of the file system, without the one that holds the backup boot sector.
    pub(super) total_sectors: u64,
    pub(super) mft_lcn: u64,
    pub(super) mftmirr_lcn: u64,
    pub(super) record_bytes: u32,
    pub(super) index_record_bytes: u32,
    pub(super) serial_number: u64,
}

impl BootSector {
    /// Reads the boot sector that lies at byte `at` of the volume.
    ///
    /// # Errors
    /// The first field that the format does not allow.
    pub(super) fn parse(at: u64, bytes: &[u8]) -> Result<Self, Problem> {
        let sector = Structure::new(NAME, at, bytes);
        if sector.bytes(3, 8)? != OEM_ID {
            return Err(invalid(
                &sector,
                "OEM ID",
                term!("ntfs.ntfs"),
                u64::from(sector.u32_le(3)?),
            ));
        }
        let bytes_per_sector = bytes_per_sector(&sector)?;
        let cluster_bytes = cluster_bytes(&sector, bytes_per_sector)?;
        let geometry = Self {
            bytes_per_sector,
            cluster_bytes,
            total_sectors: sector.u64_le(0x28)?,
            mft_lcn: sector.u64_le(0x30)?,
            mftmirr_lcn: sector.u64_le(0x38)?,
            record_bytes: record_bytes(&sector, 0x40, "clusters per MFT record", cluster_bytes)?,
            index_record_bytes: record_bytes(
                &sector,
                0x44,
                "clusters per index record",
                cluster_bytes,
            )?,
            serial_number: sector.u64_le(0x48)?,
        };
        geometry.check_places(&sector)?;
        Ok(geometry)
    }

    /// Checks the length of the volume, and that the MFT or its mirror lies in it.
    fn check_places(&self, sector: &Structure<'_>) -> Result<(), Problem> {
        let clusters = self.clusters();
        let sectors = self.total_sectors;
        if clusters == 0 || sectors.checked_mul(u64::from(self.bytes_per_sector)).is_none() {
            let rule = term!("ntfs.least-one-cluster-under-2");
            return Err(invalid(sector, "total sectors", rule, sectors));
        }
        if self.mft_lcn >= clusters && self.mftmirr_lcn >= clusters {
            return Err(invalid(sector, "$MFT LCN", term!("fs.cluster-volume"), self.mft_lcn));
        }
        Ok(())
    }

    /// Whole clusters of the file system.
    pub(super) fn clusters(&self) -> u64 {
        let sectors_per_cluster =
            self.cluster_bytes.checked_div(self.bytes_per_sector).unwrap_or(1);
        self.total_sectors.checked_div(u64::from(sectors_per_cluster)).unwrap_or(0)
    }

    /// Length of the file system in bytes; the backup boot sector lies right behind.
    pub(super) fn bytes(&self) -> u64 {
        self.total_sectors.saturating_mul(u64::from(self.bytes_per_sector))
    }

    /// Byte offset of a cluster in the volume.
    pub(super) fn cluster_at(&self, lcn: u64) -> u64 {
        lcn.saturating_mul(u64::from(self.cluster_bytes))
    }
}

fn bytes_per_sector(sector: &Structure<'_>) -> Result<u32, Problem> {
    let found = u32::from(sector.u16_le(0x0b)?);
    if (256..=4096).contains(&found) && found.is_power_of_two() {
        return Ok(found);
    }
    Err(invalid(sector, "bytes per sector", term!("common.power-two-256-4096"), u64::from(found)))
}

/// Sectors per cluster: up to 128 as they are, from 244 on the negative of a power of two (244: 4096 sectors).
fn cluster_bytes(sector: &Structure<'_>, bytes_per_sector: u32) -> Result<u32, Problem> {
    const LARGEST: u32 = 2 << 20;
    let field = sector.u8(0x0d)?;
    let sectors = match field {
        1..=128 if field.is_power_of_two() => Some(u32::from(field)),
        // 256 - field is the exponent.
        244..=255 => 1_u32.checked_shl(u32::from(field.wrapping_neg())),
        _ => None,
    };
    sectors
        .and_then(|sectors| sectors.checked_mul(bytes_per_sector))
        .filter(|bytes| *bytes <= LARGEST)
        .ok_or_else(|| {
            invalid(
                sector,
                "sectors per cluster",
                term!("ntfs.power-two-clusters-up-2"),
                field.into(),
            )
        })
}

/// A record size: so many clusters, or the negative of a power of two in bytes (0xf6: 1024).
fn record_bytes(
    sector: &Structure<'_>,
    offset: usize,
    field: &'static str,
    cluster_bytes: u32,
) -> Result<u32, Problem> {
    /// Records of MFT and indexes are 512 to 4096 bytes in practice; clusters of 64 KiB could make larger ones.
    const ALLOWED: std::ops::RangeInclusive<u32> = 512..=65536;
    let raw = sector.u8(offset)?.cast_signed();
    let bytes = match u32::try_from(raw) {
        Ok(clusters) => clusters.checked_mul(cluster_bytes),
        Err(_) => 1_u32.checked_shl(u32::from(raw.unsigned_abs())),
    };
    bytes.filter(|bytes| ALLOWED.contains(bytes) && bytes.is_power_of_two()).ok_or_else(|| {
        invalid(
            sector,
            field,
            term!("ntfs.power-two-512-65536-bytes"),
            u64::from(raw.cast_unsigned()),
        )
    })
}

fn invalid(sector: &Structure<'_>, field: &'static str, rule: Term, found: u64) -> Problem {
    sector.wrong_value(field, Expected::Rule(rule), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boot(sector: u16, per_cluster: u8, record: u8, index: u8) -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[3..11].copy_from_slice(OEM_ID);
        bytes[0x0b..0x0d].copy_from_slice(&sector.to_le_bytes());
        bytes[0x0d] = per_cluster;
        bytes[0x28..0x30].copy_from_slice(&1_000_000_u64.to_le_bytes());
        bytes[0x30] = 4;
        bytes[0x38] = 2;
        bytes[0x40] = record;
        bytes[0x44] = index;
        bytes
    }

    #[test]
    fn sizes_are_read_in_both_encodings() {
        let geometry = BootSector::parse(0, &boot(512, 8, 0xf6, 1)).unwrap();
        assert_eq!(
            (geometry.cluster_bytes, geometry.record_bytes, geometry.index_record_bytes),
            (4096, 1024, 4096)
        );
        let large = BootSector::parse(0, &boot(512, 0xf4, 0xf6, 0xf4)).unwrap();
        assert_eq!(
            (large.cluster_bytes, large.record_bytes, large.clusters()),
            (2 << 20, 1024, 244)
        );
        let native = BootSector::parse(0, &boot(4096, 1, 1, 1)).unwrap();
        assert_eq!((native.cluster_bytes, native.record_bytes), (4096, 4096));
        assert_eq!(BootSector::parse(0, &boot(512, 128, 0xf6, 0xf4)).unwrap().cluster_bytes, 65536);
    }

    #[test]
    fn what_the_format_forbids_is_named() {
        let message = |bytes: Vec<u8>| BootSector::parse(512, &bytes).unwrap_err().to_string();
        assert_eq!(
            message(boot(513, 8, 0xf6, 1)),
            "NTFS boot sector at byte 512 (0x200): bytes per sector is 513 (0x201), expected a power of two from 256 to 4096"
        );
        assert!(message(boot(512, 3, 0xf6, 1)).contains("sectors per cluster is 3"));
        assert!(message(boot(4096, 0xf4, 0xf6, 0xf4)).contains("sectors per cluster is 244"));
        assert!(message(boot(512, 8, 0x80, 1)).contains("clusters per MFT record is 128"));
        assert!(message(boot(512, 8, 0, 1)).contains("clusters per MFT record is 0"));
        assert!(message(vec![0; 20]).contains("OEM ID"));
        let mut bytes = boot(512, 8, 0xf6, 1);
        bytes[0x28..0x30].fill(0);
        assert!(message(bytes).contains("total sectors"));
    }
}
