//! Parts that belong to a larger whole which this version does not put together: they are named,
//! and what that costs is said.
//!
//! Known by their own bytes: members of md arrays (`md.rs`), bcache devices, CoreStorage physical
//! volumes. Known by their partition table: Windows dynamic disks, Storage Spaces, Apple RAID.
//! Physical volumes of LVM2 are read (`lvm2`).

mod ldm;
mod md;

use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, read_exact};

use crate::{Division, Member, Role, Scheme, Volume};

/// A member by bytes in a fixed place.
struct Signature {
    name: &'static str,
    structure: &'static str,
    at: u64,
    bytes: &'static [u8],
}

/// bcache documentation: the magic at byte 24 of the superblock at 4 KiB. CoreStorage: libfvde,
/// "FVDE format", volume header.
const SIGNATURES: [Signature; 2] = [
    Signature {
        name: "bcache device",
        structure: "bcache superblock",
        at: 4120,
        bytes: b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
    },
    Signature {
        name: "CoreStorage physical volume",
        structure: "CoreStorage volume header",
        at: 88,
        bytes: b"CS\x01\0",
    },
];

/// Names members by the type that a GUID partition table gives them.
const GPT_TYPES: [(&str, &str); 3] = [
    ("E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D", "member of a Storage Spaces pool"),
    ("E7ADDCB4-DC34-4539-9A76-EBBD07BE6F7E", "member of a Storage Spaces pool"),
    ("52414944-0000-11AA-AA11-00306543ECAC", "member of an Apple RAID set"),
];

/// Names all parts of `division` that are members, and the medium itself.
pub(crate) fn name_all(medium: &Arc<dyn Source>, division: &mut Division, scratch: &mut Scratch) {
    let Division { volumes, problems, .. } = division;
    for part in volumes.iter_mut().filter(|part| part.role == Role::Volume) {
        if let Some((member, problem)) = recognise(medium, part, scratch) {
            // A physical volume of LVM2 may stand on half a mirror: both are said.
            part.member.get_or_insert(member);
            problems.push(problem);
        }
    }
    ldm::name(&**medium, division, scratch);
    if division.scheme != Scheme::None {
        division.problems.extend(md::of_partitioned_medium(&**medium, &division.volumes, scratch));
    }
}

fn recognise(
    medium: &Arc<dyn Source>,
    part: &Volume,
    scratch: &mut Scratch,
) -> Option<(Member, Problem)> {
    let source = part.source(medium);
    if let Some(found) = md::read(&*source, scratch) {
        let problem = found.problem();
        return Some((found.member(), Problem { at: part.on_medium(problem.at), ..problem }));
    }
    let by_signature = SIGNATURES.iter().find(|signature| has(&*source, signature, scratch));
    let (name, structure, at) = match by_signature {
        Some(signature) => (signature.name, signature.structure, signature.at),
        None => (name_of_type(part)?, "volume", 0),
    };
    let problem = Problem::damage(structure, part.on_medium(at), ProblemKind::NotRead(name));
    Some((Member { name, is_explained: true }, problem))
}

/// The name of a member by its type in a GUID partition table.
fn name_of_type(part: &Volume) -> Option<&'static str> {
    let is_type = |code: &str| part.scheme == Scheme::Gpt && part.type_code == code;
    GPT_TYPES.iter().find(|(code, _)| is_type(code)).map(|(_, name)| *name)
}

fn has(source: &dyn Source, signature: &Signature, scratch: &mut Scratch) -> bool {
    let mut found = [0; 16];
    let found = found.get_mut(..signature.bytes.len()).unwrap_or_default();
    read_exact(source, signature.at, found, scratch).is_ok() && found == signature.bytes
}
