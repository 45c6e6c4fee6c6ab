//! `$FILE_NAME`: a name, its directory, and the times that the name keeps. Also the key of a
//! directory's index.

use byte_source::{OutOfBounds, Structure};
use case_model::{NameEncoding, Times};

use super::attribute::{Attribute, type_code};
use super::file_reference::FileReference;
use super::standard_information::times;
use crate::{Allocation, Link, LinkParent, NameSpace};

/// Bytes before the name.
pub(super) const FIXED_BYTES: usize = 0x42;

/// Namespace of a name that stands for both, and of an 8.3 name beside a long one.
const DOS: u8 = 2;

/// The attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    pub(super) parent: FileReference,
    pub(super) times: Times,
    /// 0 POSIX, 1 Win32, 2 DOS, 3 Win32 and DOS.
    pub(super) namespace: u8,
    /// UTF-16LE.
    pub(super) name: &'a [u8],
    /// Byte offset of the structure that holds the name, in the volume.
    pub(super) at: u64,
}

impl<'a> FileName<'a> {
    /// The name whose structure (attribute or index entry) begins at byte `at` of the volume.
    ///
    /// # Errors
    /// A value shorter than its name.
    pub(super) fn parse(value: &Structure<'a>, at: u64) -> Result<Self, OutOfBounds> {
        let units = usize::from(value.u8(0x40)?);
        Ok(Self {
            parent: FileReference::new(value.u64_le(0)?),
            times: times(value, 8)?,
            namespace: value.u8(0x41)?,
            name: value.bytes(FIXED_BYTES, units.saturating_mul(2))?,
            at,
        })
    }

    /// The name as a link to `child`. `names` are all names of the child: an 8.3 name is a short
    /// name only beside a long one in the same directory.
    pub(super) fn link(
        &self,
        child: FileReference,
        allocation: Allocation,
        names: &[FileName<'_>],
    ) -> Link {
        let is_long = |other: &FileName<'_>| other.namespace != DOS && other.parent == self.parent;
        let short = self.namespace == DOS && names.iter().any(is_long);
        Link {
            parent: LinkParent::Directory(self.parent.as_ref()),
            child: child.as_ref(),
            name: self.name.to_vec(),
            encoding: NameEncoding::Utf16Le,
            readable: None,
            space: if short { NameSpace::Short } else { NameSpace::Primary },
            allocation,
            at: self.at,
            times: Some(Box::new(self.times)),
        }
    }
}

/// The names among attributes that can be read.
pub(super) fn names<'a>(attributes: &[Attribute<'a>]) -> impl Iterator<Item = FileName<'a>> {
    let of_names =
        attributes.iter().filter(|attribute| attribute.type_code == type_code::FILE_NAME);
    of_names.filter_map(|attribute| FileName::parse(&attribute.value()?, 0).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(namespace: u8, parent: u64) -> FileName<'static> {
        FileName {
            parent: FileReference::new(parent),
            times: Times::default(),
            namespace,
            name: b"a\0",
            at: 9,
        }
    }

    #[test]
    fn a_dos_name_is_short_only_beside_a_long_one_of_its_directory() {
        let child = FileReference::new(7);
        let space = |this: &FileName<'_>, all: &[FileName<'_>]| {
            this.link(child, Allocation::Allocated, all).space
        };
        assert_eq!(space(&name(2, 5), &[name(2, 5), name(1, 5)]), NameSpace::Short);
        assert_eq!(space(&name(2, 5), &[name(2, 5), name(1, 6)]), NameSpace::Primary);
        assert_eq!(space(&name(3, 5), &[name(3, 5), name(1, 5)]), NameSpace::Primary);
    }
}
