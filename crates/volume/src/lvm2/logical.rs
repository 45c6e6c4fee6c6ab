//! Logical volumes: their segments placed on the medium.

use byte_source::{Problem, ProblemKind, length};

use super::label::PhysicalVolume;
use super::metadata::VolumeGroup;
use super::text::{Section, Value};
use crate::{Division, Extent, Role, Scheme, Volume};

const NAME: &str = "LVM2 logical volume";
/// Sectors of LVM2 have 512 bytes on every disk.
const SECTOR_BYTES: u64 = 512;
/// Extents of the medium that make up a logical volume; striping in 64 KiB comes to 16 GiB with this.
const MOST_EXTENTS: usize = 1 << 18;

/// Adds the visible logical volumes of `group`.
pub(super) fn add(
    group: &VolumeGroup,
    found: &[(PhysicalVolume, VolumeGroup)],
    medium_bytes: u64,
    number: &mut u32,
    division: &mut Division,
) {
    let Some(volumes) = group.contents.section("logical_volumes") else { return };
    let mut places = Places { group, found, medium_bytes, missing: false };
    for (name, volume) in &volumes.sections {
        let visible = volume.list("status").contains(&Value::Text("VISIBLE".to_owned()));
        if !visible {
            continue;
        }
        *number = number.saturating_add(1);
        places.missing = false;
        match places.extents(volume) {
            Ok((extents, type_code)) => {
                if places.missing {
                    let how = "a part lies on a physical volume that is not on this medium; it reads as bad";
                    division.problems.push(Problem::damage(NAME, group.at, ProblemKind::Inconsistent(how)));
                }
                division.volumes.push(Volume {
                    scheme: Scheme::Lvm2,
                    number: *number,
                    role: Role::Volume,
                    extents,
                    type_code: type_code.to_owned(),
                    name: format!("{}/{name}", group.name),
                    encryption: None,
                });
            }
            Err(kind) => division.problems.push(Problem::damage(NAME, group.at, kind)),
        }
    }
}

/// Where the extents of a group's physical volumes lie.
struct Places<'a> {
    group: &'a VolumeGroup,
    found: &'a [(PhysicalVolume, VolumeGroup)],
    medium_bytes: u64,
    /// True when a physical volume was asked for that is not on this medium.
    missing: bool,
}

impl Places<'_> {
    /// The extents of a logical volume on the medium, and its type.
    fn extents(&mut self, volume: &Section) -> Result<(Vec<Extent>, &'static str), ProblemKind> {
        let mut segments: Vec<&Section> = volume
            .sections
            .iter()
            .filter(|(name, _)| name.starts_with("segment"))
            .map(|(_, section)| section)
            .collect();
        segments.sort_by_key(|segment| segment.number("start_extent"));
        let (mut extents, mut type_code, mut next) = (Vec::new(), "linear", 0_u64);
        for segment in segments {
            if segment.string("type") != Some("striped") {
                let feature = "LVM2 segment of another type than linear and striped (snapshot, thin, raid, mirror, cache)";
                return Err(ProblemKind::Unsupported { feature, value: 0 });
            }
            let count = segment.number("extent_count").unwrap_or(0);
            if segment.number("start_extent") != Some(next) {
                return Err(ProblemKind::Inconsistent("its segments leave a gap or overlap"));
            }
            next = next.saturating_add(count);
            let stripes = segment.list("stripes").as_chunks::<2>().0;
            if stripes.len() > 1 {
                type_code = "striped";
            }
            self.segment(segment, stripes, count, &mut extents)?;
        }
        if extents.is_empty() {
            return Err(ProblemKind::Inconsistent("it has no segments"));
        }
        Ok((extents, type_code))
    }

    fn segment(
        &mut self,
        segment: &Section,
        stripes: &[[Value; 2]],
        count: u64,
        extents: &mut Vec<Extent>,
    ) -> Result<(), ProblemKind> {
        let wrong = ProblemKind::Inconsistent(
            "a segment has no stripes, or their number does not divide its extents",
        );
        let extent_bytes = self.sectors(self.group.contents.number("extent_size"));
        let width = length(stripes.len());
        if extent_bytes == 0 || count == 0 || count.checked_rem(width) != Some(0) {
            return Err(wrong);
        }
        let bytes = count.checked_div(width).unwrap_or(0).saturating_mul(extent_bytes);
        let mut starts = Vec::new();
        for [name, first] in stripes {
            let (Value::Text(name), Value::Number(first)) = (name, first) else { return Err(wrong) };
            starts.push(self.start(name, first.saturating_mul(extent_bytes)));
        }
        if let [start] = starts.as_slice() {
            extents.push(Extent { start: *start, length: bytes });
            return Ok(());
        }
        let stripe_bytes = self.sectors(segment.number("stripe_size"));
        let rows = bytes.checked_div(stripe_bytes).ok_or(wrong.clone())?;
        if bytes.checked_rem(stripe_bytes) != Some(0) {
            return Err(wrong);
        }
        let limit = length(MOST_EXTENTS);
        if rows.saturating_mul(width).saturating_add(length(extents.len())) > limit {
            return Err(ProblemKind::LimitReached { what: "extents of a striped logical volume", limit });
        }
        for row in 0..rows {
            let inside = row.saturating_mul(stripe_bytes);
            let row = starts
                .iter()
                .map(|start| Extent { start: start.saturating_add(inside), length: stripe_bytes });
            extents.extend(row);
        }
        Ok(())
    }

    fn sectors(&self, number: Option<u64>) -> u64 {
        number.unwrap_or(0).saturating_mul(SECTOR_BYTES)
    }

    /// Byte offset on the medium of byte `offset` of the data of the physical volume called `name`. One that is not on this medium is placed
    /// behind its end, where everything reads as bad.
    fn start(&mut self, name: &str, offset: u64) -> u64 {
        let described = self.group.contents.section("physical_volumes").and_then(|all| all.section(name));
        let id = described.and_then(|physical| physical.string("id")).map(|id| id.replace('-', ""));
        let here = self.found.iter().find(|(physical, _)| Some(&physical.id) == id.as_ref());
        match (here, described.and_then(|physical| physical.number("pe_start"))) {
            (Some((physical, _)), Some(pe_start)) => {
                let data = physical.start.saturating_add(pe_start.saturating_mul(SECTOR_BYTES));
                data.saturating_add(offset)
            }
            _ => {
                self.missing = true;
                self.medium_bytes
            }
        }
    }
}
