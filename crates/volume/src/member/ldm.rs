//! Windows dynamic disks (Linux documentation of LDM; Richard Russon, "LDM technical
//! documentation"): the volumes are described by a database of their own, the partition table only
//! says that there is one.

use byte_source::{Problem, ProblemKind, Scratch, Source, read_exact};

use crate::{Division, Member, Role, Scheme, Volume};

const NAME: &str = "Windows dynamic disk (LDM)";
/// Byte offset of the private header on a disk with a master boot record: sector 6.
const PRIVATE_HEADER_AT: u64 = 3072;
const SIGNATURE: &[u8; 8] = b"PRIVHEAD";
/// The partition type of a dynamic disk in a master boot record.
const MBR_TYPE: &str = "0x42";
/// The types in a GPT: the database, and the data.
const GPT_METADATA: &str = "5808C8AA-7E8F-42E0-85D2-E1E90434CFB3";
const GPT_DATA: &str = "AF9B60A0-1431-4F62-BC68-3311714A69AD";

/// Names the partitions of a dynamic disk.
pub(super) fn name(medium: &dyn Source, division: &mut Division, scratch: &mut Scratch) {
    let has_header = has_private_header(medium, scratch);
    let is_dynamic = |part: &Volume| match part.scheme {
        Scheme::Mbr => part.type_code == MBR_TYPE && has_header,
        Scheme::Gpt => part.type_code == GPT_METADATA || part.type_code == GPT_DATA,
        Scheme::None | Scheme::Apm | Scheme::Lvm2 => false,
    };
    let mut first = None;
    for part in
        division.volumes.iter_mut().filter(|part| part.role == Role::Volume && is_dynamic(part))
    {
        first = first.or(Some((part.scheme, part.start())));
        part.member.get_or_insert(Member { name: NAME, is_explained: true });
    }
    division.problems.extend(first.map(|(scheme, start)| not_read(scheme, start)));
}

/// The problem of a dynamic disk, at its header, or in a GPT at its first partition.
fn not_read(scheme: Scheme, start: u64) -> Problem {
    let (structure, at) = match scheme {
        Scheme::Mbr => ("LDM private header", PRIVATE_HEADER_AT),
        _ => ("LDM partition", start),
    };
    Problem::damage(structure, at, ProblemKind::NotRead(NAME))
}

fn has_private_header(medium: &dyn Source, scratch: &mut Scratch) -> bool {
    let mut found = [0; 8];
    read_exact(medium, PRIVATE_HEADER_AT, &mut found, scratch).is_ok() && found == *SIGNATURE
}
