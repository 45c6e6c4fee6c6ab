//! The lines of a descriptor: comments, extents, `key = value`. Whatever is none of these ends the reading.

use byte_source::{Problem, ProblemKind};
use words::{Term, term};

use super::described::{Descriptor, Extent, NAME};
use crate::problems::limit_reached;

/// Values of one descriptor: VMware writes some twenty.
const MOST_VALUES: usize = 4096;
/// Notes about lines of one descriptor; a hostile one could have a million.
const MOST_NOTES: usize = 100;
/// What an extent line is.
const EXTENT_RULE: Term = term!("vmdk.extent-rw-4192256-flat-disk");

/// Keys that mean something, or that mean nothing for the bytes of the medium (Virtual Disk Format 5.0; those with `native`, `iofilters`,
/// `sidecars` and `KMFilters` by ESXi). Those that begin with `ddb.` are in [`DATABASE_KEYS`].
const KEYS: &[&str] = &[
    "version",
    "encoding",
    "CID",
    "parentCID",
    "isNativeSnapshot",
    "createType",
    "parentFileNameHint",
    "changeTrackPath",
];

/// Keys of the disk database, without their `ddb.`.
const DATABASE_KEYS: &[&str] = &[
    "adapterType",
    "comment",
    "deletable",
    "encoding",
    "geometry.biosCylinders",
    "geometry.biosHeads",
    "geometry.biosSectors",
    "geometry.cylinders",
    "geometry.heads",
    "geometry.sectors",
    "grain",
    "iofilters",
    "KMFilters",
    "longContentID",
    "nativeDeltaBytes",
    "nativeParentCID",
    "nativeParentHint",
    "objectParentUri",
    "sidecars",
    "thinProvisioned",
    "toolsInstallType",
    "toolsVersion",
    "uuid",
    "uuid.image",
    "uuid.modification",
    "uuid.parent",
    "uuid.parentmodification",
    "virtualHWVersion",
];

/// Reads the text of a descriptor that begins at byte `at` of its file, up to its first zero byte.
///
/// # Errors
/// The [`Problem`] with the first line that is not understood: an extent that is dropped would shift all that follow.
pub(super) fn parse(bytes: &[u8], at: u64) -> Result<Descriptor, Problem> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (text, behind) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    let text = String::from_utf8_lossy(text);
    let mut reading = Reading { at, descriptor: Descriptor::default() };
    for (number, line) in (1..).zip(text.lines()) {
        reading.line(number, line.trim())?;
    }
    if behind.iter().any(|byte| *byte != 0) {
        reading.note(ProblemKind::Inconsistent(term!("vmdk.bytes-not-zero-behind-end")));
    }
    Ok(reading.descriptor)
}

struct Reading {
    at: u64,
    descriptor: Descriptor,
}

impl Reading {
    fn note(&mut self, kind: ProblemKind) {
        let notes = &mut self.descriptor.notes;
        let limit = ProblemKind::LimitReached {
            what: term!("vmdk.notes-about-lines-descriptor"),
            limit: byte_source::length(MOST_NOTES),
        };
        match notes.len() {
            0..MOST_NOTES => notes.push(Problem::note(NAME, self.at, kind)),
            MOST_NOTES => notes.push(Problem::note(NAME, self.at, limit)),
            _ => {}
        }
    }

    fn refused(&self, number: u64, line: &str, expected: Term) -> Problem {
        Problem::damage(NAME, self.at, ProblemKind::line(number, line, expected))
    }

    fn line(&mut self, number: u64, line: &str) -> Result<(), Problem> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        // A value may hold any word, so only what stands before the first "=" tells a value from an extent.
        let key =
            line.split_once('=').map(|(key, value)| (key.trim(), value.trim().trim_matches('"')));
        match key {
            Some(_) if self.descriptor.values.len() >= MOST_VALUES => {
                let limit = byte_source::length(MOST_VALUES);
                return Err(limit_reached(NAME, self.at, term!("vmdk.values-descriptor"), limit));
            }
            Some((key, value)) if is_key(key) => self.value(key, value),
            _ => {
                let extent = extent(line, number);
                self.descriptor
                    .extents
                    .push(extent.map_err(|expected| self.refused(number, line, expected))?);
            }
        }
        Ok(())
    }

    fn value(&mut self, key: &str, value: &str) {
        let known = KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
            || database_key(key).is_some_and(|name| {
                DATABASE_KEYS.iter().any(|known| known.eq_ignore_ascii_case(name))
            });
        if !known {
            self.note(ProblemKind::unknown(term!("common.key"), key));
        }
        match self.descriptor.value(key) {
            Some(before) if before == value => {}
            Some(_) => {
                self.note(ProblemKind::Inconsistent(term!("vmdk.key-two-values-first-one")));
            }
            None => self.descriptor.values.push((key.to_owned(), value.to_owned())),
        }
    }
}

/// Returns the name behind `ddb.`, in any case; `None` for other keys.
fn database_key(key: &str) -> Option<&str> {
    let (prefix, name) = key.split_at_checked(4)?;
    prefix.eq_ignore_ascii_case("ddb.").then_some(name)
}

/// Tells whether `text` may be the name of a value: one word.
fn is_key(text: &str) -> bool {
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '-');
    !text.is_empty() && text.chars().all(allowed)
}

