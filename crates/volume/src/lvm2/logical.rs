//! Logical volumes: those whose segments can be placed on the medium are read, all others are named.

use byte_source::{Problem, ProblemKind};

use super::Found;
use super::metadata::VolumeGroup;
use super::place::{Places, segments};
use super::text::{Section, Value};
use crate::{Division, Extent, Member, Role, Scheme, Volume, parts};

const NAME: &str = "LVM2 logical volume";
/// The segment type of linear and striped volumes.
const STRIPED: &str = "striped";
/// The segment type of the hidden volume that ties an origin to the store of its snapshot.
const SNAPSHOT: &str = "snapshot";
/// Bytes of a segment type that are taken over from the text.
const MOST_TYPE_BYTES: usize = 64;

/// Names of the logical volumes that are not read, by the beginning of their segment type (lvmsystemid(7), lvmraid(7), lvmthin(7),
/// lvmcache(7), lvmvdo(7)).
const NOT_READ: [(&str, &str); 14] = [
    ("thin-pool", "LVM2 thin pool"),
    ("thin", "LVM2 thin volume"),
    (SNAPSHOT, "LVM2 snapshot"),
    ("mirror", "LVM2 mirror"),
    ("raid0", "LVM2 RAID 0 volume"),
    ("raid10", "LVM2 RAID 10 volume"),
    ("raid1", "LVM2 RAID 1 volume (mirror)"),
    ("raid4", "LVM2 RAID 4 volume"),
    ("raid5", "LVM2 RAID 5 volume"),
    ("raid6", "LVM2 RAID 6 volume"),
    ("cache-pool", "LVM2 cache pool"),
    ("cache", "LVM2 cached volume"),
    ("writecache", "LVM2 volume with a write cache"),
    ("vdo", "LVM2 VDO volume"),
];
/// The name of any other.
const OTHER: &str = "LVM2 volume of another type than linear and striped";
/// The name of a linear or striped one whose text contradicts itself.
const UNPLACED: &str = "LVM2 volume that cannot be placed";

/// Adds the logical volumes of `group` that its users see.
pub(super) fn add(
    group: &VolumeGroup,
    found: &Found,
    medium_bytes: u64,
    number: &mut u32,
    division: &mut Division,
) {
    let Some(volumes) = group.contents.section("logical_volumes") else { return };
    let stores: Vec<&str> = volumes.sections.iter().flat_map(|(_, volume)| snapshot_stores(volume)).collect();
    let mut places = Places { group, found, medium_bytes, is_part_missing: false };
    for (name, volume) in &volumes.sections {
        // A snapshot goes by the name of its store, which LVM2 hides and `lvs` shows; the volume that ties both together is not shown.
        let is_store = stores.contains(&name.as_str());
        let kind = if is_store { SNAPSHOT } else { segment_type(volume) };
        let is_visible = volume.list("status").contains(&Value::Text("VISIBLE".to_owned()));
        if !is_store && (!is_visible || kind == SNAPSHOT) {
            continue;
        }
        *number = number.saturating_add(1);
        places.is_part_missing = false;
        let read =
            if kind == STRIPED { places.extents(volume) } else { Err(ProblemKind::NotRead(name_of(kind))) };
        let (extents, type_code, member) = match read {
            Ok((extents, type_code)) => {
                division.problems.extend(missing(&places, group));
                (extents, type_code, None)
            }
            Err(problem) => {
                // It has no place of its own: it stands behind the end of the medium, where everything reads as bad.
                let extents = vec![Extent { start: medium_bytes, length: places.bytes(volume) }];
                division.problems.push(Problem::damage(NAME, group.at, problem));
                (extents, kind, Some(Member { name: name_of(kind), is_explained: true }))
            }
        };
        let extent = Extent { start: medium_bytes, length: 0 };
        let volume = Volume {
            extents,
            type_code: type_code.chars().take(MOST_TYPE_BYTES).collect(),
            name: format!("{}/{name}", group.name),
            member,
            ..parts::volume(Scheme::Lvm2, *number, Role::Volume, extent)
        };
        division.volumes.extend((volume.length() > 0).then_some(volume));
    }
}

/// The names of the volumes in which snapshots keep what they saved.
fn snapshot_stores(volume: &Section) -> impl Iterator<Item = &str> {
    segments(volume)
        .filter(|segment| segment.string("type") == Some(SNAPSHOT))
        .flat_map(|segment| [segment.string("cow_store"), segment.string("merging_store")])
        .flatten()
}

/// The type of the first segment that is not striped, or else "striped".
fn segment_type(volume: &Section) -> &str {
    let mut types = segments(volume).map(|segment| segment.string("type").unwrap_or_default());
    types.find(|kind| *kind != STRIPED).unwrap_or(STRIPED)
}

fn name_of(kind: &str) -> &'static str {
    if kind == STRIPED {
        return UNPLACED;
    }
    NOT_READ.iter().find(|(beginning, _)| kind.starts_with(beginning)).map_or(OTHER, |(_, name)| *name)
}

/// Says that a part of the volume that was placed last was not found.
fn missing(places: &Places<'_>, group: &VolumeGroup) -> Option<Problem> {
    if !places.is_part_missing {
        return None;
    }
    let how = match places.found.any_label_broken {
        true => {
            "a part lies on a physical volume that was not found: on another medium, or the one here whose label is broken; it reads as bad"
        }
        false => "a part lies on a physical volume that is not on this medium; it reads as bad",
    };
    Some(Problem::damage(NAME, group.at, ProblemKind::Inconsistent(how)))
}
