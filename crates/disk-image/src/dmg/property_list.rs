//! The property list: XML that holds the block tables under `resource-fork`, `blkx`.

use byte_source::ProblemKind;
use words::term;

use crate::xml::{Part, Parts, unescaped};

/// Block tables of an image: one a partition, and one for each table of partitions.
const MOST_TABLES: usize = 4096;

/// An entry of `blkx`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, as in `disk image (Apple_HFS : 4)`.
    pub(super) name: String,
    /// Its data; `None` when they are no base64.
    pub(super) data: Option<Vec<u8>>,
}

/// Sections inside each other: Apple writes five.
const MOST_DEPTH: usize = 32;
/// Notes about one list; a hostile one could hold a million keys.
const MOST_NOTES: usize = 100;
/// Keys of the resource fork beside `blkx`: partition map, checksums, sizes, licences in many languages. None moves a byte.
const RESOURCES: &[&str] = &[
    "cSum", "nsiz", "plst", "size", "LPic", "STR#", "TEXT", "TMPL", "styl", "RTF ", "STR ", "PICT",
];
/// Keys of an entry of `blkx` beside its data and names.
const ENTRY_KEYS: &[&str] = &["Attributes", "ID"];

/// What a property list says.
#[derive(Default)]
pub(super) struct PropertyList {
    /// The entries of `blkx`, in order.
    pub(super) entries: Vec<Entry>,
    /// What is not understood, and costs runs of the medium.
    pub(super) faults: Vec<ProblemKind>,
    /// What is not known.
    pub(super) notes: Vec<ProblemKind>,
}

/// Reads a property list. What comes before a fault is kept; the fault is said.
pub(super) fn read(text: &str) -> PropertyList {
    let mut reading =
        Reading { parts: Parts::of(text), open: Vec::new(), list: PropertyList::default() };
    if let Err(fault) = reading.all() {
        reading.list.faults.push(fault);
    }
    reading.list
}

/// An element that is open.
struct Element<'t> {
    tag: &'t str,
    text: &'t str,
    /// Of a dictionary: the key of the value that is read.
    key: String,
}

struct Reading<'t> {
    parts: Parts<'t>,
    open: Vec<Element<'t>>,
    list: PropertyList,
}

impl<'t> Reading<'t> {
    /// Notes the key of a value when nobody knows it.
    fn note_unknown_key(&mut self) {
        let unknown = match self.keys().as_slice() {
            ["resource-fork"] => None,
            [key] => Some((term!("dmg.key-property-list"), (*key).to_owned())),
            ["resource-fork", key] if *key != "blkx" && !RESOURCES.contains(key) => {
                Some((term!("dmg.key-resource-fork"), (*key).to_owned()))
            }
            _ => None,
        };
        if let Some((what, key)) = unknown {
            self.note(ProblemKind::unknown(what, &key));
        }
    }

    fn text(&mut self, text: &'t str) {
        match self.open.last_mut() {
            Some(element) if element.text.is_empty() => element.text = text,
            _ => self.note(ProblemKind::line(
                self.parts.line(),
                text,
                term!("dmg.tag-property-list"),
            )),
        }
    }

    fn all(&mut self) -> Result<(), ProblemKind> {
        while let Some(part) = self.parts.next()? {
            match part {
                Part::Open(tag) => self.opened(tag)?,
                Part::Empty(tag) => {
                    self.opened(tag)?;
                    self.closed(tag)?;
                }
                Part::Close(tag) => self.closed(tag)?,
                Part::Text(text) => self.text(text),
            }
        }
        match self.open.last() {
            Some(element) => {
                Err(ProblemKind::line(self.parts.line(), element.tag, term!("dmg.end-tag")))
            }
            None => Ok(()),
        }
    }

    fn note(&mut self, kind: ProblemKind) {
        if self.list.notes.len() < MOST_NOTES {
            self.list.notes.push(kind);
        } else if self.list.notes.len() == MOST_NOTES {
            let limit = byte_source::length(MOST_NOTES);
            self.list.notes.push(ProblemKind::LimitReached {
                what: term!("dmg.notes-about-property-list"),
                limit,
            });
        }
    }

    /// The keys that lead to the value that is read.
    fn keys(&self) -> Vec<&str> {
        let dictionaries = self.open.iter().filter(|element| element.tag == "dict");
        dictionaries.map(|element| element.key.as_str()).collect()
    }

    fn opened(&mut self, tag: &'t str) -> Result<(), ProblemKind> {
        if self.open.len() >= MOST_DEPTH {
            let limit = byte_source::length(MOST_DEPTH);
            return Err(ProblemKind::LimitReached {
                what: term!("dmg.elements-inside-each-other-property"),
                limit,
            });
        }
        if tag != "key" && self.open.last().is_some_and(|element| element.tag == "dict") {
            self.note_unknown_key();
        }
        if tag == "dict" && self.keys() == ["resource-fork", "blkx"] {
            if self.list.entries.len() >= MOST_TABLES {
                let limit = byte_source::length(MOST_TABLES);
                return Err(ProblemKind::LimitReached {
                    what: term!("dmg.block-tables-image"),
                    limit,
                });
            }
            self.list.entries.push(Entry { name: String::new(), data: None });
        }
        self.open.push(Element { tag, text: "", key: String::new() });
        Ok(())
    }

