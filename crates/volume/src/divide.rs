//! How is this medium divided? One line a scheme.

use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source};
use words::term;

use crate::boot_record::{Master, SECTOR_BYTES};
use crate::medium::Medium;
use crate::{
    Division, Extent, Role, Scheme, Volume, apm, encryption, gpt, lvm2, mbr, member, parts,
    signature,
};

/// A scheme: `None` when it does not divide this medium. Problems that are worth knowing all the same go into the list.
type Divide = fn(&Medium<'_>, &mut Scratch, &mut Vec<Problem>) -> Option<Division>;

/// All schemes; the first that divides the medium counts.
const SCHEMES: &[Divide] = &[gpt::divide, apm::divide, mbr::divide];

/// Names every byte of `medium`: partitions, tables, and what no table claims. A medium without a table is one volume. Logical volumes
/// stand beside the partitions that hold them; encryption and members of arrays are recognised and named.
pub fn divide(medium: &Arc<dyn Source>, scratch: &mut Scratch) -> Division {
    let mut division = by_tables(&**medium, scratch);
    lvm2::add(&**medium, &mut division, scratch);
    member::name_all(medium, &mut division, scratch);
    let Division { volumes, problems, .. } = &mut division;
    for part in volumes.iter_mut().filter(|part| part.role == Role::Volume) {
        let source = part.source(medium);
        part.encryption = encryption::recognise(&*source, part.member, scratch);
        if part.encryption.is_none() {
            problems.extend(luks_remains(part, &*source, scratch));
        }
    }
    division
}

/// Says that a volume of another kind holds the second header of an older LUKS 2 volume.
fn luks_remains(part: &Volume, source: &dyn Source, scratch: &mut Scratch) -> Option<Problem> {
    let at = part.on_medium(encryption::second_header(source, scratch)?);
    let how = term!("volume.remains-luks-2-volume-stood");
    Some(Problem::note("LUKS 2 header", at, ProblemKind::Inconsistent(how)))
}

fn by_tables(source: &dyn Source, scratch: &mut Scratch) -> Division {
    let mut problems = Vec::new();
    let looked_at = Medium {
        source,
        master: Master::read(source, scratch),
        whole: signature::at(source, 0, scratch),
    };
    for scheme in SCHEMES {
        if let Some(mut division) = scheme(&looked_at, scratch, &mut problems) {
            division.problems.splice(0..0, problems);
            add_whole(&looked_at, source.len(), &mut division);
            return division;
        }
    }
    let extent = Extent { start: 0, length: source.len() };
    Division {
        scheme: Scheme::None,
        sector_bytes: SECTOR_BYTES,
        volumes: vec![parts::volume(Scheme::None, 0, Role::Volume, extent)],
        problems,
    }
}

/// An optical file system keeps its first 32 KiB free, and hybrid images put a partition table there: the whole medium is a volume, too.
fn add_whole(medium: &Medium<'_>, length: u64, division: &mut Division) {
    let optical = matches!(medium.whole, Some("ISO 9660" | "UDF"));
    let known = division.volumes.iter().any(|part| part.role == Role::Volume && part.start() == 0);
    if optical && !known {
        let extent = Extent { start: 0, length };
        division.volumes.insert(0, parts::volume(Scheme::None, 0, Role::Volume, extent));
    }
}
