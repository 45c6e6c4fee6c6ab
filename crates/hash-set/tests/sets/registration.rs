//! Sets are registered whole or not at all, named by their content, private, and verifiable.

use crate::support;

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, io};

use case_model::{HitDisposition, StopToken, to_hex};
use hash_set::{HashSetError, ImportError, ImportOptions, Library, Outcome, Stage};
use support::*;

#[test]
fn the_same_content_and_meaning_is_one_set_and_another_meaning_is_another() {
    let lab = Lab::new();
    let options = ImportOptions::default();
    let first =
        lab.import("a.csv", format!("md5,sha1\n{ABC_MD5},\n,{ABC_SHA1}\n"), &options).unwrap();
    assert_eq!(first.outcome, Outcome::Added);
    let later = ImportOptions {
        imported_at_ns: 9,
        imported_by: "B".to_owned(),
        ..ImportOptions::default()
    };
    let again = lab
        .import(
            "b.csv",
            format!("\u{feff}SHA-1;name;MD5\r\n{ABC_SHA1};x;\r\n;y;{ABC_MD5}\r\n;z;{ABC_MD5}\r\n"),
            &later,
        )
        .unwrap();
    assert_eq!((again.outcome, again.set.digest), (Outcome::AlreadyThere, first.set.digest));
    assert_eq!((again.set.name.as_str(), again.tally.duplicates), ("a", 1));
    let known =
        ImportOptions { disposition: Some(HitDisposition::Known), ..ImportOptions::default() };
    let other =
        lab.import("a.csv", format!("md5,sha1\n{ABC_MD5},\n,{ABC_SHA1}\n"), &known).unwrap();
    assert_eq!(other.outcome, Outcome::Added);
    let library = lab.library();
    assert_eq!(library.sets().len(), 2);
    assert!(library.sets().is_sorted_by_key(|set| set.digest));
    assert!(
        library.verify(&mut |progress| assert_eq!(progress.stage, Stage::Verifying)).is_empty()
    );
}

#[test]
fn the_content_digest_is_what_its_definition_says() {
    // Computed by hand: version line, empty scheme, one entry of MD5 alone, notable, without size and category.
    use sha2::{Digest, Sha256};
    let mut content = b"athar hash set content 1\n\x01\0\0\0\0\x01".to_vec();
    content.extend(case_model::from_hex(ABC_MD5).unwrap());
    content.extend([0, 3, 0]);
    let lab = Lab::new();
    let report = lab.import("a.txt", ABC_MD5, &ImportOptions::default()).unwrap();
    assert_eq!(to_hex(&report.set.digest), to_hex(&Sha256::digest(content)));
}

#[test]
fn provenance_is_kept() {
    let lab = Lab::new();
    let options = ImportOptions {
        version: "2026-03".to_owned(),
        publisher: "Lab".to_owned(),
        handling: "TLP:RED".to_owned(),
        imported_at_ns: 1_780_317_058_000_000_000,
        imported_by: "examiner".to_owned(),
        ..ImportOptions::default()
    };
    let content = format!("# note\n{ABC_MD5}\n{ABC_MD5}\nzz\n");
    lab.import("my set.txt", &content, &options).unwrap();
    let library = lab.library();
    let set = library.find("my set").unwrap();
    assert_eq!(
        (set.name.as_str(), set.source.name.as_str(), set.format.key()),
        ("my set", "my set.txt", "digest-list")
    );
    assert_eq!(
        (set.version.as_str(), set.publisher.as_str(), set.handling.as_str()),
        ("2026-03", "Lab", "TLP:RED")
    );
    assert_eq!(
        (set.imported_at_ns, set.imported_by.as_str()),
        (1_780_317_058_000_000_000, "examiner")
    );
    let sum = std::process::Command::new("sha256sum")
        .arg(lab.folder.path().join("my set.txt"))
        .output()
        .unwrap();
    assert!(String::from_utf8(sum.stdout).unwrap().starts_with(&to_hex(&set.source.sha256)));
    assert_eq!(set.source.bytes, u64::try_from(content.len()).unwrap());
    assert_eq!((set.tally.entries, set.tally.duplicates, set.tally.rejected), (1, 1, 1));
    assert_eq!(library.find(&to_hex(&set.digest)[..8]).unwrap(), set);
    assert!(matches!(library.find("other"), Err(HashSetError::NotFound { .. })));
}

#[test]
fn files_are_for_their_owner_only_and_nothing_is_left_behind() {
    let lab = Lab::new();
    lab.import("a.txt", ABC_MD5, &ImportOptions::default()).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&lab.sets()), 0o700);
    let folder = lab.set_folder();
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    assert!(lab.leftovers().is_empty());
}

#[test]
fn after_a_failed_import_the_library_is_as_before() {
    let lab = Lab::new();
    let error = lab
        .import("a.txt", format!("{ABC_MD5}\n{ABC_SHA1}\n"), &ImportOptions::default())
        .unwrap_err();
    assert!(matches!(error, ImportError::MixedAlgorithms { .. }), "{error}");
    assert!(lab.library().sets().is_empty());
    assert!(lab.leftovers().is_empty());
}

