//! The names of a directory, with what fast commits changed of them.

use std::collections::{BTreeMap, HashSet};

use byte_source::{Problem, Scratch, Structure};
use case_model::NameEncoding;

use super::directory::Directory;
use super::fast_commits::FastName;
use super::inode::{I_BLOCK_AT, I_BLOCK_BYTES, Inode};
use super::leads::{Lead, Leads};
use super::reader::Ext;
use super::record_content::Names;
use super::scan::Scan;
use crate::{Allocation, Found, Link, LinkParent, NameSpace, RecordRef};

/// Names on their way from the blocks of a directory to the caller.
struct NameFilter<'f> {
    ext: &'f Ext,
    directory: u64,
    /// What fast commits changed.
    changed: Option<&'f BTreeMap<Vec<u8>, FastName>>,
    /// Names of fast commits that the directory's own blocks have as well.
    shown: HashSet<&'f [u8]>,
    /// The directory's own blocks are read with the other one.
    scratch: Scratch,
}

impl NameFilter<'_> {
    /// Marks a name as deleted that a fast commit took away, and remembers one that leads to a slot which was never used.
    fn take(&mut self, mut link: Link, leads: &mut Leads) -> Link {
        let changed = self.changed.and_then(|changed| changed.get_key_value(&link.name));
        if let Some((name, now)) = changed
            && link.allocation == Allocation::Allocated
        {
            if now.child == Some(link.child.number) {
                self.shown.insert(name);
            } else {
                link.allocation = Allocation::Deleted;
            }
        }
        let child = link.child.number;
        if link.allocation == Allocation::Allocated
            && self.ext.was_never_used(child, &mut self.scratch)
        {
            leads.push(Lead { directory: self.directory, child, at: link.at });
        }
        link
    }

    /// Hands over the names of fast commits that no block has.
    fn give_new(&self, directory: &Inode<'_>, each: &mut dyn FnMut(Found)) {
        let changed = self.changed.into_iter().flatten();
        for (name, now) in changed.filter(|(name, _)| !self.shown.contains(name.as_slice())) {
            let Some(child) = now.child else { continue };
            each(Found::Link(Box::new(fast_link(directory, name, child, now.at))));
        }
    }
}

impl Ext {
    /// Hands over the names of a directory.
    pub(super) fn scan_names(
        &self,
        inode: &Inode<'_>,
        allocation: Allocation,
        names: &Names,
        scan: &mut Scan<'_>,
    ) {
        let changed = self.volume.fast.names(inode.number);
        let mut filter = NameFilter {
            ext: self,
            directory: inode.number,
            changed,
            shown: HashSet::new(),
            scratch: Scratch::new(),
        };
        // What stands in its blocks is older than a directory that a fast commit made.
        if !self.volume.fast.is_made(inode.number) {
            let directory = Directory::new(&self.volume, inode, allocation);
            let problems = read_names(directory, inode, names, &mut filter, scan);
            problems.into_iter().for_each(|problem| scan.report(problem));
        }
        filter.give_new(inode, scan.each);
    }
}

/// Hands over the names that a directory's own blocks, or its inode, hold.
fn read_names(
    directory: Directory<'_>,
    inode: &Inode<'_>,
    names: &Names,
    filter: &mut NameFilter<'_>,
    scan: &mut Scan<'_>,
) -> Vec<Problem> {
    let Scan { budget, scratch, leads, each } = scan;
    let mut take = |link: Link| each(Found::Link(Box::new(filter.take(link, leads))));
    match names {
        Names::Runs(runs) => directory.read_runs(runs, budget, scratch, &mut take),
        Names::Inline(value, at) => {
            let i_block = inode.bytes.part("inline directory", I_BLOCK_AT, I_BLOCK_BYTES);
            let i_block = i_block.unwrap_or(Structure::new("inline directory", 0, &[]));
            let system_data = Structure::new("inline directory", *at, value);
            directory.read_inline(&i_block, &system_data, &mut take)
        }
    }
}

/// A name that a fast commit gave.
fn fast_link(directory: &Inode<'_>, name: &[u8], child: u64, at: u64) -> Link {
    let parent =
        RecordRef { number: directory.number, generation: Some(directory.i_generation.into()) };
    Link {
        parent: LinkParent::Directory(parent),
        child: RecordRef { number: child, generation: None },
        name: name.to_vec(),
        encoding: NameEncoding::Bytes,
        readable: None,
        space: NameSpace::Primary,
        allocation: Allocation::Allocated,
        at,
        times: None,
    }
}
