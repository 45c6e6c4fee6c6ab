//! Logical volumes of LVM2: linear and striped.
//!
//! A physical volume carries a label, a header and the text of its volume group's metadata. Every logical volume whose extents can be placed
//! stands beside the partitions that hold it.

mod known_keys;
mod label;
mod logical;
mod metadata;
mod text;

use byte_source::{Problem, Scratch, Source};

use self::label::PhysicalVolume;
use self::metadata::VolumeGroup;
use crate::{Division, Role};

/// Physical volumes of a medium: one a partition, at most.
const MOST_PHYSICAL_VOLUMES: usize = 256;

/// Adds the logical volumes of all physical volumes in `division`.
pub(crate) fn add(source: &dyn Source, division: &mut Division, scratch: &mut Scratch) {
    let starts: Vec<u64> =
        division.volumes.iter().filter(|part| part.role == Role::Volume).map(crate::Volume::start).collect();
    let mut found: Vec<(PhysicalVolume, VolumeGroup)> = Vec::new();
    for start in starts {
        if found.len() >= MOST_PHYSICAL_VOLUMES {
            let what = "physical volumes of LVM2 on a medium";
            let limit = byte_source::length(MOST_PHYSICAL_VOLUMES);
            let kind = byte_source::ProblemKind::LimitReached { what, limit };
            division.problems.push(Problem::damage("LVM2 label", start, kind));
            break;
        }
        match label::read(source, start, scratch) {
            Ok(Some(physical)) => match metadata::read(source, &physical, scratch, &mut division.problems) {
                Ok(group) => found.push((physical, group)),
                Err(problem) => division.problems.push(problem),
            },
            Ok(None) => {}
            Err(problem) => division.problems.push(problem),
        }
    }
    let mut number = 0_u32;
    for group in newest_of_each(&found) {
        division.problems.extend(known_keys::notes(group));
        logical::add(group, &found, source.len(), &mut number, division);
    }
    division.volumes.sort_by_key(crate::Volume::start);
}

/// Each volume group once, by its newest metadata: physical volumes carry copies.
fn newest_of_each(found: &[(PhysicalVolume, VolumeGroup)]) -> Vec<&VolumeGroup> {
    let mut groups: Vec<&VolumeGroup> = Vec::new();
    for (_, group) in found {
        match groups.iter_mut().find(|other| other.id == group.id) {
            Some(other) if other.sequence < group.sequence => *other = group,
            Some(_) => {}
            None => groups.push(group),
        }
    }
    groups
}
