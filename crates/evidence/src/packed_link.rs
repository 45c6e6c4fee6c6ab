//! A name as few bytes: millions of them are kept while an image is indexed.

use case_model::{NameEncoding, encode_times, unpack_times};
use filesystem::{Allocation, Link, LinkParent, NameSpace, RecordRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bit 0: deleted; bit 1: a short name; bit 2: UTF-16; bit 3: of a code page.
const DELETED: u8 = 1;
const SHORT: u8 = 2;
const UTF16: u8 = 4;
const CODE_PAGE: u8 = 8;

#[derive(Deserialize, Serialize)]
struct PackedLink<'p> {
    child: u64,
    child_generation: Option<u64>,
    parent: PackedParent,
    at: u64,
    flags: u8,
    page: u16,
    #[serde(borrow)]
    name: Bytes<'p>,
    #[serde(borrow)]
    readable: Option<&'p str>,
    #[serde(borrow)]
    times: Option<Bytes<'p>>,
}

/// Bytes that are copied as a whole, where a slice would be taken byte by byte.
struct Bytes<'p>(&'p [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'p, 'p> Deserialize<'de> for Bytes<'p> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'p [u8]>::deserialize(deserializer).map(Self)
    }
}

#[derive(Deserialize, Serialize)]
enum PackedParent {
    Directory(u64, Option<u64>),
    /// Number of the virtual folder among those that the names hang in.
    Virtual(usize),
}

impl PackedParent {
    /// Packs what a name hangs in; a virtual folder that is new joins `folders`.
    fn of(parent: LinkParent, folders: &mut Vec<&'static str>) -> Self {
        match parent {
            LinkParent::Directory(directory) => {
                Self::Directory(directory.number, directory.generation)
            }
            LinkParent::Virtual(name) => {
                let known = folders.iter().position(|folder| *folder == name);
                Self::Virtual(known.unwrap_or_else(|| {
                    folders.push(name);
                    folders.len().saturating_sub(1)
                }))
            }
        }
    }

    fn unpack(self, folders: &[&'static str]) -> Option<LinkParent> {
        Some(match self {
            Self::Directory(number, generation) => {
                LinkParent::Directory(RecordRef { number, generation })
            }
            Self::Virtual(folder) => LinkParent::Virtual(folders.get(folder)?),
        })
    }
}

/// Returns the bits of a name.
fn flags(link: &Link) -> u8 {
    let coded = match link.encoding {
        NameEncoding::Bytes => 0,
        NameEncoding::Utf16Le => UTF16,
        NameEncoding::CodePage(_) => CODE_PAGE,
    };
    let deleted = if link.allocation == Allocation::Deleted { DELETED } else { 0 };
    let short = if link.space == NameSpace::Short { SHORT } else { 0 };
    coded | deleted | short
}

/// Returns how a name with these bits is coded.
fn encoding(flags: u8, page: u16) -> NameEncoding {
    match (flags & UTF16 != 0, flags & CODE_PAGE != 0) {
        (true, _) => NameEncoding::Utf16Le,
        (_, true) => NameEncoding::CodePage(page),
        _ => NameEncoding::Bytes,
    }
}

/// Appends a name; `folders` are the virtual folders so far.
pub(crate) fn pack_link(link: &Link, folders: &mut Vec<&'static str>, bytes: &mut Vec<u8>) {
    let times = link.times.as_deref().map(|times| encode_times(times).unwrap_or_default());
    let packed = PackedLink {
        child: link.child.number,
        child_generation: link.child.generation,
        parent: PackedParent::of(link.parent, folders),
        at: link.at,
        flags: flags(link),
        page: match link.encoding {
            NameEncoding::CodePage(page) => page,
            NameEncoding::Bytes | NameEncoding::Utf16Le => 0,
        },
        name: Bytes(&link.name),
        readable: link.readable.as_deref(),
        times: times.as_deref().map(Bytes),
    };
    append(&packed, bytes);
}

/// The first name of `bytes`, and the bytes behind it; `None` for bytes that are no name.
pub(crate) fn unpack_link<'b>(
    bytes: &'b [u8],
    folders: &[&'static str],
) -> Option<(Link, &'b [u8])> {
    let (packed, rest) = postcard::take_from_bytes::<PackedLink<'_>>(bytes).ok()?;
    let is = |flag: u8| packed.flags & flag != 0;
    let link = Link {
        parent: packed.parent.unpack(folders)?,
        child: RecordRef { number: packed.child, generation: packed.child_generation },
        name: packed.name.0.to_vec(),
        encoding: encoding(packed.flags, packed.page),
        readable: packed.readable.map(str::to_owned),
        space: if is(SHORT) { NameSpace::Short } else { NameSpace::Primary },
        allocation: if is(DELETED) { Allocation::Deleted } else { Allocation::Allocated },
        at: packed.at,
        times: packed.times.map(|times| Box::new(unpack_times(times.0))),
    };
    Some((link, rest))
}

/// Appends a value's bytes.
pub(crate) fn append(value: &impl Serialize, bytes: &mut Vec<u8>) {
    // OK to ignore: a vector takes any number of bytes, and these values have a known length.
    *bytes = postcard::to_extend(value, std::mem::take(bytes)).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use case_model::{Times, Timestamp};

    use super::*;

    #[test]
    fn names_come_back_one_after_the_other() {
        let plain = Link {
            parent: LinkParent::Directory(RecordRef { number: 5, generation: Some(9) }),
            child: RecordRef { number: u64::MAX, generation: None },
            name: vec![0xff, 0, b'x'],
            encoding: NameEncoding::Bytes,
            readable: None,
            space: NameSpace::Primary,
            allocation: Allocation::Allocated,
            at: 1 << 40,
            times: None,
        };
        let times = Times { created: Timestamp::filetime(77), ..Times::default() };
        let other = Link {
            parent: LinkParent::Virtual("$Extend"),
            encoding: NameEncoding::CodePage(720),
            readable: Some("صور".to_owned()),
            space: NameSpace::Short,
            allocation: Allocation::Deleted,
            times: Some(Box::new(times)),
            ..plain.clone()
        };
        let wide =
            Link { encoding: NameEncoding::Utf16Le, times: Some(Box::default()), ..plain.clone() };
        let mut folders = Vec::new();
        let mut bytes = Vec::new();
        let links = [plain, other, wide];
        links.iter().for_each(|link| pack_link(link, &mut folders, &mut bytes));
        let mut rest = bytes.as_slice();
        for link in &links {
            let (back, behind) = unpack_link(rest, &folders).unwrap();
            assert_eq!(back, *link);
            rest = behind;
        }
        assert!(rest.is_empty() && unpack_link(rest, &folders).is_none());
    }
}
