//! The descriptor: text that names the extents, alone in a file or embedded in a sparse extent.

use byte_source::{Problem, ProblemKind, Scratch, Source, read_vec};

use super::SECTOR_BYTES;
use super::sparse_header::SparseHeader;

/// Begins a descriptor file.
pub(super) const SIGNATURE: &[u8] = b"# Disk DescriptorFile";
/// What a descriptor is called in problems.
const NAME: &str = "VMDK descriptor";
/// Bytes of a descriptor at most: 20 sectors when embedded, a line for each 2 GB otherwise.
const MOST_BYTES: u64 = 4 << 20;
/// Extents of an image: 128 TB in files of 2 GB.
const MOST_EXTENTS: usize = 1 << 16;

/// What a descriptor says.
pub(super) struct Descriptor {
    values: Vec<(String, String)>,
    pub(super) extents: Vec<Extent>,
}

/// A line `RW 4192256 SPARSE "disk-s001.vmdk" 0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) sectors: u64,
    /// `SPARSE`, `FLAT`, `ZERO`, `VMFS`, `VMFSSPARSE`, …
    pub(super) kind: String,
    /// File name, without folders; empty for `ZERO`.
    pub(super) name: String,
    /// Where the extent begins in its file, in sectors.
    pub(super) offset: u64,
}

/// The descriptor of a descriptor file, or the one embedded in a sparse extent (then `true`); `None` when the extent has none.
///
/// # Errors
/// The [`Problem`] when it cannot be read, or names no extent.
pub(super) fn find(
    source: &dyn Source,
    scratch: &mut Scratch,
) -> Result<Option<(Descriptor, bool)>, Problem> {
    let mut start = [0; 4];
    let _ = byte_source::read_exact(source, 0, &mut start, scratch);
    let embedded = start != SIGNATURE.get(..4).unwrap_or_default();
    let (at, bytes) = if embedded {
        match SparseHeader::read(source, scratch)? {
            SparseHeader { descriptor_offset: 0, .. } => return Ok(None),
            header => (
                header.descriptor_offset.saturating_mul(SECTOR_BYTES),
                header.descriptor_size.saturating_mul(SECTOR_BYTES),
            ),
        }
    } else {
        (0, source.len())
    };
    if bytes > MOST_BYTES {
        let kind = ProblemKind::LimitReached { what: "bytes of a descriptor", limit: MOST_BYTES };
        return Err(Problem::damage(NAME, at, kind));
    }
    let bytes = read_vec(source, at, bytes, scratch)
        .map_err(|reason| Problem::damage(NAME, at, ProblemKind::Unreadable(reason)))?;
    let descriptor = parse(&bytes);
    if descriptor.extents.is_empty() || descriptor.extents.len() > MOST_EXTENTS {
        let kind = ProblemKind::Inconsistent("it names no extents, or more than 65,536");
        return Err(Problem::damage(NAME, at, kind));
    }
    Ok(Some((descriptor, embedded)))
}

fn parse(bytes: &[u8]) -> Descriptor {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let mut descriptor = Descriptor { values: Vec::new(), extents: Vec::new() };
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(extent) = extent(line) {
            descriptor.extents.push(extent);
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"');
            descriptor.values.push((key.trim().to_owned(), value.to_owned()));
        }
    }
    descriptor
}

fn extent(line: &str) -> Option<Extent> {
    let (access, rest) = line.split_once(' ')?;
    if !matches!(access, "RW" | "RDONLY" | "NOACCESS") {
        return None;
    }
    let (sectors, rest) = rest.trim_start().split_once(' ')?;
    let (kind, rest) = rest.trim_start().split_once(' ').unwrap_or((rest.trim(), ""));
    let (name, offset) = match rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((name, offset)) => (crate::parent::file_name(name).to_owned(), offset),
        None => (String::new(), ""),
    };
    let offset = offset.split_whitespace().next().and_then(|offset| offset.parse().ok()).unwrap_or(0);
    Some(Extent { sectors: sectors.parse().ok()?, kind: kind.to_owned(), name, offset })
}

impl Descriptor {
    /// The value of `key`, in any case.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_vmware_writes_them() {
        let text = b"# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentFileNameHint=\"C:\\vm\\a b.vmdk\"\r\n\
            RW 4192256 SPARSE \"disk one-s001.vmdk\"\nRW 63 FLAT \"d/f.vmdk\" 128\nRW 100 ZERO\nddb.uuid = \"60 00\"\n\0\0RW 1 ZERO";
        let descriptor = parse(text);
        let found: Vec<_> = descriptor
            .extents
            .iter()
            .map(|e| (e.sectors, e.kind.as_str(), e.name.as_str(), e.offset))
            .collect();
        let expected = [
            (4_192_256, "SPARSE", "disk one-s001.vmdk", 0),
            (63, "FLAT", "f.vmdk", 128),
            (100, "ZERO", "", 0),
        ];
        assert_eq!(found, expected);
        assert_eq!(descriptor.value("parentfilenamehint"), Some("C:\\vm\\a b.vmdk"));
        assert_eq!(descriptor.value("ddb.uuid"), Some("60 00"));
    }
}
