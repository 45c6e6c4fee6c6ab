//! GUID partition table (UEFI specification 2.10, chapter 5).

mod entry;
mod header;

use byte_source::{Problem, ProblemKind, Scratch, Source, length};
use words::term;

use self::header::Header;
use crate::boot_record::ENTRY_NAME;
use crate::medium::Medium;
use crate::parts::Parts;
use crate::{Division, Role, Scheme};

/// Sector sizes that are tried, the usual first.
const SECTOR_SIZES: [u32; 4] = [512, 4096, 2048, 1024];
/// What a header is called in problems.
const NAME: &str = "GPT header";

/// A header that was found, with its entries.
struct Table {
    header: Header,
    entries: Vec<u8>,
    /// What is wrong with it.
    problems: Vec<Problem>,
}

impl Table {
    /// The table whose header stands at byte `at`, if one is there at all.
    fn read(source: &dyn Source, at: u64, sector_bytes: u32, scratch: &mut Scratch) -> Option<Self> {
        let mut problems = Vec::new();
        let header = Header::read(source, at, sector_bytes, scratch, &mut problems)?;
        let entries = header.entries(source, scratch, &mut problems);
        Some(Self { header, entries, problems })
    }

    fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Divides a medium with a GPT: by the primary header, or by the backup where the primary is broken and the medium is a GPT medium.
pub(crate) fn divide(
    medium: &Medium<'_>,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Option<Division> {
    let source = medium.source;
    let primary =
        best(SECTOR_SIZES.iter().filter_map(|size| Table::read(source, (*size).into(), *size, scratch)));
    let backup = match &primary {
        Some(primary) if primary.is_sound() => {
            Table::read(source, primary.header.backup_at(), primary.header.sector_bytes, scratch)
        }
        _ => best(
            SECTOR_SIZES
                .iter()
                .filter_map(|size| Table::read(source, last_sector(source.len(), *size)?, *size, scratch)),
        ),
    };
    if medium.master.is_sound(source.len()) && !medium.master.is_protective() {
        if primary.is_some() || backup.is_some() {
            let how = term!("gpt.gpt-there-but-master-boot");
            problems.push(Problem::note(NAME, 0, ProblemKind::Inconsistent(how)));
        }
        return None;
    }
    let claimed = medium.master.is_protective() || medium.whole.is_none();
    let (table, mut said, other) = match (primary, backup) {
        (Some(primary), backup) if primary.is_sound() => (primary, Vec::new(), backup),
        (Some(primary), Some(backup)) if backup.is_sound() => {
            let said = primary.problems.iter().cloned().map(Problem::as_note).collect();
            (backup, said, Some(primary))
        }
        (None, Some(backup)) if backup.is_sound() && claimed => {
            let how = term!("gpt.primary-header-not-there-backup");
            let said = vec![Problem::note(NAME, 0, ProblemKind::Inconsistent(how))];
            (backup, said, None)
        }
        (Some(primary), backup) if claimed && primary.header.is_plausible() => {
            let said = primary.problems.clone();
            (primary, said, backup)
        }
        _ => {
            problems.extend(medium.master.is_protective().then(|| {
                let how = term!("gpt.master-boot-record-protects-gpt");
                Problem::damage(NAME, 0, ProblemKind::Inconsistent(how))
            }));
            return None;
        }
    };
    said.extend(compare(&table, other.as_ref(), source.len()));
    Some(build(medium, &table, other.as_ref(), said))
}

/// The first sound one, or else the first.
fn best(tables: impl Iterator<Item = Table>) -> Option<Table> {
    let mut tables: Vec<Table> = tables.collect();
    let sound = tables.iter().position(Table::is_sound).unwrap_or(0);
    (!tables.is_empty()).then(|| tables.swap_remove(sound))
}

fn last_sector(bytes: u64, sector_bytes: u32) -> Option<u64> {
    let last = bytes.checked_div(sector_bytes.into())?.checked_sub(1)?;
    last.checked_mul(sector_bytes.into())
}

/// What the other header says against the one that is read.
fn compare(table: &Table, other: Option<&Table>, medium_bytes: u64) -> Option<Problem> {
    let at = table.header.backup_at();
    let how = match other {
        None if at >= medium_bytes => term!("gpt.backup-header-lies-behind-end"),
        None => term!("gpt.backup-header-not-where-primary"),
        Some(other) if !other.is_sound() && table.header.is_primary() => {
            term!("gpt.backup-header-entries-broken")
        }
        Some(other) if other.is_sound() && other.entries != table.entries => {
            let how = term!("gpt.primary-backup-different-entries-primary");
            return Some(Problem::damage(NAME, table.header.at, ProblemKind::Inconsistent(how)));
        }
        Some(_) => return None,
    };
    Some(Problem::note(NAME, table.header.at, ProblemKind::Inconsistent(how)))
}

fn build(medium: &Medium<'_>, table: &Table, other: Option<&Table>, said: Vec<Problem>) -> Division {
    let header = &table.header;
    let mut parts = Parts::default();
    parts.problems = said;
    parts.table(Scheme::Gpt, 0, header.sector_bytes.into(), "protective master boot record");
    for table in std::iter::once(table).chain(other) {
        parts.table(Scheme::Gpt, table.header.at, table.header.sector_bytes.into(), NAME);
        let bytes = length(table.entries.len()).next_multiple_of(table.header.sector_bytes.into());
        parts.table(Scheme::Gpt, table.header.entries_at(), bytes, "GPT partition entries");
    }
    entry::read_all(header, &table.entries, &mut parts);
    add_hybrid(medium, header.sector_bytes, &mut parts);
    let (mut volumes, problems) = parts.cover(Scheme::Gpt, medium.source.len());
    volumes.dedup_by(|next, before| next.role == Role::Table && next == before);
    Division { scheme: Scheme::Gpt, sector_bytes: header.sector_bytes, volumes, problems }
}

/// Partitions that only a hybrid master boot record names.
fn add_hybrid(medium: &Medium<'_>, sector_bytes: u32, parts: &mut Parts) {
    if !medium.master.signed {
        return;
    }
    for entry in medium.master.real() {
        let volume = entry.volume(sector_bytes, 0, entry.number);
        let known = volume.extents.iter().all(|extent| parts.has(*extent));
        if !known && entry.is_sound(medium.source.len(), sector_bytes) {
            let how = term!("gpt.only-hybrid-master-boot-record");
            parts.problems.push(Problem::note(ENTRY_NAME, entry.at, ProblemKind::Inconsistent(how)));
            parts.partition(volume, ENTRY_NAME, entry.at);
        }
    }
}
