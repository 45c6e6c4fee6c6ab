//! Streams as lines of a body file, for `mactime` of The Sleuth Kit.

use case_model::{Clock, Timestamp, to_hex};
use case_store::{FoundRow, decode_times};

/// The lines of a stream: `MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime`, each with its newline. A second line,
/// marked `($FILE_NAME)`, gives the times that an NTFS name keeps.
///
/// The name is `IMAGE@OFFSET` of the volume and the path; `|` and control characters stand as `\xNN`. The inode is record number and
/// generation. Times are whole seconds since 1970 UTC, 0 where there is none; local times of FAT count as if they were UTC.
#[must_use]
pub fn body_lines(row: &FoundRow) -> String {
    let times = [row.accessed, row.modified, row.changed, row.created].map(|ns| ns.map_or(0, seconds));
    let mut lines = line(row, "", times);
    let main = matches!(row.stream_kind.as_str(), "data" | "none");
    if let Some(times) = row.name_times_raw.as_deref().filter(|_| main).and_then(name_times) {
        lines.push_str(&line(row, " ($FILE_NAME)", times));
    }
    lines
}

fn line(row: &FoundRow, what: &str, [accessed, modified, changed, created]: [i64; 4]) -> String {
    let md5 = row.md5.as_ref().map_or("0".to_owned(), |digest| to_hex(digest));
    let target = row.target.as_ref().map_or(String::new(), |target| format!(" -> {}", escaped(target)));
    let deleted = if row.state == "allocated" { "" } else { " (deleted)" };
    format!(
        "{md5}|{}@{}{}{what}{target}{deleted}|{}-{}|{}|{}|{}|{}|{accessed}|{modified}|{changed}|{created}\n",
        escaped(&row.image),
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

fn seconds(ns: i64) -> i64 {
    ns.div_euclid(1_000_000_000)
}

/// Accessed, modified, changed, created of an NTFS name.
fn name_times(packed: &[u8]) -> Option<[i64; 4]> {
    let fields = decode_times(packed);
    let time = |wanted: &str| {
        let (_, clock, raw) = fields.iter().find(|(field, _, _)| *field == wanted)?;
        let time = Timestamp::filetime(*raw).filter(|_| *clock == Clock::Filetime)?;
        time.unix_ns.map(seconds)
    };
    let times = ["accessed", "modified", "changed", "created"].map(time);
    times.iter().any(Option::is_some).then(|| times.map(Option::unwrap_or_default))
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

/// A name that cannot end its field or its line.
fn escaped(name: &str) -> String {
    name.chars().fold(String::with_capacity(name.len()), |mut text, c| {
        match c {
            c if c == '|' || c.is_control() => text.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => text.push(c),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_in_its_field_and_permissions_are_those_of_ls() {
        assert_eq!(escaped("a|b\nc\u{85}d"), "a\\x7cb\\x0ac\\x85d");
        // `stat -c '%a %A'` of files made so
        assert_eq!(permissions(0o644), "rw-r--r--");
        assert_eq!(permissions(0o4755), "rwsr-xr-x");
        assert_eq!(permissions(0o1777), "rwxrwxrwt");
        assert_eq!(permissions(0o2640), "rw-r-S---");
    }

    #[test]
    fn a_time_before_1970_is_rounded_down_like_all_others() {
        assert_eq!([seconds(-1), seconds(1_999_999_999), seconds(-1_000_000_000)], [-1, 1, -1]);
    }
}
