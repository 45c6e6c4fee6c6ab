//! The parts of a medium put together: sorted, without gaps, overlaps and ends checked.

use byte_source::{Problem, ProblemKind};
use words::term;

use crate::{Extent, Role, Scheme, Volume};

/// Parts that a table names, with the entries that name them.
#[derive(Default)]
pub(crate) struct Parts {
    named: Vec<Named>,
    pub(crate) problems: Vec<Problem>,
}

struct Named {
    volume: Volume,
    structure: &'static str,
    entry_at: u64,
}

impl Named {
    /// What is wrong with a partition when the parts before it end at byte `covered`.
    fn problems(&self, covered: u64, medium_bytes: u64) -> Vec<Problem> {
        let mut problems = Vec::new();
        let start = self.volume.start();
        let end = start.saturating_add(self.volume.length());
        let is_partition = self.volume.role == Role::Volume;
        if start < covered && is_partition {
            let how = term!("volume.partition-overlaps-one-before-partition");
            let kind = ProblemKind::Inconsistent(how);
            problems.push(Problem::note(self.structure, self.entry_at, kind));
        }
        if end > medium_bytes && is_partition {
            let kind = ProblemKind::OutOfBounds { wanted_end: end, available: medium_bytes };
            problems.push(Problem::damage(self.structure, self.entry_at, kind));
        }
        problems
    }
}

impl Parts {
    /// Adds a partition that the entry `structure` at byte `entry_at` of the medium names.
    pub(crate) fn partition(&mut self, volume: Volume, structure: &'static str, entry_at: u64) {
        self.named.push(Named { volume, structure, entry_at });
    }

    /// Adds the bytes of a table.
    pub(crate) fn table(&mut self, scheme: Scheme, start: u64, length: u64, name: &str) {
        let volume = volume(scheme, 0, Role::Table, Extent { start, length });
        self.named.push(Named {
            volume: Volume { name: name.to_owned(), ..volume },
            structure: "",
            entry_at: start,
        });
    }

    /// True when a partition covers exactly these bytes.
    pub(crate) fn has(&self, extent: Extent) -> bool {
        self.named.iter().any(|named| named.volume.extents == [extent])
    }

    /// All parts by their first byte; what no part covers is unpartitioned. The tables lie within
    /// `medium_bytes`, partitions may end behind it, which is said.
    pub(crate) fn cover(
        mut self,
        scheme: Scheme,
        medium_bytes: u64,
    ) -> (Vec<Volume>, Vec<Problem>) {
        self.named.retain_mut(|named| {
            named.volume.role != Role::Table || clip(&mut named.volume, medium_bytes)
        });
        self.named.sort_by_key(|named| {
            (named.volume.start(), named.volume.role != Role::Table, named.volume.number)
        });
        let mut parts = Vec::new();
        let mut covered = 0;
        for named in self.named {
            self.problems.extend(named.problems(covered, medium_bytes));
            let part = named.volume;
            parts.extend(gap(scheme, covered, part.start().min(medium_bytes)));
            covered = covered.max(part.start().saturating_add(part.length()));
            parts.push(part);
        }
        parts.extend(gap(scheme, covered, medium_bytes));
        (parts, self.problems)
    }
}

/// The unpartitioned bytes from `start` to `end`, if there are any.
fn gap(scheme: Scheme, start: u64, end: u64) -> Option<Volume> {
    let extent = Extent { start, length: end.saturating_sub(start) };
    (extent.length > 0).then(|| volume(scheme, 0, Role::Unpartitioned, extent))
}

/// A part without a type or name.
pub(crate) fn volume(scheme: Scheme, number: u32, role: Role, extent: Extent) -> Volume {
    Volume {
        scheme,
        number,
        role,
        extents: vec![extent],
        type_code: String::new(),
        name: String::new(),
        encryption: None,
        member: None,
    }
}

/// Cuts a table at the end of the medium; false when nothing is left of it.
fn clip(volume: &mut Volume, medium_bytes: u64) -> bool {
    for extent in &mut volume.extents {
        extent.length = extent.length.min(medium_bytes.saturating_sub(extent.start));
    }
    volume.length() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(number: u32, start: u64, length: u64) -> Volume {
        volume(Scheme::Mbr, number, Role::Volume, Extent { start, length })
    }

    #[test]
    fn every_byte_has_a_part_and_overlaps_and_ends_are_said() {
        let mut parts = Parts::default();
        parts.table(Scheme::Mbr, 0, 512, "");
        parts.partition(partition(2, 3000, 1000), "entry", 462);
        parts.partition(partition(1, 1024, 2000), "entry", 446);
        parts.partition(partition(3, 5000, 9000), "entry", 478);
        let (parts, problems) = parts.cover(Scheme::Mbr, 10_000);
        let found: Vec<_> =
            parts.iter().map(|part| (part.role.key(), part.start(), part.length())).collect();
        assert_eq!(
            found,
            [
                ("table", 0, 512),
                ("unpartitioned", 512, 512),
                ("volume", 1024, 2000),
                ("volume", 3000, 1000),
                ("unpartitioned", 4000, 1000),
                ("volume", 5000, 9000)
            ]
        );
        let said: Vec<_> = problems.iter().map(|problem| (problem.at, problem.severity)).collect();
        assert_eq!(
            said,
            [(462, byte_source::Severity::Note), (478, byte_source::Severity::Damage)]
        );
    }
}
