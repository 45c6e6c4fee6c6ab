//! Which allocation units of a volume are claimed, and which more than once.

use std::ops::Range;
use words::term;

use byte_source::{Problem, ProblemKind};
use filesystem::{
    Allocation, Confidence, FileSystem, Layout, Place, Record, Space, Stream, StreamKind,
};

use super::unit_set::UnitSet;

/// Units of a volume that are looked after: all of FAT, exFAT and NTFS, whose cluster numbers have 32 bits, and 16 TiB of an ext4 with
/// blocks of 4 KiB. The sets take 512 MiB each at the worst, when every chunk of 65,536 units is partly in use.
const MOST_UNITS: u64 = 1 << 32;

/// Space that a record or a structure in use claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Allocation units.
    pub(super) units: Range<u64>,
    /// True for the content of a file: on some volumes files share units by design.
    pub(super) is_content: bool,
}

/// The units that are claimed, and those that are claimed more than once. Deleted entries claim nothing: what they had may be in use again.
#[derive(Debug)]
pub(crate) struct ClaimMap {
    first_at: u64,
    unit_bytes: u64,
    count: u64,
    claimed: UnitSet,
    twice: UnitSet,
    /// Units of content on a volume where files share them by design.
    shared: Option<UnitSet>,
    /// What is not looked after.
    pub(super) limit: Option<Problem>,
}

impl ClaimMap {
    pub(crate) fn new(file_system: &dyn FileSystem) -> Self {
        let units = file_system.allocation_units();
        let unit_bytes = u64::from(units.bytes).max(1);
        let space = file_system.volume().len().saturating_sub(units.first_at);
        let all = space.div_ceil(unit_bytes);
        let count = all.min(MOST_UNITS);
        let end = units.first_at.saturating_add(count.saturating_mul(unit_bytes));
        let kind = ProblemKind::LimitReached {
            what: term!("scan.blocks-volume-double-claims-looked"),
            limit: MOST_UNITS,
        };
        Self {
            first_at: units.first_at,
            unit_bytes,
            count,
            claimed: UnitSet::new(count),
            twice: UnitSet::new(count),
            shared: units.shared.then(|| UnitSet::new(count)),
            limit: (all > count).then(|| Problem::note("allocation", end, kind)),
        }
    }

    /// Collects what a record claims.
    pub(crate) fn of_record(&self, record: &Record, claims: &mut Vec<Claim>) {
        each_extent(record, &mut |_, extent| claims.extend(self.claim(extent, !record.metadata)));
    }

    /// Collects what a structure claims.
    pub(crate) fn of_space(&self, space: &Space, claims: &mut Vec<Claim>) {
        claims.extend(space.extents.iter().filter_map(|extent| self.claim(extent.clone(), false)));
    }

    /// Takes the claims of a part of the record table. The order of the parts does not matter.
    pub(crate) fn take(&self, claims: &[Claim]) {
        for claim in claims {
            match (&self.shared, claim.is_content) {
                (Some(shared), true) => shared.add(claim.units.clone(), &mut |_| {}),
                _ => self
                    .claimed
                    .add(claim.units.clone(), &mut |again| self.twice.add(again, &mut |_| {})),
            }
        }
    }

    /// Returns the units that are claimed more than once; all claims were taken before.
    pub(super) fn twice(&self) -> &UnitSet {
        if let Some(shared) = &self.shared {
            shared.runs(&mut |run| {
                self.claimed.members(run, &mut |found| self.twice.add(found, &mut |_| {}));
            });
        }
        &self.twice
    }

    /// Returns the units that hold an extent of the volume.
    pub(super) fn units(&self, extent: Range<u64>) -> Range<u64> {
        let start =
            extent.start.saturating_sub(self.first_at).checked_div(self.unit_bytes).unwrap_or(0);
        let end = extent.end.saturating_sub(self.first_at).div_ceil(self.unit_bytes);
        start.min(self.count)..end.min(self.count)
    }

    /// Returns the bytes of the volume that units are.
    pub(super) fn bytes(&self, units: &Range<u64>) -> Range<u64> {
        let at = |unit: u64| self.first_at.saturating_add(unit.saturating_mul(self.unit_bytes));
        at(units.start)..at(units.end)
    }

    fn claim(&self, extent: Range<u64>, is_content: bool) -> Option<Claim> {
        let units = self.units(extent);
        (!units.is_empty()).then_some(Claim { units, is_content })
    }
}

/// Hands over the extents that the streams of a record in use claim. What is assumed of a stream is no claim, and coded content as stored
/// (`WofCompressedData`) has the runs of the content itself.
pub(super) fn each_extent(record: &Record, each: &mut dyn FnMut(StreamKind, Range<u64>)) {
    if record.allocation != Allocation::Allocated {
        return;
    }
    let claims = |stream: &&Stream| {
        matches!(stream.kind, StreamKind::Data | StreamKind::Alternate)
            && stream.confidence == Confidence::Recorded
    };
    for stream in record.streams.iter().filter(claims) {
        let runs = match &stream.layout {
            Layout::Runs(runs) => runs.as_slice(),
            Layout::Coded(coded) => coded.runs.as_slice(),
            _ => &[],
        };
        for run in runs {
            if let Place::At(at) | Place::Unwritten(at) = run.place {
                each(stream.kind, at..at.saturating_add(run.length));
            }
        }
    }
}
