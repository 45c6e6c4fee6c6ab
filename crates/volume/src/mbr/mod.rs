//! The master boot record and its chain of extended partitions.

mod extended;

use byte_source::{Problem, ProblemKind, Scratch, Source};
use words::term;

use crate::boot_record::{ENTRY_NAME, Entry, Master, SECTOR_BYTES};
use crate::medium::Medium;
use crate::parts::Parts;
use crate::{Division, Scheme, signature};

/// Sector sizes that are tried: 512, and 4096 where that makes more sense.
const LARGE_SECTOR_BYTES: u32 = 4096;
/// What the sector is called in problems.
const NAME: &str = "master boot record";

/// Divides a medium with a master boot record. Boot sectors of file systems carry the same two
/// bytes at their end and code or text where the table would be: one of those is a table only when
/// every entry is sound and a partition begins with a known structure.
pub(crate) fn divide(
    medium: &Medium<'_>,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Option<Division> {
    let master = &medium.master;
    let boot_sector = matches!(medium.whole, Some(name) if name != "ISO 9660" && name != "UDF");
    let used = || master.entries.iter().filter(|entry| entry.is_used());
    let sound = used().filter(|entry| entry.is_sound(medium.source.len(), SECTOR_BYTES)).count();
    let all_sound = sound > 0 && sound == used().count();
    // Without the signature as well: two lost bytes must not hide the partitions.
    let must_be_certain = boot_sector || !master.signed;
    let may_be_certain = all_sound && (master.signed || !boot_sector);
    if must_be_certain && !(may_be_certain && any_start_known(medium, scratch)) {
        return None;
    }
    if !master.signed {
        let how = term!("mbr.signature-0x55-0xaa-missing-table");
        problems.push(Problem::damage(NAME, 510, ProblemKind::Inconsistent(how)));
    } else if sound == 0 {
        problems.extend(without_partitions(medium, used().next().is_some()));
        return None;
    }
    Some(read_tables(medium, scratch))
}

/// Does a partition begin with something known, in sectors of 512 bytes or of 4096?
fn any_start_known(medium: &Medium<'_>, scratch: &mut Scratch) -> bool {
    let mut used = medium.master.entries.iter().filter(|entry| entry.is_used());
    used.any(|entry| {
        known_start(medium.source, entry, SECTOR_BYTES, scratch)
            || known_start(medium.source, entry, LARGE_SECTOR_BYTES, scratch)
    })
}

/// What to say of a signed sector without a sound entry.
fn without_partitions(medium: &Medium<'_>, any_used: bool) -> Option<Problem> {
    if medium.whole.is_some() {
        return None;
    }
    if any_used {
        let how = term!("mbr.no-entry-table-allowed-status");
        return Some(Problem::damage(NAME, 446, ProblemKind::Inconsistent(how)));
    }
    let how = term!("mbr.table-empty-medium-read-one");
    Some(Problem::note(NAME, 446, ProblemKind::Inconsistent(how)))
}

fn read_tables(medium: &Medium<'_>, scratch: &mut Scratch) -> Division {
    let source = medium.source;
    let master = &medium.master;
    let sector_bytes = sector_bytes(source, master, scratch);
    let mut parts = Parts::default();
    parts.table(Scheme::Mbr, 0, sector_bytes.into(), NAME);
    let mut chain = extended::Chain::new(source, sector_bytes);
    for entry in master.entries.iter().filter(|entry| entry.is_used()) {
        if let Some(problem) = entry.status_problem() {
            parts.problems.push(problem);
        } else if entry.is_extended() {
            // It holds others and is no volume itself.
            chain.follow(entry, scratch, &mut parts);
        } else {
            parts.partition(entry.volume(sector_bytes, 0, entry.number), ENTRY_NAME, entry.at);
        }
    }
    let (volumes, problems) = parts.cover(Scheme::Mbr, source.len());
    Division { scheme: Scheme::Mbr, sector_bytes, volumes, problems }
}

/// 512, unless no partition begins with something known when its numbers count 512-byte sectors and
/// one does with 4096.
fn sector_bytes(source: &dyn Source, master: &Master, scratch: &mut Scratch) -> u32 {
    let mut known = |size: u32| {
        let fits = master.real().all(|entry| entry.is_sound(source.len(), size));
        (size == SECTOR_BYTES || fits)
            && master.real().any(|entry| known_start(source, entry, size, scratch))
    };
    if !known(SECTOR_BYTES) && known(LARGE_SECTOR_BYTES) {
        LARGE_SECTOR_BYTES
    } else {
        SECTOR_BYTES
    }
}

/// True when the bytes where `entry` begins are those of a file system, a container, or an extended
/// partition table.
fn known_start(
    source: &dyn Source,
    entry: &Entry,
    sector_bytes: u32,
    scratch: &mut Scratch,
) -> bool {
    let start = entry.start(sector_bytes, 0);
    if entry.is_extended() {
        return extended::is_signed(source, start, scratch);
    }
    signature::at(source, start, scratch).is_some()
}
