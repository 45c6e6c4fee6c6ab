//! Superblocks of Linux's md arrays (Linux RAID wiki, "RAID superblock formats"): versions 0.90 (64 KiB from the end), 1.0 (8 KiB from the
//! end), 1.1 (byte 0) and 1.2 (byte 4096).

use byte_source::{OutOfBounds, Problem, ProblemKind, Scratch, Source, Structure, read_exact};
use words::term;

use crate::{Member, Role, Volume};

const MAGIC: u32 = 0xa92b_4efc;
const SECTOR_BYTES: u64 = 512;
/// A superblock of version 0.90 stands at the last multiple of this that leaves room for as much.
const OLD_RESERVED_BYTES: u64 = 64 << 10;
/// A superblock of version 1.0 stands at the last multiple of 4 KiB that is at least 8 KiB from the end.
const PLACE_FROM_END: u64 = 8 << 10;
const PLACE_UNIT: u64 = 4 << 10;
/// Bytes of a superblock that are looked at.
const LOOKED_AT: usize = 256;

/// The version of a superblock, which is its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V0_90,
    V1_0,
    V1_1,
    V1_2,
}

impl Version {
    const ALL: [Self; 4] = [Self::V1_1, Self::V1_2, Self::V1_0, Self::V0_90];

    const fn structure(self) -> &'static str {
        match self {
            Self::V0_90 => "md superblock 0.90",
            Self::V1_0 => "md superblock 1.0",
            Self::V1_1 => "md superblock 1.1",
            Self::V1_2 => "md superblock 1.2",
        }
    }

    /// Byte offset of the superblock on a device of `bytes`; `None` when the device is too small.
    fn place(self, bytes: u64) -> Option<u64> {
        match self {
            Self::V0_90 => (bytes & !(OLD_RESERVED_BYTES - 1)).checked_sub(OLD_RESERVED_BYTES),
            Self::V1_0 => bytes.checked_sub(PLACE_FROM_END).map(|place| place & !(PLACE_UNIT - 1)),
            Self::V1_1 => Some(0),
            Self::V1_2 => Some(4096),
        }
    }
}

/// A superblock that was found.
pub(super) struct Superblock {
    version: Version,
    /// Byte offset in the volume.
    at: u64,
    /// RAID level as stored: negative for linear and multipath.
    level: i32,
    /// True when the array's data begin where the device does.
    begins_with_data: bool,
}

/// Reads the superblock of the array that `device` is a member of.
pub(super) fn read(device: &dyn Source, scratch: &mut Scratch) -> Option<Superblock> {
    Version::ALL.into_iter().find_map(|version| read_at(device, version, scratch))
}

fn read_at(device: &dyn Source, version: Version, scratch: &mut Scratch) -> Option<Superblock> {
    let at = version.place(device.len())?;
    let mut bytes = [0; LOOKED_AT];
    read_exact(device, at, &mut bytes, scratch).ok()?;
    let superblock = Structure::new(version.structure(), at, &bytes);
    let (level, begins_with_data) = match version {
        Version::V0_90 => (old_level(&superblock).ok()??, true),
        _ => level_and_start(&superblock).ok()??,
    };
    Some(Superblock { version, at, level: level.cast_signed(), begins_with_data })
}

/// Version 0.90 is in the byte order of the machine that wrote it.
fn old_level(superblock: &Structure<'_>) -> Result<Option<u32>, OutOfBounds> {
    if superblock.u32_le(0)? == MAGIC && superblock.u32_le(4)? == 0 {
        return superblock.u32_le(28).map(Some);
    }
    if superblock.u32_be(0)? == MAGIC && superblock.u32_be(4)? == 0 {
        return superblock.u32_be(28).map(Some);
    }
    Ok(None)
}

/// Version 1 names its own place: a copy elsewhere is not believed.
fn level_and_start(superblock: &Structure<'_>) -> Result<Option<(u32, bool)>, OutOfBounds> {
    let here = superblock.u64_le(144)?.checked_mul(SECTOR_BYTES) == Some(superblock.at());
    let fits = superblock.u32_le(0)? == MAGIC && superblock.u32_le(4)? == 1 && here;
    Ok(fits.then_some((superblock.u32_le(72)?, superblock.u64_le(128)? == 0)))
}

impl Superblock {
    /// True when the device holds all that the array does, from its first byte on: it is read as it stands.
    fn is_whole(&self) -> bool {
        matches!(self.level, 1 | -4) && self.begins_with_data
    }

    pub(super) fn member(&self) -> Member {
        Member { name: self.name(), is_explained: !self.is_whole() }
    }

    /// What belonging to the array means for the content, at the superblock's place in the volume.
    pub(super) fn problem(&self) -> Problem {
        if self.is_whole() {
            let how = term!("volume.volume-member-md-raid-1");
            return Problem::note(
                self.version.structure(),
                self.at,
                ProblemKind::Inconsistent(how),
            );
        }
        Problem::damage(self.version.structure(), self.at, ProblemKind::NotRead(self.name()))
    }

    const fn name(&self) -> &'static str {
        match self.level {
            -4 => "md multipath member",
            -1 => "md linear array member",
            0 => "md RAID 0 member",
            1 => "md RAID 1 member",
            4 => "md RAID 4 member",
            5 => "md RAID 5 member",
            6 => "md RAID 6 member",
            10 => "md RAID 10 member",
            _ => "md array member",
        }
    }
}

/// What a superblock of the whole medium means where a partition table divides it: the array is partitioned, or these are remains.
pub(super) fn of_partitioned_medium(
    medium: &dyn Source,
    volumes: &[Volume],
    scratch: &mut Scratch,
) -> Option<Problem> {
    let is_volume = |part: &Volume, at: u64| {
        part.role == Role::Volume
            && part.start() <= at
            && at < part.start().saturating_add(part.length())
    };
    let found = read(medium, scratch)?;
    // Version 0.90 stands in the same place for a disk and for a partition that reaches its end: it is the partition's.
    if found.version == Version::V0_90 && volumes.iter().any(|part| is_volume(part, found.at)) {
        return None;
    }
    if matches!(found.version, Version::V1_1 | Version::V1_2) {
        let how = term!("volume.medium-member-md-array-whose");
        return Some(Problem::note(
            found.version.structure(),
            found.at,
            ProblemKind::Inconsistent(how),
        ));
    }
    Some(found.problem())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn superblocks_stand_where_mdadm_puts_them() {
        assert_eq!(Version::V1_0.place(65_536 * 512), Some(65_520 * 512));
        assert_eq!(Version::V1_0.place(65_535 * 512), Some(65_512 * 512));
        assert_eq!(Version::V0_90.place(1 << 20), Some((1 << 20) - (64 << 10)));
        assert_eq!(Version::V0_90.place((1 << 20) + 65_535), Some((1 << 20) - (64 << 10)));
        assert_eq!(Version::V0_90.place(65_535), None);
        assert_eq!(Version::V1_0.place(15 * 512), None);
    }
}
