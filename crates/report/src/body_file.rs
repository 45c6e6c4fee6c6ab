//! Streams as lines of a body file, for `mactime` of The Sleuth Kit.

use case_model::{Disposition, Times, Timestamp, Zone, to_hex, unpack_times};
use case_store::FoundRow;

/// Marks a line whose times are those of an NTFS name.
const OF_NAME: &str = " ($FILE_NAME)";
/// Marks a line whose times are local times of an unknown zone, counted as if they were UTC.
const UNZONED: &str = " (local time of an unknown zone)";
/// Begins the mark of a line whose times are local times, converted by the zone of their exhibit.
const ZONED: &str = " (local time of ";
/// Marks a line of a deleted stream.
const DELETED: &str = " (deleted)";
/// Separates a symbolic link from its target.
const TARGET: &str = " -> ";

/// Returns the lines of a stream: `MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime`, each with its newline.
///
/// The name is `IMAGE@OFFSET` of the volume and the path, escaped so that names that differ stay different. The inode is record
/// number and generation. MD5 is `0` where there is none, or where it is of a part of the content only.
///
/// Times are whole seconds since 1970 UTC, 0 where there is none. Local times of an unknown zone count as if they were UTC, on a
/// line of their own with `UNZONED`. Those of a known zone are converted, on lines of their own that name the zone: a time that clocks
/// showed twice, or never, is on one line for each of its readings. The times that an NTFS name keeps are on a further line with `OF_NAME`.
#[must_use]
pub fn body_lines(row: &FoundRow) -> String {
    let times = fields(&row.times());
    let zoned = select(&times, |time| !time.is_unzoned());
    let unzoned = select(&times, Timestamp::is_unzoned);
    let mut lines = String::new();
    if zoned.is_some() || unzoned.is_none() {
        lines.push_str(&line(row, "", zoned.unwrap_or_default()));
    }
    match (&row.zone, unzoned) {
        (_, None) => {}
        (None, Some(times)) => lines.push_str(&line(row, UNZONED, times)),
        (Some(known), Some(_)) => lines.push_str(&converted(row, &times, &known.zone)),
    }
    let is_main = matches!(row.stream_kind.as_str(), "data" | "none");
    if let Some(packed) = row.name_times_raw.as_deref().filter(|_| is_main)
        && let Some(times) = select(&fields(&unpack_times(packed)), |time| !time.is_unzoned())
    {
        lines.push_str(&line(row, OF_NAME, times));
    }
    lines
}

/// Returns the lines of local times that a zone converts: one for each way in which they read.
fn converted(row: &FoundRow, times: &[Option<Timestamp>; 4], zone: &Zone) -> String {
    let name = zone.name();
    let mark = |how: &str| format!("{ZONED}{name}{how})");
    // How a time reads, and which of its readings is on the line.
    let kinds = [
        ("once", 0, mark("")),
        ("repeated", 0, mark(", shown twice by clocks: the earlier")),
        ("repeated", 1, mark(", shown twice by clocks: the later")),
        ("skipped", 0, mark(", never shown by clocks: with the offset after")),
        ("skipped", 1, mark(", never shown by clocks: with the offset before")),
        ("out-of-range", 0, UNZONED.to_owned()),
    ];
    let mut lines = String::new();
    for (kind, which, mark) in kinds {
        let read = |time: Timestamp| {
            let local = time.unix_ns?;
            let reading = zone.read(local);
            let ns = reading.utc().get(which).copied().unwrap_or(local);
            (reading.key() == kind).then_some(seconds(ns))
        };
        let found = times.map(|time| time.filter(Timestamp::is_unzoned).and_then(read));
        if found.iter().any(Option::is_some) {
            lines.push_str(&line(row, &mark, found.map(Option::unwrap_or_default)));
        }
    }
    lines
}

/// Accessed, modified, changed, created: the order of the columns.
fn fields(times: &Times) -> [Option<Timestamp>; 4] {
    [times.accessed, times.modified, times.changed, times.created]
}

/// The seconds of those times that are wanted, 0 for the others; `None` when there is none.
fn select(times: &[Option<Timestamp>; 4], wanted: impl Fn(&Timestamp) -> bool) -> Option<[i64; 4]> {
    let seconds = times.map(|time| time.filter(&wanted).and_then(|time| time.unix_ns).map(seconds));
    seconds.iter().any(Option::is_some).then(|| seconds.map(Option::unwrap_or_default))
}

