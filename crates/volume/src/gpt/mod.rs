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
    fn read(
        source: &dyn Source,
        at: u64,
        sector_bytes: u32,
        scratch: &mut Scratch,
    ) -> Option<Self> {
        let mut problems = Vec::new();
        let header = Header::read(source, at, sector_bytes, scratch, &mut problems)?;
        let entries = header.entries(source, scratch, &mut problems);
        Some(Self { header, entries, problems })
    }

    fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// Adds the bytes of header and entries.
    fn add_to(&self, parts: &mut Parts) {
        let sector_bytes = u64::from(self.header.sector_bytes);
        parts.table(Scheme::Gpt, self.header.at, sector_bytes, NAME);
        let bytes = length(self.entries.len()).next_multiple_of(sector_bytes);
        parts.table(Scheme::Gpt, self.header.entries_at(), bytes, "GPT partition entries");
    }
}

/// Divides a medium with a GPT: by the primary header, or by the backup where the primary is broken
/// and the medium is a GPT medium.
pub(crate) fn divide(
    medium: &Medium<'_>,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Option<Division> {
    let length = medium.source.len();
    let tables = Tables::read(medium.source, scratch);
    let is_protective = medium.master.is_protective();
    if medium.master.is_sound(length) && !is_protective {
        if tables.primary.is_some() || tables.backup.is_some() {
            let how = term!("gpt.gpt-there-but-master-boot");
            problems.push(Problem::note(NAME, 0, ProblemKind::Inconsistent(how)));
        }
        return None;
    }
    let claimed = is_protective || medium.whole.is_none();
    let Some(Choice { table, other, mut said }) = tables.choose(claimed) else {
        let kind = ProblemKind::Inconsistent(term!("gpt.master-boot-record-protects-gpt"));
        problems.extend(is_protective.then(|| Problem::damage(NAME, 0, kind)));
        return None;
    };
    said.extend(compare(&table, other.as_ref(), length));
    Some(build(medium, &table, other.as_ref(), said))
}

/// Both tables of a medium, as far as they are there.
struct Tables {
    primary: Option<Table>,
    backup: Option<Table>,
}

/// The table that is read, the other one, and what is said of the choice.
struct Choice {
    table: Table,
    other: Option<Table>,
    said: Vec<Problem>,
}

impl Tables {
    fn read(source: &dyn Source, scratch: &mut Scratch) -> Self {
        let sizes = SECTOR_SIZES.iter();
        let primary = best(
            sizes.clone().filter_map(|size| Table::read(source, (*size).into(), *size, scratch)),
        );
        let backup = match &primary {
            Some(primary) if primary.is_sound() => Table::read(
                source,
                primary.header.backup_at(),
                primary.header.sector_bytes,
                scratch,
            ),
            _ => best(sizes.filter_map(|size| {
                Table::read(source, last_sector(source.len(), *size)?, *size, scratch)
            })),
        };
        Self { primary, backup }
    }

    /// Chooses the table to read; `claimed` says that nothing else claims the medium.
    fn choose(self, claimed: bool) -> Option<Choice> {
        match (self.primary, self.backup) {
            (Some(table), other) if table.is_sound() => {
                Some(Choice { table, other, said: Vec::new() })
            }
            (Some(primary), Some(table)) if table.is_sound() => {
                let said = primary.problems.iter().cloned().map(Problem::as_note).collect();
                Some(Choice { table, other: Some(primary), said })
            }
            (None, Some(table)) if table.is_sound() && claimed => {
                let how = term!("gpt.primary-header-not-there-backup");
                let said = vec![Problem::note(NAME, 0, ProblemKind::Inconsistent(how))];
                Some(Choice { table, other: None, said })
            }
            (Some(table), other) if claimed && table.header.is_plausible() => {
                let said = table.problems.clone();
                Some(Choice { table, other, said })
            }
            _ => None,
        }
    }
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

fn build(
    medium: &Medium<'_>,
    table: &Table,
    other: Option<&Table>,
    said: Vec<Problem>,
) -> Division {
    let header = &table.header;
    let mut parts = Parts::default();
    parts.problems = said;
    parts.table(Scheme::Gpt, 0, header.sector_bytes.into(), "protective master boot record");
    for table in std::iter::once(table).chain(other) {
        table.add_to(&mut parts);
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
            parts.problems.push(Problem::note(
                ENTRY_NAME,
                entry.at,
                ProblemKind::Inconsistent(how),
            ));
            parts.partition(volume, ENTRY_NAME, entry.at);
        }
    }
}
