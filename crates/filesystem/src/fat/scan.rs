//! The scan of one directory: a record and its names for every entry.

use std::ops::ControlFlow;

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Scratch, Structure};
use case_model::{NameEncoding, readable_name};

use crate::{Allocation, Detail, Found, Link, LinkParent, NameSpace, RecordRef};

use super::directory_entry::{DirectoryEntry, SlotKind};
use super::long_name::{LongNames, Taken};
use super::tree::Directory;
use super::volume::FatVolume;
use super::{TableReader, short_name, visit_slots};

impl FatVolume {
    /// Hands over what directory `number` holds; the first one brings the record of the root too.
    pub(super) fn scan_directory(
        &self,
        number: usize,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(Found),
    ) {
        let Some(directory) = self.tree.directories.get(number) else { return };
        if number == 0 {
            each(Found::Record(Box::new(self.root_record(reader, scratch))));
            self.compare_copies(scratch, each);
        }
        let mut scan = DirectoryScan { fat: self, directory, names: LongNames::default(), slots: 0, each };
        let _ = visit_slots(&*self.volume, &directory.extents, scratch, &mut |slot, scratch| {
            let slot = match slot {
                Ok(slot) => slot,
                Err(problem) => {
                    scan.unreadable(problem);
                    return ControlFlow::Continue(());
                }
            };
            scan.slot(&slot, reader, scratch).unwrap_or_else(|bounds| {
                scan.problem(bounds.into());
                ControlFlow::Continue(())
            })
        });
        scan.end();
    }
}

struct DirectoryScan<'a> {
    fat: &'a FatVolume,
    directory: &'a Directory,
    names: LongNames,
    slots: u64,
    each: &'a mut dyn FnMut(Found),
}

impl DirectoryScan<'_> {
    fn slot(
        &mut self,
        slot: &Structure<'_>,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Result<ControlFlow<()>, OutOfBounds> {
        let kind = SlotKind::of(slot)?;
        let place = self.slots;
        self.slots = self.slots.saturating_add(1);
        self.check_dots(place, kind, slot);
        match kind {
            SlotKind::EndOfDirectory => return Ok(ControlFlow::Break(())),
            SlotKind::LongName => {
                let problem = self.names.push(slot)?;
                problem.into_iter().for_each(|problem| self.problem(problem));
            }
            SlotKind::Dot => self.check_dot(slot, self.directory.first_cluster)?,
            SlotKind::DotDot => self.check_dot(slot, self.directory.parent_cluster)?,
            SlotKind::Short => {
                let entry = DirectoryEntry::read(slot)?;
                let taken = self.names.take(entry.name);
                if !entry.is_deleted() {
                    self.entry(&entry, taken, Allocation::Allocated, reader, scratch);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn entry(
        &mut self,
        entry: &DirectoryEntry,
        taken: Taken,
        allocation: Allocation,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) {
        let mut record = self.fat.entry_record(entry, allocation, reader, scratch);
        record.problems.extend(taken.problem);
        if let Some(stray) = taken.stray {
            let value = readable_name(&stray, NameEncoding::Utf16Le);
            record.details.push(Detail { name: "stray_long_name".to_owned(), value });
        }
        (self.each)(Found::Record(Box::new(record)));
        let short = self.short_link(entry, allocation);
        // Windows and Linux show the short name when the checksum does not fit, readers of evidence the long one: both are given.
        let beside = if taken.name.is_some() { NameSpace::Short } else { NameSpace::Primary };
        if let Some(name) = taken.name.or(taken.doubtful) {
            let long = Link { name, encoding: NameEncoding::Utf16Le, readable: None, ..short.clone() };
            (self.each)(Found::Link(Box::new(long)));
        }
        (self.each)(Found::Link(Box::new(Link { space: beside, ..short })));
    }

    fn short_link(&self, entry: &DirectoryEntry, allocation: Allocation) -> Link {
        let code_page = self.fat.code_page;
        // A label stands in the root and has eleven characters; anywhere else it is a file in disguise.
        let readable = if entry.is_label() && self.directory.record == 0 {
            short_name::label(entry.name, code_page)
        } else {
            short_name::readable(entry.name, entry.nt_reserved, code_page)
        };
        let reference = |number| RecordRef { number, generation: None };
        Link {
            parent: LinkParent::Directory(reference(self.directory.record)),
            child: reference(entry.number()),
            name: entry.name.to_vec(),
            encoding: NameEncoding::CodePage(code_page),
            readable: Some(readable),
            space: NameSpace::Primary,
            allocation,
            at: entry.at,
            times: None,
        }
    }

    /// All directories but the root begin with "." and "..".
    fn check_dots(&mut self, place: u64, kind: SlotKind, slot: &Structure<'_>) {
        let is_root = self.directory.record == 0;
        let wanted = match place {
            0 if !is_root => Some(SlotKind::Dot),
            1 if !is_root => Some(SlotKind::DotDot),
            _ => None,
        };
        let is_dot = matches!(kind, SlotKind::Dot | SlotKind::DotDot);
        if wanted.is_some_and(|wanted| wanted != kind) || (wanted.is_none() && is_dot) {
            let how =
                if is_dot { "\".\" or \"..\" at an unusual place" } else { "\".\" or \"..\" is missing" };
            self.problem(Problem::note("dot entry", slot.at(), ProblemKind::Inconsistent(how)));
        }
    }

    /// ".." of a directory in the root holds 0; on FAT32 some programs write the root's cluster.
    fn check_dot(&mut self, slot: &Structure<'_>, cluster: u32) -> Result<(), OutOfBounds> {
        let problem = self.names.abandon();
        problem.into_iter().for_each(|problem| self.problem(problem));
        let found = DirectoryEntry::read(slot)?.first_cluster(self.fat.format());
        let root = self.fat.boot.root_cluster;
        let is_root = cluster == root && (found == 0 || found == root);
        if found != cluster && !is_root {
            let expected = Expected::Exactly(if cluster == root { 0 } else { u64::from(cluster) });
            let kind = ProblemKind::Value { field: "DIR_FstClus", expected, found: u64::from(found) };
            self.problem(Problem::note("dot entry", slot.at(), kind));
        }
        Ok(())
    }

    fn unreadable(&mut self, problem: Problem) {
        self.end();
        self.problem(problem);
    }

    fn end(&mut self) {
        let problem = self.names.abandon();
        problem.into_iter().for_each(|problem| self.problem(problem));
    }

    fn problem(&mut self, problem: Problem) {
        (self.each)(Found::Problem(problem));
    }
}
