//! Logical volumes: those whose segments can be placed on the medium are read, all others are
//! named.

use std::collections::HashSet;

use byte_source::{Problem, ProblemKind};
use words::term;

use super::PhysicalVolumes;
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

/// Names of the logical volumes that are not read, by the beginning of their segment type
/// (lvmraid(7), lvmthin(7), lvmcache(7), lvmvdo(7)).
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

/// Logical volumes of a medium that are listed; LVM2 itself warns above some thousands.
const MOST_VOLUMES: u32 = 1 << 14;
/// Extents of all logical volumes of a medium.
const MOST_EXTENTS: usize = 1 << 21;

/// What was listed of a medium so far.
#[derive(Default)]
pub(super) struct VolumeCount {
    volumes: u32,
    extents: usize,
}

/// Adds the logical volumes of `group` that its users see.
pub(super) fn add(
    group: &VolumeGroup,
    found: &PhysicalVolumes,
    medium_bytes: u64,
    listed: &mut VolumeCount,
    division: &mut Division,
) {
    let Some(volumes) = group.contents.section("logical_volumes") else { return };
    let stores: HashSet<&str> =
        volumes.sections.iter().flat_map(|(_, volume)| snapshot_stores(volume)).collect();
    let mut places = Places::new(group, found, medium_bytes);
    for (name, text) in &volumes.sections {
        let Some(kind) = shown_kind(text, stores.contains(name.as_str())) else { continue };
        if listed.volumes >= MOST_VOLUMES {
            let what = term!("lvm2.logical-volumes-medium");
            let kind = ProblemKind::LimitReached { what, limit: MOST_VOLUMES.into() };
            return division.problems.push(Problem::damage(NAME, group.at, kind));
        }
        listed.volumes = listed.volumes.saturating_add(1);
        let (volume, problem) = placed(&mut places, text, kind, listed);
        let name = format!("{}/{name}", group.name);
        division
            .problems
            .extend(problem.map(|kind| Problem::damage(NAME, group.at, kind.of(&name))));
        listed.extents = listed.extents.saturating_add(volume.extents.len());
        let volume = Volume { number: listed.volumes, name, ..volume };
        division.volumes.extend((volume.length() > 0).then_some(volume));
    }
}

/// The segment type of a logical volume; `None` for one that its users do not see. A snapshot goes
/// by the name of its store, which LVM2 hides and `lvs` shows; the volume that ties both together
/// is not shown.
fn shown_kind(text: &Section, is_store: bool) -> Option<&str> {
    if is_store {
        return Some(SNAPSHOT);
    }
    let is_visible = text.list("status").contains(&Value::Text("VISIBLE".to_owned()));
    Some(segment_type(text)).filter(|kind| is_visible && *kind != SNAPSHOT)
}

/// Places the logical volume that `text` describes, or says why it has no place. One without stands
/// behind the end of the medium, where everything reads as bad. Returns what is wrong with it, too.
fn placed(
    places: &mut Places<'_>,
    text: &Section,
    kind: &str,
    listed: &VolumeCount,
) -> (Volume, Option<ProblemKind>) {
    let nowhere = Extent { start: places.medium_bytes, length: 0 };
    let part = parts::volume(Scheme::Lvm2, 0, Role::Volume, nowhere);
    match read_extents(places, text, kind, listed) {
        Ok((extents, type_code)) => {
            (Volume { extents, type_code: type_code.to_owned(), ..part }, missing(places))
        }
        Err(problem) => {
            let extents = vec![Extent { length: places.bytes(text), ..nowhere }];
            let member = Some(Member { name: name_of(kind), is_explained: true });
            let type_code = kind.chars().take(MOST_TYPE_BYTES).collect();
            (Volume { extents, type_code, member, ..part }, Some(problem))
        }
    }
}

/// The extents of a volume whose segments are striped, and its type.
fn read_extents(
    places: &mut Places<'_>,
    text: &Section,
    kind: &str,
    listed: &VolumeCount,
) -> Result<(Vec<Extent>, &'static str), ProblemKind> {
    places.is_part_missing = false;
    if kind != STRIPED {
        return Err(ProblemKind::NotRead(name_of(kind)));
    }
    if listed.extents >= MOST_EXTENTS {
        let what = term!("lvm2.extents-all-logical-volumes");
        return Err(ProblemKind::LimitReached { what, limit: byte_source::length(MOST_EXTENTS) });
    }
    places.extents(text)
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
    NOT_READ
        .iter()
        .find(|(beginning, _)| kind.starts_with(beginning))
        .map_or(OTHER, |(_, name)| *name)
}

/// Says that a part of the volume that was placed last was not found.
fn missing(places: &Places<'_>) -> Option<ProblemKind> {
    if !places.is_part_missing {
        return None;
    }
    let how = match places.is_any_label_broken {
        true => {
            term!("lvm2.part-lies-physical-volume-not")
        }
        false => term!("lvm2.part-lies-physical-volume-not-medium"),
    };
    Some(ProblemKind::Inconsistent(how))
}