    fn closed(&mut self, tag: &str) -> Result<(), ProblemKind> {
        let Some(element) = self.open.pop().filter(|element| element.tag == tag) else {
            return Err(ProblemKind::line(
                self.parts.line(),
                tag,
                term!("dmg.end-tag-opened-last"),
            ));
        };
        if tag == "key" {
            if let Some(around) = self.open.last_mut() {
                around.key = unescaped(element.text);
            }
            return Ok(());
        }
        if let ["resource-fork", "blkx", key] = self.keys().as_slice() {
            let key = (*key).to_owned();
            self.value(&key, element.text);
        }
        Ok(())
    }

    /// A value of the entry that was begun last.
    fn value(&mut self, key: &str, text: &str) {
        let entry = self.list.entries.last_mut();
        match (key, entry) {
            ("Data", Some(entry)) => entry.data = base64(text),
            ("Name", Some(entry)) if !text.is_empty() => entry.name = unescaped(text),
            ("CFName", Some(entry)) if entry.name.is_empty() => entry.name = unescaped(text),
            ("Name" | "CFName", _) => {}
            (key, _) if ENTRY_KEYS.contains(&key) => {}
            (key, _) => self.note(ProblemKind::unknown(term!("dmg.key-block-table"), key)),
        }
    }
}

/// Base64 (RFC 4648) with white space in it.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bits = 0_u32;
    let mut count = 0_u32;
    for byte in
        text.bytes().filter(|byte| !byte.is_ascii_whitespace()).take_while(|byte| *byte != b'=')
    {
        bits = (bits << 6) | u32::from(six_bits(byte)?);
        count = count.checked_add(1)?;
        if count == 4 {
            let [_, three @ ..] = bits.to_be_bytes();
            out.extend_from_slice(&three);
            (bits, count) = (0, 0);
        }
    }
    let [_, first, second, _] =
        bits.checked_shl(6_u32.checked_mul(4_u32.checked_sub(count)?)?)?.to_be_bytes();
    // Two digits left are one byte, three are two.
    out.extend([first, second].into_iter().zip(1..count).map(|(byte, _)| byte));
    Some(out)
}

/// Returns the value of a digit of base64 (RFC 4648, section 4).
fn six_bits(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => digit.checked_sub(b'A'),
        b'a'..=b'z' => digit.checked_sub(b'a')?.checked_add(26),
        b'0'..=b'9' => digit.checked_sub(b'0')?.checked_add(52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_rfc() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm 9v\n\tYg==", "foob"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(base64("Zm9*"), None);
    }

    const LIST: &str = "<plist version='1.0'>\n<dict><key>resource-fork</key><dict><key>blkx</key><array><dict>\
        <key>Data</key><data>Zg==</data><key>Name</key><string>a &amp; b</string></dict></array><key>plst</key><array><dict>\
        <key>Data</key><data>Zm8=</data></dict></array></dict></dict></plist>";

    #[test]
    fn only_entries_of_blkx_are_tables() {
        let list = read(LIST);
        assert_eq!(list.entries, [Entry { name: "a & b".to_owned(), data: Some(b"f".to_vec()) }]);
        assert_eq!((list.faults, list.notes), (vec![], vec![]));
        let commented = read(&format!("<!-- <key>blkx</key> -->{LIST}"));
        assert_eq!(commented.entries.len(), 1);
    }

    #[test]
    fn keys_that_nobody_knows_and_lists_that_end_early_are_said() {
        let list = read(&LIST.replace("plst", "zzzz").replace("Name", "Shift"));
        let notes: Vec<_> = list.notes.iter().map(ToString::to_string).collect();
        assert!(
            notes.len() == 2 && notes[0].contains("\"Shift\"") && notes[1].contains("\"zzzz\""),
            "{notes:?}"
        );
        let cut = read(LIST.split("</array>").next().unwrap());
        assert_eq!((cut.entries.len(), cut.faults.len()), (1, 1));
        assert!(cut.faults[0].to_string().contains("line 2 "), "{}", cut.faults[0]);
        assert_eq!(read(&LIST.replace("</string>", "</data>")).faults.len(), 1);
        assert!(read(&"<dict><key>a</key>".repeat(1_000)).faults[0].to_string().contains("limit"));
        let many: String = (0..1000).map(|number| format!("<key>k{number}</key><true/>")).collect();
        assert_eq!(
            read(&format!("<plist><dict>{many}</dict></plist>")).notes.len(),
            MOST_NOTES + 1
        );
    }
}
