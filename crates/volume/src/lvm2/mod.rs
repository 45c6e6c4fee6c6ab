//! Logical volumes of LVM2: linear and striped ones are read, all others are named.
//!
//! A physical volume carries a label, a header and, unless it was made without, the text of its
//! volume group's metadata. Every logical volume whose extents can be placed stands beside the
//! partitions that hold it.

mod known_keys;
mod label;
mod logical;
mod metadata;
mod place;
mod text;

use std::collections::HashMap;

use byte_source::{Problem, ProblemKind, Scratch, Source, read_available};
use words::term;

use self::label::PhysicalVolume;
use self::metadata::VolumeGroup;
use crate::{Division, Member, Role};

/// What a physical volume is called whose logical volumes are listed.
const MEMBER: &str = "LVM2 physical volume";
/// What a physical volume is called that no volume group names.
const WITHOUT_GROUP: &str = "LVM2 physical volume without a volume group";
/// What a physical volume is called whose group has no logical volumes.
const WITHOUT_VOLUMES: &str = "LVM2 physical volume of a group without logical volumes";
/// What the label is called in problems.
const LABEL: &str = "LVM2 label";
/// Physical volumes of a medium: one a partition, at most.
const MOST_PHYSICAL_VOLUMES: usize = 256;
/// Bytes at the beginning of the data of a physical volume without a group that tell an unused one.
const BLANK_BYTES: u64 = 1 << 20;

/// The physical volumes of a medium.
#[derive(Default)]
struct PhysicalVolumes {
    physical: Vec<DescribedVolume>,
    /// True when a label is broken: the physical volume is there, but it is not known which one it
    /// is.
    is_any_label_broken: bool,
}

/// A physical volume with what its metadata say.
struct DescribedVolume {
    volume: PhysicalVolume,
    /// Length in bytes of the part that holds it.
    bytes: u64,
    group: Option<VolumeGroup>,
    is_metadata_broken: bool,
}

/// Adds the logical volumes of all physical volumes in `division`, and names the physical volumes.
pub(crate) fn add(source: &dyn Source, division: &mut Division, scratch: &mut Scratch) {
    let found = find(source, division, scratch);
    let groups = newest_of_each(&found.physical);
    let uses = uses(&found, &groups);
    for (physical, use_of) in found.physical.iter().zip(uses) {
        if use_of != VolumeUse::LogicalVolumes && !physical.is_metadata_broken {
            division.problems.push(unused(
                source,
                physical,
                use_of == VolumeUse::GroupAlone,
                scratch,
            ));
        }
        name_member(physical, use_of, division);
    }
    let mut listed = logical::VolumeCount::default();
    for group in groups {
        division.problems.extend(known_keys::notes(group));
        logical::add(group, &found, source.len(), &mut listed, division);
    }
    division.volumes.sort_by_key(crate::Volume::start);
}

/// Names the part that holds a physical volume.
fn name_member(physical: &DescribedVolume, use_of: VolumeUse, division: &mut Division) {
    let name = match use_of {
        VolumeUse::LogicalVolumes => MEMBER,
        VolumeUse::GroupAlone => WITHOUT_VOLUMES,
        VolumeUse::None => WITHOUT_GROUP,
    };
    let member = Member { name, is_explained: true };
    let start = physical.volume.start;
    let volumes = division.volumes.iter_mut();
    let here = volumes.filter(|part| part.role == Role::Volume && part.start() == start);
    here.for_each(|part| part.member = Some(member));
}

fn find(source: &dyn Source, division: &mut Division, scratch: &mut Scratch) -> PhysicalVolumes {
    let volumes = division.volumes.iter().filter(|part| part.role == Role::Volume);
    let places: Vec<(u64, u64)> = volumes.map(|part| (part.start(), part.length())).collect();
    let problems = &mut division.problems;
    let mut found = PhysicalVolumes::default();
    for (start, bytes) in places {
        if found.physical.len() >= MOST_PHYSICAL_VOLUMES {
            let what = term!("lvm2.physical-volumes-lvm2-medium");
            let limit = byte_source::length(MOST_PHYSICAL_VOLUMES);
            problems.push(Problem::damage(LABEL, start, ProblemKind::LimitReached { what, limit }));
            break;
        }
        match label::read(source, start, scratch) {
            Ok(Some(volume)) => {
                problems.extend(duplicate(&volume, &found.physical));
                found
                    .physical
                    .push(DescribedVolume::read(source, volume, bytes, problems, scratch));
            }
            Ok(None) => {}
            Err(problem) => {
                found.is_any_label_broken = true;
                problems.push(problem);
            }
        }
    }
    found
}