/// Reads an extent: access, sectors, kind, and for all kinds but `ZERO` a name in quotes and where it begins.
///
/// # Errors
/// What is expected there instead.
fn extent(line: &str, number: u64) -> Result<Extent, Term> {
    let (access, rest) = word(line);
    if !matches!(access, "RW" | "RDONLY" | "NOACCESS") {
        return Err(term!("vmdk.comment-key-value-extent-begins"));
    }
    let (sectors, rest) = word(rest);
    let sectors =
        sectors.parse().map_err(|_| term!("vmdk.decimal-number-sectors-behind-access"))?;
    let (kind, rest) = word(rest);
    if kind.is_empty() {
        return Err(EXTENT_RULE);
    }
    let extent = |name: &str, offset| Extent {
        line: number,
        text: line.to_owned(),
        sectors,
        kind: kind.to_owned(),
        name: name.to_owned(),
        offset,
    };
    if kind == "ZERO" {
        return if rest.is_empty() {
            Ok(extent("", 0))
        } else {
            Err(term!("vmdk.nothing-behind-zero"))
        };
    }
    let quoted = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let (name, rest) = quoted.filter(|(name, _)| !name.is_empty()).ok_or(EXTENT_RULE)?;
    let (offset, rest) = word(rest.trim_start());
    let offset = match offset {
        // Only flat extents may share a file.
        "" if kind != "FLAT" => 0,
        offset => offset.parse().map_err(|_| term!("vmdk.decimal-sector-where-extent-begins"))?,
    };
    if !is_device(rest) {
        return Err(term!("vmdk.nothing-partitionuuid-deviceidentifier-behind-offset"));
    }
    Ok(extent(crate::parent::file_name(name), offset))
}

/// Tells whether `rest` is empty, or names the device of an extent that was a partition: pairs of a known word and a value.
fn is_device(mut rest: &str) -> bool {
    while !rest.is_empty() {
        let (key, after) = word(rest);
        let (value, after) = word(after);
        if !matches!(key, "partitionUUID" | "deviceIdentifier") || value.is_empty() {
            return false;
        }
        rest = after;
    }
    true
}

/// Returns the first word of a text without white space before it, and what follows it, likewise.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (word, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extents(text: &str) -> Vec<(u64, String, String, u64)> {
        let descriptor = parse(text.as_bytes(), 0).unwrap();
        descriptor.extents.into_iter().map(|e| (e.sectors, e.kind, e.name, e.offset)).collect()
    }

    #[test]
    fn lines_are_read_as_vmware_writes_them() {
        let text = b"# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentFileNameHint=\"C:\\vm\\a b.vmdk\"\r\n\
            RW 4192256 SPARSE \"disk one-s001.vmdk\"\nRW 63 FLAT \"d/f.vmdk\" 128\nRW 100 ZERO\nddb.uuid = \"60 00\"\n\0\0RW 1 ZERO";
        let descriptor = parse(text, 0).unwrap();
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
        assert_eq!(
            descriptor.notes.len(),
            1,
            "what is behind the text is said: {:?}",
            descriptor.notes
        );
    }

    #[test]
    fn every_white_space_separates_words() {
        let line = "RW\t63  FLAT \t\"a b\tc=d.vmdk\"\t7\t";
        assert_eq!(extents(line), [(63, "FLAT".to_owned(), "a b\tc=d.vmdk".to_owned(), 7)]);
        assert_eq!(extents("RW 63 VMFS \"x.vmdk\"").len(), 1);
        assert_eq!(extents("RW 63 FLAT \"x\" 0 partitionUUID 1-2 deviceIdentifier 3").len(), 1);
    }

    #[test]
    fn a_line_that_is_not_understood_is_named_with_its_number() {
        for line in [
            "RW 18432x FLAT \"d-f002.vmdk\" 0",
            "rw 18432 FLAT \"d-f002.vmdk\" 0",
            "RW -1 FLAT \"d\" 0",
            "RW 1 FLAT \"d\" 0x0",
            "RW 1 FLAT \"d\"",
            "RW 1 FLAT d 0",
            "RW 1 FLAT \"\" 0",
            "RW 1 FLAT \"d 0",
            "RW 1 ZERO \"d\"",
            "RW 1 SPARSE \"d\" 0 more",
            "RW",
            "something else",
            "two words = 1",
        ] {
            let problem =
                parse(format!("# Disk DescriptorFile\n\n  {line}\n").as_bytes(), 0).err().unwrap();
            let text = problem.to_string();
            assert!(
                text.contains("line 3 ") && text.contains(&format!("{line:?}")),
                "{line}: {text}"
            );
        }
    }

    #[test]
    fn keys_that_nobody_knows_are_named_and_so_are_two_values() {
        let descriptor = parse(b"version=1\nCID=1\ncid=2\nDDB.UUID=\"x\"\nfoo.bar=1\n", 0).unwrap();
        let notes: Vec<_> = descriptor.notes.iter().map(ToString::to_string).collect();
        assert!(
            notes[0].contains("two values") && notes[1].contains("key \"foo.bar\""),
            "{notes:?}"
        );
        assert_eq!((notes.len(), descriptor.value("CID")), (2, Some("1")));
        let many = (0..1000).map(|n| format!("k{n}=1\n")).collect::<String>();
        let notes = parse(many.as_bytes(), 0).unwrap().notes;
        assert!(notes.len() == MOST_NOTES + 1 && notes[MOST_NOTES].to_string().contains("limit"));
        let endless = (0..100_000).map(|n| format!("k{n}=1\n")).collect::<String>();
        assert!(parse(endless.as_bytes(), 0).err().unwrap().to_string().contains("at most 4096"));
    }
}
