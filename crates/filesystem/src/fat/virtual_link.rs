//! Names of records that no directory entry describes.

use case_model::NameEncoding;

use crate::{Allocation, Link, LinkParent, NameSpace, RecordRef};

/// The name of a virtual record in a virtual folder.
pub(super) fn virtual_link(number: u64, at: u64, folder: &'static str, name: String) -> Link {
    Link {
        parent: LinkParent::Virtual(folder),
        child: RecordRef { number, generation: None },
        name: name.into_bytes(),
        encoding: NameEncoding::Bytes,
        readable: None,
        space: NameSpace::Primary,
        allocation: Allocation::Allocated,
        at,
        times: None,
    }
}
