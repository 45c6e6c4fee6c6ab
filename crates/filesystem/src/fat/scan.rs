//! The scan of one directory: a record and its names for every entry.

use std::ops::ControlFlow;

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Scratch, Structure};
use case_model::{NameEncoding, readable_name};
use words::term;

use crate::{Allocation, Detail, Found, Link, LinkParent, NameSpace, RecordRef};

use super::directory_entry::{DirectoryEntry, SlotKind};
use super::long_name::{LongNames, Taken};
use super::slot_use::{Placed, SlotUse};
use super::table_copies::compare_copies;
use super::volume::FatVolume;
use super::{Directory, TableReader, short_name, visit_slots};

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
            compare_copies(&self.table, scratch, each);
            self.scan_virtual(scratch, each);
        }
        directory.space().into_iter().for_each(|space| each(Found::Space(Box::new(space))));
        let slot_use = SlotUse::new(directory.allocation);
        let names = LongNames::default();
        let mut scan = DirectoryScan { fat: self, directory, slot_use, names, slots: 0, each };
        let _ = visit_slots(&*self.volume, &directory.extents, scratch, &mut |slot, scratch| {
            match slot.map(|slot| scan.slot(&slot, reader, scratch)) {
                Ok(Ok(())) => {}
                Ok(Err(bounds)) => scan.problem(bounds.into()),
                Err(problem) => scan.unreadable(problem),
            }
            ControlFlow::Continue(())
        });
        scan.abandon();
    }
}

struct DirectoryScan<'a> {
    fat: &'a FatVolume,
    directory: &'a Directory,
    slot_use: SlotUse,
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
    ) -> Result<(), OutOfBounds> {
        let kind = SlotKind::of(slot)?;
        let place = self.slots;
        self.slots = self.slots.saturating_add(1);
        if self.is_certain() {
            self.check_dots(place, kind, slot);
        }
        if kind == SlotKind::EndOfDirectory {
            self.abandon();
        }
        let placed = self.slot_use.place(kind, slot, reader)?;
        match (kind, placed) {
            (SlotKind::LongName, _) => {
                let problem = self.names.push(slot)?;
                self.note(problem);
            }
            (SlotKind::Short, Some(placed)) => {
                let taken = self.names.take(placed.entry.name);
                self.entry(&placed, taken, reader, scratch);
            }
            (SlotKind::Short, None) => self.abandon(),
            (SlotKind::EndOfDirectory, _) => {}
            (SlotKind::Dot | SlotKind::DotDot, _) => self.dot(kind, slot)?,
        }
        Ok(())
    }

    /// Takes "." or "..".
    fn dot(&mut self, kind: SlotKind, slot: &Structure<'_>) -> Result<(), OutOfBounds> {
        self.abandon();
        if self.is_certain() { self.check_dot(kind, slot) } else { Ok(()) }
    }

    /// The directory is in use and its end was not passed.
    fn is_certain(&self) -> bool {
        self.directory.allocation == Allocation::Allocated && !self.slot_use.ended()
    }

    /// Hands over the record of a short entry, and its names.
    fn entry(
        &mut self,
        placed: &Placed,
        mut taken: Taken,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) {
        let mut record = self.fat.entry_record(&placed.entry, placed.allocation, reader, scratch);
        record.problems.extend(taken.problem.take());
        if let Some(stray) = &taken.stray {
            let value = readable_name(stray, NameEncoding::Utf16Le);
            record.details.push(Detail { name: "stray_long_name".to_owned(), value });
        }
        if placed.behind_end {
            let value = "behind the end of the directory".to_owned();
            record.details.push(Detail { name: "place".to_owned(), value });
        }
        (self.each)(Found::Record(Box::new(record)));
        self.links(placed, taken);
    }

    /// Hands over the long name of a short entry, and its short one.
    fn links(&mut self, placed: &Placed, taken: Taken) {
        let mut entry = placed.entry;
        let raw = entry.name;
        if let ([first, ..], Some(known)) = (&mut entry.name, taken.first_byte) {
            *first = known;
        }
        let short = Link { name: raw.to_vec(), ..self.short_link(&entry, placed.allocation) };
        // Windows and Linux show the short name when the checksum does not fit, readers of evidence
        // the long one: both are given.
        let space = if taken.name.is_some() { NameSpace::Short } else { NameSpace::Primary };
        if let Some(name) = taken.name.or(taken.doubtful) {
            let long =
                Link { name, encoding: NameEncoding::Utf16Le, readable: None, ..short.clone() };
            (self.each)(Found::Link(Box::new(long)));
        }
        (self.each)(Found::Link(Box::new(Link { space, ..short })));
    }

    fn short_link(&self, entry: &DirectoryEntry, allocation: Allocation) -> Link {
        let code_page = self.fat.code_page;
        // A label stands in the root and has eleven characters; anywhere else it is a file in
        // disguise.
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
            let how = if is_dot { term!("fat.unusual-place") } else { term!("fat.missing") };
            self.problem(Problem::note("dot entry", slot.at(), ProblemKind::Inconsistent(how)));
        }
    }

    /// ".." of a directory in the root holds 0; on FAT32 some programs write the root's cluster.
    fn check_dot(&mut self, kind: SlotKind, slot: &Structure<'_>) -> Result<(), OutOfBounds> {
        let Directory { first_cluster, parent_cluster, .. } = *self.directory;
        let cluster = if kind == SlotKind::Dot { first_cluster } else { parent_cluster };
        let found = DirectoryEntry::read(slot)?.first_cluster(self.fat.format());
        let root = self.fat.boot.root_cluster;
        let is_root = cluster == root && (found == 0 || found == root);
        if found != cluster && !is_root {
            let expected = Expected::Exactly(if cluster == root { 0 } else { u64::from(cluster) });
            let kind =
                ProblemKind::Value { field: "DIR_FstClus", expected, found: u64::from(found) };
            self.problem(Problem::note("dot entry", slot.at(), kind));
        }
        Ok(())
    }

    fn unreadable(&mut self, problem: Problem) {
        self.abandon();
        self.problem(problem);
    }

    /// What was collected of a long name belongs to nothing.
    fn abandon(&mut self) {
        let problem = self.names.abandon();
        self.note(problem);
    }

    /// Reports what is wrong with long names, where they should be right.
    fn note(&mut self, problem: Option<Problem>) {
        if let Some(problem) = problem.filter(|_| self.is_certain()) {
            self.problem(problem);
        }
    }

    fn problem(&mut self, problem: Problem) {
        (self.each)(Found::Problem(problem));
    }
}