#[test]
fn a_leftover_of_a_killed_import_is_ignored_and_can_be_removed() {
    let lab = Lab::new();
    lab.import("a.txt", ABC_MD5, &ImportOptions::default()).unwrap();
    let leftover = lab.sets().join(".unfinished-x");
    fs::create_dir(&leftover).unwrap();
    fs::write(leftover.join("md5.hset"), b"half").unwrap();
    assert_eq!(lab.library().sets().len(), 1);
    assert_eq!(Library::remove_leftovers(&lab.sets()).unwrap(), std::slice::from_ref(&leftover));
    assert!(lab.leftovers().is_empty());
    fs::create_dir(&leftover).unwrap();
    let report = lab.import("b.txt", ABC_SHA1, &ImportOptions::default()).unwrap();
    assert_eq!(report.notes, [hash_set::ImportNote::LeftoversRemoved { count: 1 }]);
    assert!(lab.leftovers().is_empty(), "the next import takes it away");
}

#[test]
fn what_another_import_is_working_on_is_no_leftover() {
    let lab = Lab::new();
    lab.import("a.txt", ABC_MD5, &ImportOptions::default()).unwrap();
    let mut looked = false;
    let folder = lab.sets();
    let path =
        lab.file("b.txt", (0..20_000).map(|n: u32| format!("{n:032x}\n")).collect::<String>());
    lab.library()
        .import(&path, &ImportOptions::default(), &mut |_| {
            looked = true;
            assert!(Library::remove_leftovers(&folder).unwrap().is_empty());
        })
        .unwrap();
    assert!(looked);
    assert_eq!(lab.library().sets().len(), 2);
}

#[test]
fn a_removed_set_is_gone_from_memory_and_disk() {
    let lab = Lab::new();
    lab.import("a.txt", ABC_MD5, &ImportOptions::default()).unwrap();
    let mut library = lab.library();
    let digest = library.sets()[0].digest;
    assert_eq!(library.remove(&digest).unwrap().name, "a");
    assert!(library.lookup(&abc(), 3).unwrap().is_empty());
    assert!(lab.library().sets().is_empty());
    assert!(matches!(library.remove(&digest), Err(HashSetError::NotFound { .. })));
}

#[test]
fn any_changed_file_of_a_set_is_found_when_it_is_opened_or_verified() {
    for file in ["md5.hset", "details.db", "set.json"] {
        for change in ["missing", "cut", "byte"] {
            let lab = Lab::new();
            let table = format!("md5,name\n{ABC_MD5},some name\n");
            lab.import("a.csv", table, &ImportOptions::default()).unwrap();
            let path = lab.set_folder().join(file);
            let mut bytes = fs::read(&path).unwrap();
            match change {
                "missing" => fs::remove_file(&path).unwrap(),
                "cut" => fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
                _ => {
                    // The name in details.db, the digest in md5.hset, the first letter of a field of set.json.
                    let at = bytes
                        .windows(4)
                        .position(|part| part == b"some" || part == b"vers")
                        .unwrap_or(4096);
                    bytes[at] ^= 1;
                    fs::write(&path, &bytes).unwrap();
                }
            }
            let found = match Library::open(&lab.sets()) {
                Err(error) => error.to_string(),
                Ok(library) => library.verify(&mut |_| {}).first().unwrap().error.to_string(),
            };
            assert!(found.contains(file), "{file} {change}: {found}");
        }
    }
}

#[test]
fn on_two_threads_the_set_is_the_same_byte_for_byte() {
    let files_of = |beside| {
        let lab = Lab::new();
        shell(&lab, MINIMAL);
        let report = lab
            .import_file(
                &lab.folder.path().join("rds.db"),
                &ImportOptions { beside, ..ImportOptions::default() },
            )
            .unwrap();
        let files: Vec<_> = ["sha256.hset", "sha1.hset", "md5.hset", "set.json", "details.db"]
            .map(|name| fs::read(lab.set_folder().join(name)).unwrap())
            .into();
        (report.set.source.clone(), report.tally, files)
    };
    let alone = files_of(None);
    assert_eq!(alone.1.rejected, 1);
    assert!(alone == files_of(Some(|work| std::thread::Builder::new().spawn(work).map(drop))));
}

#[test]
fn a_thread_that_cannot_be_started_or_dies_registers_nothing() {
    for beside in [(|_| Err(io::ErrorKind::WouldBlock.into())) as hash_set::Beside, |_| Ok(())] {
        let lab = Lab::new();
        let options = ImportOptions { beside: Some(beside), ..ImportOptions::default() };
        lab.import("list.txt", ABC_MD5, &options).unwrap_err();
        shell(&lab, MINIMAL);
        lab.import_file(&lab.folder.path().join("rds.db"), &options).unwrap_err();
        assert!(lab.library().sets().is_empty());
        assert_eq!(lab.leftovers(), Vec::<std::path::PathBuf>::new());
    }
}

#[test]
fn an_import_that_is_stopped_at_any_look_registers_nothing_and_leaves_nothing() {
    // More records than two steps of reading, and of compiling.
    let list: String = (1..=40_000).map(|number| format!("{number:032x}\n")).collect();
    let lab = Lab::new();
    let mut stops = 0;
    loop {
        let looks = AtomicU64::new(0);
        let stop = StopToken::when(move || looks.fetch_add(1, Ordering::Relaxed) >= stops);
        let options = ImportOptions { stop, ..ImportOptions::default() };
        match lab.import("list.txt", &list, &options) {
            Err(ImportError::Stopped) => stops += 1,
            other => break assert_eq!(other.unwrap().tally.entries, 40_000),
        }
        assert!(lab.library().sets().is_empty());
        assert_eq!(lab.leftovers(), Vec::<std::path::PathBuf>::new());
    }
    assert!(stops > 10, "{stops} stops");
    assert_eq!(lab.library().sets().len(), 1);
}
