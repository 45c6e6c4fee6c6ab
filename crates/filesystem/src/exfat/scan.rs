//! The scan of one directory: a record and its name for every entry set and primary entry.

use byte_source::{Problem, Scratch};
use case_model::NameEncoding;

use crate::fat::{Directory, TableReader, scan_lost_chains};
use crate::{Allocation, Detail, Found, Link, LinkParent, NameSpace, Record, RecordRef};

use super::primary;
use super::visit::{Placed, Seen, visit_directory};
use super::volume::ExFatVolume;

impl ExFatVolume {
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
            scan_lost_chains(&self.lost, &self.table, self.heap, scratch, each);
        }
        directory.space().into_iter().for_each(|space| each(Found::Space(Box::new(space))));
        visit_directory(&*self.volume, directory, &self.up_case, scratch, &mut |seen, scratch| {
            match self.record_and_link(seen, directory, reader, scratch) {
                Ok((record, link)) => {
                    each(Found::Record(Box::new(record)));
                    each(Found::Link(Box::new(link)));
                }
                Err(problem) => {
                    problem.into_iter().for_each(|problem| each(Found::Problem(problem)))
                }
            }
        });
    }

    /// The record and the name of what stands in a directory; else what is wrong with it, if anything is.
    fn record_and_link(
        &self,
        seen: Seen,
        directory: &Directory,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Result<(Record, Link), Option<Problem>> {
        match seen {
            Seen::Set(placed) => {
                let record = self.record_of_set(&placed, reader, scratch);
                Ok((record, link_of_set(&placed, directory)))
            }
            Seen::Primary(at, bytes) => {
                let record = self.primary_record(at, &bytes, reader, scratch);
                Ok((record, link_of_primary(at, &bytes, directory)))
            }
            Seen::End(_) => Err(None),
            Seen::Problem(problem) => Err(Some(problem)),
        }
    }

    /// The record of a set, with a detail when it stands behind the end of its directory.
    fn record_of_set(
        &self,
        placed: &Placed,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Record {
        let mut record = self.set_record(&placed.set, placed.allocation, reader, scratch);
        if placed.behind_end {
            let value = "behind the end of the directory".to_owned();
            record.details.push(Detail { name: "place".to_owned(), value });
        }
        record
    }
}

/// The name of a primary entry other than a file's.
fn link_of_primary(at: u64, bytes: &[u8; 32], directory: &Directory) -> Link {
    let (name, encoding) = primary::name(bytes);
    link(directory, at, name, encoding, Allocation::Allocated)
}

/// The name of a set.
fn link_of_set(placed: &Placed, directory: &Directory) -> Link {
    let set = &placed.set;
    let mut link =
        link(directory, set.at, set.name.clone(), NameEncoding::Utf16Le, placed.allocation);
    if set.name.is_empty() {
        link.readable = Some(format!("(entry {} without a name)", set.number()));
    }
    link
}

fn link(
    directory: &Directory,
    at: u64,
    name: Vec<u8>,
    encoding: NameEncoding,
    allocation: Allocation,
) -> Link {
    let reference = |number| RecordRef { number, generation: None };
    Link {
        parent: LinkParent::Directory(reference(directory.record)),
        child: reference(at >> 5),
        name,
        encoding,
        readable: None,
        space: NameSpace::Primary,
        allocation,
        at,
        times: None,
    }
}
