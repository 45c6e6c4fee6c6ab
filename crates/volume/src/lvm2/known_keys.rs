//! Keys of the metadata that mean something here, or nothing for where the bytes lie. Whatever else a text holds is named: a key that nobody
//! knows may move the bytes of a volume.

use byte_source::{Problem, ProblemKind};
use words::{Term, term};

use super::metadata::VolumeGroup;
use super::text::Section;

/// Notes about one group; a hostile text could hold a million keys.
const MOST_NOTES: usize = 100;

/// Keys of a volume group (`lib/format_text/export.c` of lvm2).
const GROUP: &[&str] = &[
    "alloc",
    "allocation_policy",
    "creation_host",
    "creation_time",
    "extent_size",
    "flags",
    "format",
    "id",
    "lock_args",
    "lock_type",
    "max_lv",
    "max_pv",
    "metadata_copies",
    "profile",
    "seqno",
    "status",
    "system_id",
    "tags",
];
/// Sections of a volume group.
const GROUP_SECTIONS: &[&str] =
    &["physical_volumes", "logical_volumes", "historical_logical_volumes"];
/// Keys of a physical volume.
const PHYSICAL: &[&str] = &[
    "ba_size",
    "ba_start",
    "dev_size",
    "device",
    "device_id",
    "device_id_type",
    "flags",
    "id",
    "pe_count",
    "pe_start",
    "status",
    "tags",
];
/// Keys of a logical volume.
const LOGICAL: &[&str] = &[
    "allocation_policy",
    "creation_host",
    "creation_time",
    "flags",
    "id",
    "lock_args",
    "major",
    "minor",
    "profile",
    "read_ahead",
    "segment_count",
    "status",
    "tags",
];
/// Keys of a segment that is read. Those of other types are named by their type.
const STRIPED: &[&str] =
    &["extent_count", "start_extent", "stripe_count", "stripe_size", "stripes", "tags", "type"];

/// Returns a note for each key and section of `group` that is not known.
pub(super) fn notes(group: &VolumeGroup) -> Vec<Problem> {
    let mut unknown = Unknown { at: group.at, notes: Vec::new() };
    unknown.keys(&group.contents, GROUP);
    for (name, section) in &group.contents.sections {
        let parts = section.sections.iter();
        match name.as_str() {
            "physical_volumes" => parts.for_each(|(_, part)| unknown.keys(part, PHYSICAL)),
            "logical_volumes" => parts.for_each(|(_, part)| unknown.volume(part)),
            name if GROUP_SECTIONS.contains(&name) => {}
            name => unknown.say(term!("common.section"), name),
        }
    }
    unknown.notes
}

struct Unknown {
    at: u64,
    notes: Vec<Problem>,
}

impl Unknown {
    fn say(&mut self, what: Term, name: &str) {
        let kind = match self.notes.len() {
            0..MOST_NOTES => ProblemKind::unknown(what, name),
            MOST_NOTES => ProblemKind::LimitReached {
                what: term!("lvm2.notes-about-unknown-keys"),
                limit: byte_source::length(MOST_NOTES),
            },
            _ => return,
        };
        self.notes.push(Problem::note("LVM2 metadata area", self.at, kind));
    }

    fn keys(&mut self, section: &Section, known: &[&str]) {
        for name in section.names() {
            if !known.contains(&name) {
                self.say(term!("common.key"), name);
            }
        }
    }

    fn volume(&mut self, volume: &Section) {
        self.keys(volume, LOGICAL);
        for (name, part) in &volume.sections {
            match name.starts_with("segment") {
                true if part.string("type") == Some("striped") => self.keys(part, STRIPED),
                true => {}
                false => self.say(term!("common.section"), name),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lvm2::text;

    #[test]
    fn only_what_nobody_knows_is_named() {
        let contents = |more: &str| {
            let text = format!(
                "id = \"x\" seqno = 1 extent_size = 8 {more} physical_volumes {{ pv0 {{ id = \"y\" pe_start = 2048 }} }} \
                 logical_volumes {{ a {{ status = [\"READ\"] segment1 {{ type = \"striped\" extent_count = 3 new_offset = 7 }} \
                 segment2 {{ type = \"thin\" device_id = 1 }} }} }}"
            );
            text::parse(&text).unwrap()
        };
        let said = |more: &str| {
            let id = "x".to_owned();
            let name = "vg".to_owned();
            let group = VolumeGroup { id, name, sequence: 1, at: 4096, contents: contents(more) };
            notes(&group).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let found = said("shift = 9 odd { }");
        assert_eq!(found.len(), 3, "{found:?}");
        for (note, word) in
            found.iter().zip(["key \"shift\"", "key \"new_offset\"", "section \"odd\""])
        {
            assert!(
                note.contains(word) || found.iter().any(|other| other.contains(word)),
                "{word}: {found:?}"
            );
        }
        let many: String = (0..1000).map(|number| format!("k{number} = 1 ")).collect();
        assert!(said(&many).len() == MOST_NOTES + 1);
    }
}
