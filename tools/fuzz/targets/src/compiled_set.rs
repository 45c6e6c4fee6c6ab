//! A compiled set that somebody changed on disk: its header, its index, its rows, its database, its description.

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

fn sound() -> &'static Sound {
    static SOUND: OnceLock<Sound> = OnceLock::new();
    SOUND.get_or_init(|| {
        let folder = folder();
        let list = folder.path().join("list.csv");
        let row = |number: u32| format!("{:032x},{:040x},name {number}\n", number % 37, number * 7919);
        let rows: String = (1..60).map(row).collect();
        fs::write(&list, format!("md5,sha1,name\n{rows}")).expect("a list");
        let sets = folder.path().join("sets");
        let mut library = Library::open(&sets).expect("an empty library");
        library.import(&list, &ImportOptions::default(), &mut |_| {}).expect("a sound list");
        let set = files_in(&sets).into_iter().find(|path| path.is_dir()).expect("the set's folder");
        let files = files_in(&set).into_iter().map(|path| (name(&path), fs::read(&path).expect("a file")));
        Sound { name: name(&set), files: files.collect() }
    })
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
    let mut files = sound().files.clone();
    change(&mut files, input);
    let folder = folder();
    let sets = folder.path().join("sets");
    let set = sets.join(&sound().name);
    fs::create_dir_all(&set).expect("a folder");
    for (name, bytes) in &files {
        fs::write(set.join(name), bytes).expect("a file");
    }
    match Library::open(&sets) {
        Ok(library) => ask(&library),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn ask(library: &Library) {
    for number in [1_u32, 36, 20, 99] {
        let md5 = from_hex(&format!("{number:032x}")).ok().and_then(|bytes| bytes.try_into().ok());
        let sha1 = from_hex(&format!("{:040x}", number * 7919)).ok().and_then(|bytes| bytes.try_into().ok());
        let digests = Digests { md5, sha1, ..Digests::default() };
        if let Ok(hits) = library.lookup(&digests, 10) {
            for hit in hits.iter().take(20) {
                let _ = library.names(hit);
            }
        }
    }
    let _ = library.verify(&mut |_| {});
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
