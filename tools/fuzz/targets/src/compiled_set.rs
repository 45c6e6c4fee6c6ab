//! A compiled set that somebody changed on disk: its header, its index, its rows, its database, its description. One that this program compiles, or one of
//! version 2, as older ones did.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use case_model::{Digests, from_hex};
use hash_set::{ImportOptions, Library};
use sha2::{Digest as _, Sha256};

use crate::hash_set_file::folder;

/// Digests begin here; before them stands the header, and in it, at 48, the SHA-256 of all from here on.
const HEADER_BYTES: usize = 4096;

/// A set's files, by name.
type Files = Vec<(String, Vec<u8>)>;

/// The sound set.
struct Sound {
    name: String,
    files: Files,
}

/// The set that an input changes: that of version 2 when the highest bit of its first byte is set.
fn sound(input: &[u8]) -> &'static Sound {
    static SOUND: OnceLock<Sound> = OnceLock::new();
    static OLDER: OnceLock<Sound> = OnceLock::new();
    match input.first() {
        Some(0x80..) => OLDER.get_or_init(older),
        _ => SOUND.get_or_init(compiled),
    }
}

fn compiled() -> Sound {
    let folder = folder();
    let list = folder.path().join("list.csv");
    let row = |number: u32| format!("{:032x},{:040x},name {number}\n", number % 37, number * 7919);
    let rows: String = (1..60).map(row).collect();
    fs::write(&list, format!("md5,sha1,name\n{rows}")).expect("a list");
    let sets = folder.path().join("sets");
    let mut library = Library::open(&sets).expect("an empty library");
    library.import(&list, &ImportOptions::default(), &mut |_| {}).expect("a sound list");
    let set = files_in(&sets).into_iter().find(|path| path.is_dir()).expect("the set's folder");
    let files =
        files_in(&set).into_iter().map(|path| (name(&path), fs::read(&path).expect("a file")));
    Sound { name: name(&set), files: files.collect() }
}

/// The fixture `testdata/old-sets`.
fn older() -> Sound {
    macro_rules! file {
        ($name:literal) => {{
            let bytes: &[u8] = include_bytes!(concat!(
                "../../../../testdata/old-sets/version-2/f7e356d7d430d4a7d25f740af30882c1/",
                $name
            ));
            ($name.to_owned(), bytes.to_vec())
        }};
    }
    let files = vec![
        file!("details.db"),
        file!("md5.hset"),
        file!("set.json"),
        file!("sha1.hset"),
        file!("sha256.hset"),
    ];
    Sound { name: "f7e356d7d430d4a7d25f740af30882c1".to_owned(), files }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The input is a list of changes: file (1 byte), place (2, little-endian), count (1), that many bytes.
pub(crate) fn run(input: &[u8]) {
    let sound = sound(input);
    let mut files = sound.files.clone();
    change(&mut files, input);
    let folder = folder();
    let sets = put(folder.path(), &sound.name, &files);
    match Library::open(&sets) {
        Ok(library) => drop(ask(&library)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A library of one set, in `folder`.
fn put(folder: &Path, set: &str, files: &Files) -> PathBuf {
    let sets = folder.join("sets");
    fs::create_dir_all(sets.join(set)).expect("a folder");
    for (name, bytes) in files {
        fs::write(sets.join(set).join(name), bytes).expect("a file");
    }
    sets
}

/// Returns the number of hits.
fn ask(library: &Library) -> usize {
    let mut found = 0;
    for number in [1_u32, 36, 20, 99] {
        let md5 = from_hex(&format!("{number:032x}")).ok().and_then(|bytes| bytes.try_into().ok());
        let sha1 = from_hex(&format!("{:040x}", number * 7919))
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        let digests = Digests { md5, sha1, ..Digests::default() };
        if let Ok(hits) = library.lookup(&digests, 10) {
            found += hits.len();
            for hit in hits.iter().take(20) {
                let _ = library.names(hit);
            }
        }
    }
    let _ = library.verify(&mut |_| {});
    found
}

fn change(files: &mut Files, mut input: &[u8]) {
    while let Some((&[file, low, high, count], rest)) = input.split_first_chunk::<4>() {
        let (bytes, rest) = rest.split_at(usize::from(count).min(rest.len()));
        input = rest;
        let number = usize::from(file) % files.len();
        let content = &mut files[number].1;
        let at = usize::from(u16::from_le_bytes([low, high]));
        if at >= content.len() {
            content.truncate(at % content.len().max(1));
            continue;
        }
        let end = (at + bytes.len()).min(content.len());
        content[at..end].copy_from_slice(&bytes[..end - at]);
    }
    for (name, content) in files {
        if name.ends_with(".hset") && content.len() > HEADER_BYTES {
            let digest = Sha256::digest(&content[HEADER_BYTES..]);
            content[48..80].copy_from_slice(&digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_inputs_change_is_a_sound_set_of_either_version() {
        for (input, version) in [(&[][..], 3), (&[0x7f], 3), (&[0x80], 2), (&[0xff], 2)] {
            let sound = sound(input);
            let md5 = sound.files.iter().find(|(name, _)| name == "md5.hset").expect("a file");
            assert_eq!(md5.1[7], version);
            let folder = folder();
            let library =
                Library::open(&put(folder.path(), &sound.name, &sound.files)).expect("a library");
            assert!(library.verify(&mut |_| {}).is_empty());
            assert!(ask(&library) > 3);
        }
    }
}
