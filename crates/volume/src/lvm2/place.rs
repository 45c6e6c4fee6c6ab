//! Segments of a logical volume placed on the medium.

use std::collections::HashMap;

use byte_source::{ProblemKind, length};
use words::term;

use super::PhysicalVolumes;
use super::metadata::VolumeGroup;
use super::text::{Section, Value};
use crate::Extent;

/// Sectors of LVM2 have 512 bytes on every disk.
const SECTOR_BYTES: u64 = 512;
/// Extents of the medium that make up a logical volume; striping in 64 KiB comes to 16 GiB with
/// this.
const MOST_EXTENTS: usize = 1 << 18;

/// The places of the extents of a group's physical volumes.
pub(super) struct Places<'a> {
    pub(super) group: &'a VolumeGroup,
    pub(super) medium_bytes: u64,
    /// True when a label of the medium is broken: its physical volume counts as not found.
    pub(super) is_any_label_broken: bool,
    /// Byte offset on the medium of the data of each physical volume, by its name in the text;
    /// `None` for one that was not found.
    data: HashMap<&'a str, Option<u64>>,
    /// True when a physical volume was asked for that was not found on this medium.
    pub(super) is_part_missing: bool,
}

impl<'a> Places<'a> {
    pub(super) fn new(group: &'a VolumeGroup, found: &PhysicalVolumes, medium_bytes: u64) -> Self {
        let mut starts: HashMap<&str, u64> = HashMap::new();
        for physical in &found.physical {
            starts.entry(&physical.volume.id).or_insert(physical.volume.start);
        }
        let mut data = HashMap::new();
        for (name, described) in group.physical_volumes() {
            let start = starts.get(described.id.as_str()).zip(described.pe_start);
            let place = start
                .map(|(start, sectors)| start.saturating_add(sectors.saturating_mul(SECTOR_BYTES)));
            data.entry(name).or_insert(place);
        }
        let is_any_label_broken = found.is_any_label_broken;
        Self { group, medium_bytes, is_any_label_broken, data, is_part_missing: false }
    }
}

impl Places<'_> {
    /// Returns the extents on the medium of a logical volume of linear and striped segments, and
    /// its type.
    ///
    /// # Errors
    /// What keeps it from being placed.
    pub(super) fn extents(
        &mut self,
        volume: &Section,
    ) -> Result<(Vec<Extent>, &'static str), ProblemKind> {
        let mut segments: Vec<&Section> = segments(volume).collect();
        segments.sort_by_key(|segment| segment.number("start_extent"));
        let mut extents = Vec::new();
        let mut type_code = "linear";
        let mut next = 0_u64;
        for segment in segments {
            let count = segment.number("extent_count").unwrap_or(0);
            if segment.number("start_extent") != Some(next) {
                return Err(ProblemKind::Inconsistent(term!("lvm2.segments-leave-gap-overlap")));
            }
            next = next.saturating_add(count);
            let stripes = segment.list("stripes").as_chunks::<2>().0;
            if stripes.len() > 1 {
                type_code = "striped";
            }
            self.segment(segment, stripes, count, &mut extents)?;
        }
        if extents.is_empty() {
            return Err(ProblemKind::Inconsistent(term!("lvm2.no-segments")));
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
        let wrong = ProblemKind::Inconsistent(term!("lvm2.segment-no-stripes-number-does"));
        let extent_bytes = self.sectors(self.group.contents.number("extent_size"));
        let width = length(stripes.len());
        if extent_bytes == 0 || count == 0 || count.checked_rem(width) != Some(0) {
            return Err(wrong);
        }
        let bytes = count.checked_div(width).unwrap_or(0).saturating_mul(extent_bytes);
        let starts = self.starts(stripes, extent_bytes)?.ok_or(wrong.clone())?;
        if let [start] = starts.as_slice() {
            extents.push(Extent { start: *start, length: bytes });
            return Ok(());
        }
        let stripe_bytes = self.sectors(segment.number("stripe_size"));
        let rows = bytes.checked_div(stripe_bytes).ok_or(wrong.clone())?;
        if bytes.checked_rem(stripe_bytes) != Some(0) {
            return Err(wrong);
        }
        add_stripes(&starts, stripe_bytes, rows, extents)
    }

    /// The place of each stripe; `None` when one is not a name and a number of extents.
    fn starts(
        &mut self,
        stripes: &[[Value; 2]],
        extent_bytes: u64,
    ) -> Result<Option<Vec<u64>>, ProblemKind> {
        let mut starts = Vec::new();
        for stripe in stripes {
            let [Value::Text(name), Value::Number(first)] = stripe else { return Ok(None) };
            starts.push(self.start(name, first.saturating_mul(extent_bytes))?);
        }
        Ok(Some(starts))
    }

    /// Returns the length in bytes that the segments of `volume` add up to.
    pub(super) fn bytes(&self, volume: &Section) -> u64 {
        let extents = segments(volume)
            .map(|segment| segment.number("extent_count").unwrap_or(0))
            .fold(0_u64, u64::saturating_add);
        extents.saturating_mul(self.sectors(self.group.contents.number("extent_size")))
    }

    fn sectors(&self, number: Option<u64>) -> u64 {
        number.unwrap_or(0).saturating_mul(SECTOR_BYTES)
    }

    /// Returns the byte offset on the medium of byte `offset` of the data of the physical volume
    /// called `name`. One that was not found is placed behind the end of the medium, where
    /// everything reads as bad.
    fn start(&mut self, name: &str, offset: u64) -> Result<u64, ProblemKind> {
        match self.data.get(name) {
            Some(Some(data)) => Ok(data.saturating_add(offset)),
            Some(None) => {
                self.is_part_missing = true;
                Ok(self.medium_bytes)
            }
            None => Err(ProblemKind::NotRead(
                "LVM2 logical volume that stands on another one (a move that was not finished)",
            )),
        }
    }
}

/// The segments of a logical volume, in the order of the text.
pub(super) fn segments(volume: &Section) -> impl Iterator<Item = &Section> {
    volume
        .sections
        .iter()
        .filter(|(name, _)| name.starts_with("segment"))
        .map(|(_, section)| section)
}

/// Adds the stripes of a segment, row by row; `starts` has the place of the first row on each
/// physical volume.
fn add_stripes(
    starts: &[u64],
    stripe_bytes: u64,
    rows: u64,
    extents: &mut Vec<Extent>,
) -> Result<(), ProblemKind> {
    let limit = length(MOST_EXTENTS);
    if rows.saturating_mul(length(starts.len())).saturating_add(length(extents.len())) > limit {
        let what = term!("lvm2.extents-striped-logical-volume");
        return Err(ProblemKind::LimitReached { what, limit });
    }
    for row in 0..rows {
        let inside = row.saturating_mul(stripe_bytes);
        let place =
            |start: &u64| Extent { start: start.saturating_add(inside), length: stripe_bytes };
        extents.extend(starts.iter().map(place));
    }
    Ok(())
}