impl DescribedVolume {
    /// Reads the metadata of a physical volume in a part of `bytes` bytes.
    fn read(
        source: &dyn Source,
        volume: PhysicalVolume,
        bytes: u64,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) -> Self {
        let read = metadata::read(source, &volume, scratch, problems);
        let is_metadata_broken = read.is_err();
        let group = read.unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        Self { volume, bytes, group, is_metadata_broken }
    }
}

/// Says that a physical volume has the identifier of one before it: logical volumes are read from
/// the first.
fn duplicate(volume: &PhysicalVolume, before: &[DescribedVolume]) -> Option<Problem> {
    let how = term!("lvm2.another-physical-volume-medium-same");
    before
        .iter()
        .any(|other| other.volume.id == volume.id)
        .then(|| Problem::damage(LABEL, volume.label_at, ProblemKind::Inconsistent(how)))
}

/// What a physical volume is used for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VolumeUse {
    /// No group names it.
    None,
    /// A group without logical volumes names it.
    GroupAlone,
    /// A group with logical volumes names it.
    LogicalVolumes,
}

/// The use of each physical volume, in their order. Every group is walked once: its text may name
/// very many.
fn uses(found: &PhysicalVolumes, groups: &[&VolumeGroup]) -> Vec<VolumeUse> {
    let mut uses = vec![VolumeUse::None; found.physical.len()];
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, physical) in found.physical.iter().enumerate() {
        places.entry(&physical.volume.id).or_default().push(place);
    }
    for group in groups {
        let use_of = if group.has_logical_volumes() {
            VolumeUse::LogicalVolumes
        } else {
            VolumeUse::GroupAlone
        };
        for (_, described) in group.physical_volumes() {
            for place in places.get(described.id.as_str()).into_iter().flatten() {
                if let Some(known) =
                    uses.get_mut(*place).filter(|known| **known != VolumeUse::LogicalVolumes)
                {
                    *known = use_of;
                }
            }
        }
    }
    uses
}

/// True for a physical volume whose data area belongs to no logical volume.
pub(crate) fn is_unused(member: Member) -> bool {
    member.name == WITHOUT_GROUP || member.name == WITHOUT_VOLUMES
}

/// Says that `physical` holds no logical volume. One whose data area begins with zeros was never
/// used: a note.
fn unused(
    source: &dyn Source,
    physical: &DescribedVolume,
    has_group: bool,
    scratch: &mut Scratch,
) -> Problem {
    let volume = &physical.volume;
    let is_blank = is_blank(source, physical, scratch);
    let how = match (has_group, volume.metadata_areas.is_empty(), is_blank) {
        (true, _, true) => {
            term!("lvm2.physical-volume-group-without-logical")
        }
        (true, _, false) => {
            term!("lvm2.physical-volume-group-without-logical-volumes")
        }
        (false, _, true) => {
            term!("lvm2.physical-volume-without-volume-group")
        }
        (false, true, false) => {
            term!("lvm2.physical-volume-without-metadata-area")
        }
        (false, false, false) => {
            term!("lvm2.physical-volume-without-volume-group-no")
        }
    };
    let kind = ProblemKind::Inconsistent(how);
    match is_blank {
        true => Problem::note(LABEL, volume.label_at, kind),
        false => Problem::damage(LABEL, volume.label_at, kind),
    }
}

/// True when the beginning of the data area of `physical` was read and holds zeros.
fn is_blank(source: &dyn Source, physical: &DescribedVolume, scratch: &mut Scratch) -> bool {
    let volume = &physical.volume;
    let looked_at = physical.bytes.saturating_sub(volume.data_offset).min(BLANK_BYTES);
    let mut data = vec![0; byte_source::index(looked_at)];
    let at = volume.start.saturating_add(volume.data_offset);
    let (_, fault) = read_available(source, at, &mut data, scratch);
    fault.is_none() && data.iter().all(|byte| *byte == 0)
}

/// Each volume group once, by its newest metadata: physical volumes carry copies.
fn newest_of_each(found: &[DescribedVolume]) -> Vec<&VolumeGroup> {
    let mut groups: Vec<&VolumeGroup> = Vec::new();
    for group in found.iter().filter_map(|physical| physical.group.as_ref()) {
        match groups.iter_mut().find(|other| other.id == group.id) {
            Some(other) if other.sequence < group.sequence => *other = group,
            Some(_) => {}
            None => groups.push(group),
        }
    }
    groups
}
