//! What people and programs do with a disk. An operation is one entry of [`OPERATIONS`].

mod directories;
mod files;
mod links;
mod ntfs;
mod pieces;
mod ranges;

use std::io;

use crate::churn::Churn;
use crate::file_systems::{Family, FileSystem};
use crate::random::Random;

/// Changes a disk; says for the log what it did.
type Run = fn(&mut Churn<'_>, &mut Random, u32) -> io::Result<String>;

/// Where an operation is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// A volume that is mounted.
    Mount,
    /// Hard links, symbolic links, special files.
    Links,
    Ext,
    Ntfs,
}

/// An operation.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// How often it is drawn, compared with the others.
    weight: u64,
    needs: Needs,
    pub(crate) run: Run,
}

const fn operation(name: &'static str, weight: u64, needs: Needs, run: Run) -> Operation {
    Operation { name, weight, needs, run }
}

#[rustfmt::skip]
const OPERATIONS: [Operation; 44] = [
    operation("create", 14, Needs::Nothing, files::create),
    operation("append", 6, Needs::Nothing, files::append),
    operation("cut", 5, Needs::Nothing, files::cut),
    operation("rename", 4, Needs::Nothing, files::rename),
    operation("replace", 3, Needs::Nothing, files::replace),
    operation("delete", 7, Needs::Nothing, files::delete),
    operation("create-directory", 4, Needs::Nothing, directories::create),
    operation("deep", 1, Needs::Nothing, directories::deep),
    operation("wide", 2, Needs::Nothing, directories::wide),
    operation("delete-tree", 2, Needs::Nothing, directories::delete),
    operation("replace-directory", 3, Needs::Nothing, directories::replace),
    operation("fill", 1, Needs::Nothing, pieces::fill),
    operation("gaps", 4, Needs::Nothing, pieces::gaps),
    operation("overwrite", 5, Needs::Mount, files::overwrite),
    operation("grow", 3, Needs::Mount, files::grow),
    operation("shrink-and-grow", 3, Needs::Mount, files::shrink_and_grow),
    operation("rename-over", 3, Needs::Mount, files::rename_over),
    operation("times", 3, Needs::Mount, files::times),
    operation("sync", 2, Needs::Mount, files::sync),
    operation("sparse", 4, Needs::Mount, ranges::sparse),
    operation("move-directory", 2, Needs::Mount, directories::rename),
    operation("interleave", 5, Needs::Mount, pieces::interleave),
    operation("fragment-and-delete", 5, Needs::Mount, pieces::fragment_and_delete),
    operation("shred", 1, Needs::Mount, pieces::shred),
    operation("hard-link", 4, Needs::Links, links::hard),
    operation("symbolic-link", 3, Needs::Links, links::symbolic),
    operation("special", 1, Needs::Links, links::special),
    operation("huge", 2, Needs::Links, ranges::huge),
    operation("many-links", 1, Needs::Links, links::many),
    operation("exchange", 1, Needs::Ext, links::exchange),
    operation("hold-deleted", 2, Needs::Ext, files::hold_deleted),
    operation("flags", 1, Needs::Ext, files::flags),
    operation("attribute-small", 4, Needs::Ext, files::attribute_small),
    operation("attribute-large", 2, Needs::Ext, files::attribute_large),
    operation("punch", 5, Needs::Ext, ranges::punch),
    operation("preallocate", 5, Needs::Ext, ranges::preallocate),
    operation("zero-range", 2, Needs::Ext, ranges::zero),
    operation("collapse", 2, Needs::Ext, ranges::collapse),
    operation("insert", 2, Needs::Ext, ranges::insert),
    operation("stream", 7, Needs::Ntfs, ntfs::stream),
    operation("many-streams", 1, Needs::Ntfs, ntfs::many_streams),
    operation("compress", 5, Needs::Ntfs, ntfs::compress),
    operation("compress-sparse", 2, Needs::Ntfs, ntfs::compress_sparse),
    operation("flag", 2, Needs::Ntfs, ntfs::flag),
];

/// Draws one of the operations that are possible on the file system.
pub(crate) fn draw(random: &mut Random, system: &FileSystem) -> &'static Operation {
    let weight = |operation: &Operation| {
        if is_possible(operation.needs, system) { operation.weight } else { 0 }
    };
    let mut left = random.below(OPERATIONS.iter().map(weight).sum());
    let drawn = OPERATIONS.iter().find(|operation| match left.checked_sub(weight(operation)) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    drawn.unwrap_or(&OPERATIONS[0])
}

fn is_possible(needs: Needs, system: &FileSystem) -> bool {
    match needs {
        Needs::Nothing => true,
        Needs::Mount => system.family != Family::Fat,
        Needs::Links => matches!(system.family, Family::Ext | Family::Ntfs),
        Needs::Ext => system.family == Family::Ext,
        Needs::Ntfs => system.family == Family::Ntfs,
    }
}
