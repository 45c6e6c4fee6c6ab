//! All targets: one line each.

use crate::{
    bloom_ranking, codec, compiled_set, container, custody_record, division, file_system,
    hash_set_file,
};

/// Something that takes hostile bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, as `cargo fuzz run` takes it.
    pub name: &'static str,
    /// What its input is.
    pub input: Input,
    /// Reads the input; a panic is a finding.
    pub run: fn(&[u8]),
}

/// What the input of a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The bytes themselves.
    Plain,
    /// Sectors of an image, see [`crate::Packed`].
    Packed,
}

const fn plain(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, input: Input::Plain, run }
}

const fn packed(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, input: Input::Packed, run }
}

/// All.
pub const TARGETS: &[Target] = &[
    packed("image_dmg", |input| container::run("image.dmg", input)),
    packed("image_ewf", |input| container::run("image.E01", input)),
    packed("image_qcow", |input| container::run("image.qcow2", input)),
    packed("image_raw", |input| container::run("image.001", input)),
    packed("image_vdi", |input| container::run("image.vdi", input)),
    packed("image_vhd", |input| container::run("image.vhd", input)),
    packed("image_vhdx", |input| container::run("image.vhdx", input)),
    packed("image_vmdk", |input| container::run("image.vmdk", input)),
    plain("image_codecs", codec::dmg_chunk),
    plain("codecs", codec::unit),
    packed("volumes", division::run),
    packed("fs_any", file_system::any),
    packed("fs_exfat", |input| file_system::one("exFAT", input)),
    packed("fs_ext", |input| file_system::one("ext", input)),
    packed("fs_fat", |input| file_system::one("FAT", input)),
    packed("fs_ntfs", |input| file_system::one("NTFS", input)),
    plain("lznt1", codec::lznt1),
    plain("xpress", codec::xpress),
    plain("lzx", codec::lzx),
    plain("hash_set_text", hash_set_file::text),
    plain("hash_set_json", hash_set_file::json),
    plain("hash_set_database", hash_set_file::database),
    plain("hash_set_recognised", hash_set_file::recognised),
    plain("compiled_set", compiled_set::run),
    plain("bloom_ranking", bloom_ranking::run),
    plain("custody_entry", custody_record::entry),
    plain("custody_keys", custody_record::keys),
    plain("custody_note", custody_record::note),
    plain("custody_export", custody_record::export),
];

/// The target called `name`.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