fn line(row: &FoundRow, what: &str, [accessed, modified, changed, created]: [i64; 4]) -> String {
    let target =
        row.target.as_ref().map_or(String::new(), |target| format!("{TARGET}{}", escaped(target)));
    let deleted = if row.state == "allocated" { "" } else { DELETED };
    format!(
        "{}|{}@{}{}{what}{target}{deleted}|{}-{}|{}|{}|{}|{}|{accessed}|{modified}|{changed}|{created}\n",
        md5(row),
        escaped(&row.image).replace('@', "\\x40"),
        row.volume_offset,
        escaped(&row.path),
        row.number,
        row.generation,
        mode_string(row),
        row.uid.unwrap_or(0),
        row.gid.unwrap_or(0),
        row.size
    )
}

/// The digest of the whole content. That of a part would be looked up as if it were the file's.
fn md5(row: &FoundRow) -> String {
    let is_whole = row.disposition != Disposition::Partial;
    row.md5.as_ref().filter(|_| is_whole).map_or("0".to_owned(), |digest| to_hex(digest))
}

fn seconds(ns: i64) -> i64 {
    ns.div_euclid(1_000_000_000)
}

/// Type of the name, a slash, type and permissions of the record, as `fls -m` writes them; `?` where the file system keeps no permissions.
fn mode_string(row: &FoundRow) -> String {
    let kind = match row.kind.as_str() {
        "file" => 'r',
        "directory" => 'd',
        "link" => 'l',
        "block-device" => 'b',
        "character-device" => 'c',
        "fifo" => 'p',
        "socket" => 'h',
        _ => '-',
    };
    let permissions = row.mode.map_or("?????????".to_owned(), permissions);
    format!("{kind}/{kind}{permissions}")
}

fn permissions(mode: u32) -> String {
    let bit = |bit: u32, letter: char| if mode & bit == 0 { '-' } else { letter };
    let special = |execute: u32, special: u32, both: char, alone: char| match (
        mode & execute != 0,
        mode & special != 0,
    ) {
        (true, true) => both,
        (false, true) => alone,
        (true, false) => 'x',
        (false, false) => '-',
    };
    [
        bit(0o400, 'r'),
        bit(0o200, 'w'),
        special(0o100, 0o4000, 's', 'S'),
        bit(0o040, 'r'),
        bit(0o020, 'w'),
        special(0o010, 0o2000, 's', 'S'),
        bit(0o004, 'r'),
        bit(0o002, 'w'),
        special(0o001, 0o1000, 't', 'T'),
    ]
    .into_iter()
    .collect()
}

/// Escapes a name: it can neither end its field or its line, nor look like what [`fn@line`] adds to names.
///
/// `|` and ASCII control characters become `\xNN`, other control characters `\u{NN}`, and the space before a mark `\x20`. In a
/// readable name ([`case_model::readable_name`]) a backslash before such a code is itself `\x5c`, so no two names become one.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let is_mark = c == ' '
            && [TARGET, OF_NAME, UNZONED, ZONED, DELETED].iter().any(|mark| rest.starts_with(mark));
        match c {
            c if c == '|' || c.is_ascii_control() || is_mark => {
                text.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c if c.is_control() => text.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => text.push(c),
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use case_model::{NameEncoding, readable_name};

    use super::*;

    #[test]
    fn a_hostile_name_stays_in_its_field_and_permissions_are_those_of_ls() {
        assert_eq!(escaped("a|b\nc\u{85}d"), "a\\x7cb\\x0ac\\u{85}d");
        // `stat -c '%a %A'` of files made so
        assert_eq!(permissions(0o644), "rw-r--r--");
        assert_eq!(permissions(0o4755), "rwsr-xr-x");
        assert_eq!(permissions(0o1777), "rwxrwxrwt");
        assert_eq!(permissions(0o2640), "rw-r-S---");
    }

    #[test]
    fn names_that_differ_stay_different() {
        // The bytes of names on ext, pairwise different.
        let names: [&[u8]; 16] = [
            b"a|b",
            b"a\\x7cb",
            b"a\\x5cx7cb",
            b"\xff\xfe",
            b"\\xff\\xfe",
            b"\xc2\x85",
            b"\x85",
            b"\\u{85}",
            b"\\x85",
            b"a\nb",
            b"a\\x0ab",
            b"a\\nb",
            b"x -> y",
            b"x\\x20-> y",
            b"x (deleted)",
            b"x\\x20(deleted)",
        ];
        let shown = |name: &&[u8]| escaped(&readable_name(name, NameEncoding::Bytes));
        let different: std::collections::BTreeSet<String> = names.iter().map(shown).collect();
        assert_eq!(different.len(), names.len(), "{different:?}");
        assert!(!different.contains("x (deleted)") && !different.contains("x -> y"));
        assert_eq!(
            shown(&&b"100% of C:\\temp"[..]),
            "100% of C:\\temp",
            "a common backslash stays"
        );
    }

    #[test]
    fn a_time_before_1970_is_rounded_down_like_all_others() {
        assert_eq!([seconds(-1), seconds(1_999_999_999), seconds(-1_000_000_000)], [-1, 1, -1]);
    }
}
