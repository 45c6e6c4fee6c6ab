//! Formats of reference libraries and other programs: the published samples, and databases that Python and The Sleuth Kit make.
use crate::support;

use std::fs;

use case_model::{Algorithm, HitDisposition};
use hash_set::{CareList, Format, ImportError, ImportOptions};
use support::*;

fn plain() -> ImportOptions {
    ImportOptions::default()
}

#[test]
fn both_versions_of_the_rds_text_sample_give_the_same_set() {
    let Some(samples) = samples() else { return };
    let lab = Lab::new();
    let v2 = lab.import_file(&samples.join("NSRL-2.0.txt"), &plain()).unwrap();
    assert_eq!(v2.set.format, Format::NsrlRdsV2);
    // `tail -n +2 NSRL-2.0.txt | cut -d'"' -f2,4 | sort -u | wc -l` and `wc -l`
    assert_eq!((v2.tally.entries, v2.tally.duplicates, v2.tally.rejected), (138, 80, 0));
    assert_eq!((v2.set.count(Algorithm::Sha1), v2.set.count(Algorithm::Md5)), (138, 138));
    assert_eq!(v2.set.disposition, HitDisposition::Known);
    let v1_5 = lab.import_file(&samples.join("NSRL-1.5.txt"), &plain()).unwrap();
    assert_eq!(v1_5.set.format, Format::NsrlRdsV2, "the set that was there");
    assert_eq!(v1_5.set.digest, v2.set.digest);
    let stream =
        digests(&["18B5A5872E31B5705D3B9D2D0F8B1977", "01151FA9A2EFE38A7C2F5C22A45C0884A5325DF3"]);
    let hits = lab.library().lookup(&stream, 14041).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Sha1, "known", "full", "SDADMEXT.DL$")]);
}

#[test]
fn hash_keeper_sample_with_its_description() {
    let Some(samples) = samples() else { return };
    let lab = Lab::new();
    let report = lab.import_file(&samples.join("Z00236.hsh"), &plain()).unwrap();
    // Counted with Python's csv module: records, different pairs of digest and size, records of the empty file.
    let tally = report.tally;
    assert_eq!(
        (tally.entries, tally.duplicates, tally.empty_files, tally.rejected),
        (6994, 0, 0, 0)
    );
    let set = report.set;
    assert_eq!(
        (set.name.as_str(), set.publisher.as_str()),
        ("Z00236 Microsoft Windows 2000 Server", "Microsoft")
    );
    assert_eq!((set.version.as_str(), set.disposition), ("2000 Server", HitDisposition::Known));
    assert_eq!(set.companions[0].name, "Z00236.hke");
    let hits =
        lab.library().lookup(&digests(&["9497ACF3CF8A2E90AE82DAE37B6373E4"]), 91136).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Md5, "known", "full", "acsetups.pdb")]);
}

#[test]
fn ilook_samples_of_both_versions_give_the_same_set() {
    let Some(samples) = samples() else { return };
    let lab = Lab::new();
    let v3 = lab.import_file(&samples.join("ilookv3.hsh"), &plain()).unwrap();
    let v4 = lab.import_file(&samples.join("ilookv4.hsh"), &plain()).unwrap();
    assert_eq!((v3.set.format, v3.tally.entries, v3.tally.rejected), (Format::ILook, 5, 0));
    assert_eq!(v4.set.digest, v3.set.digest);
    let stream =
        digests(&["C250D966FF3BF6594A16410B63429AF1", "25B831E4DB3190D5613B768F50407BC5C7A9D6E1"]);
    let hits = lab.library().lookup(&stream, 203_211).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Sha1, "notable", "full", "md5deep-2.0.1-001.tar.gz")]);
}

#[test]
fn a_comma_in_an_ilook_name_does_not_shift_the_size() {
    let lab = Lab::new();
    let text = format!(
        "V3Hash,HashSHA1,FileName,FilePath,FileSize,HashSHA256,HashSHA384,HashSHA512\n{ABC_MD5},,a,b.txt,\\,3,,,\n"
    );
    lab.import("x.hsh", text, &plain()).unwrap();
    assert_eq!(
        told(&lab.library().lookup(&abc(), 3).unwrap()),
        [(Algorithm::Md5, "notable", "full", "a,b.txt")]
    );
}

#[test]
fn hashdeep_and_md5deep_samples_and_what_the_programs_write_now() {
    let Some(samples) = samples() else { return };
    let lab = Lab::new();
    let report = lab.import_file(&samples.join("hashdeep.txt"), &plain()).unwrap();
    assert_eq!((report.set.format, report.tally.entries), (Format::Hashdeep, 3));
    let report = lab.import_file(&samples.join("md5deep-size.txt"), &plain()).unwrap();
    assert_eq!((report.set.format, report.tally.entries), (Format::Md5Deep, 4));
    let report = lab.import_file(&samples.join("md5deep.txt"), &plain()).unwrap();
    assert_eq!((report.set.format, report.tally.entries), (Format::Sums, 4));
    let report = lab.import_file(&samples.join("testmd5.dat"), &plain()).unwrap();
    assert_eq!((report.set.format, report.tally.entries), (Format::Sums, 28));
    shell(
        &lab,
        "mkdir f; printf abc > 'f/a,b'; printf abd > f/d; hashdeep -c md5,sha1,sha256,tiger -r f > h.txt; sha1deep -z -r f > z.txt",
    );
    let report = lab.import_file(&lab.folder.path().join("h.txt"), &plain()).unwrap();
    assert_eq!((report.tally.entries, report.tally.rejected, report.notes.len()), (2, 0, 1));
    let report = lab.import_file(&lab.folder.path().join("z.txt"), &plain()).unwrap();
    assert_eq!((report.set.format, report.tally.entries), (Format::Md5Deep, 2));
    let labels: Vec<_> = lab
        .library()
        .lookup(&abc(), 3)
        .unwrap()
        .into_iter()
        .map(|hit| (hit.algorithm, hit.class.key()))
        .collect();
    assert_eq!(labels.len(), 2);
    assert!(
        labels.contains(&(Algorithm::Sha256, "full"))
            && labels.contains(&(Algorithm::Sha1, "full"))
    );
}

#[test]
fn x_ways_text_and_interpol_export() {
    let lab = Lab::new();
    let report = lab.import("x.txt", format!("SHA-256\r\n{ABC_SHA256}\r\n"), &plain()).unwrap();
    assert_eq!((report.set.format, report.set.count(Algorithm::Sha256)), (Format::XWays, 1));
    let error = lab.import("y.txt", format!("SHA-1\n{ABC_MD5}\n"), &plain()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2 (byte 6): a digest of 32 digits in a list of SHA-1 digests; allow mixed algorithms if that is meant"
    );
    let icse = format!(
        "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;Number of submissions;\
         File Available;Media Type;Baseline\n{ABC_MD5};{ABC_SHA1};AAAA;17;y;n;n;;3;y;image;yes\n"
    );
    let report = lab.import("icse.csv", icse, &plain()).unwrap();
    assert_eq!(
        (report.set.format, report.set.disposition),
        (Format::InterpolIcse, HitDisposition::Alert)
    );
    let hits = lab.library().lookup(&digests(&[ABC_MD5, ABC_SHA1]), 3).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Sha1, "alert", "full", "")]);
}

/// An EnCase set of `count` records that says it has `said`.
fn encase(said: u32, count: usize) -> Vec<u8> {
    let mut bytes = b"HASH\r\n\xff\0\x02\0\0\0\x01\0\0\0".to_vec();
    bytes.extend(said.to_le_bytes());
    bytes.resize(1032, 0);
    bytes.extend("Set ü".encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(1152, 0);
    for number in 0..count {
        bytes.extend(if number == 0 {
            case_model::from_hex(ABC_MD5).unwrap()
        } else {
            vec![u8::try_from(number).unwrap(); 16]
        });
        bytes.extend([0, 0]);
    }
    bytes
}

#[test]
fn encase_sets_and_their_count_is_checked_against_the_file() {
    let lab = Lab::new();
    let report = lab.import("x.hash", encase(3, 3), &plain()).unwrap();
    assert_eq!(
        (report.set.format, report.set.name.as_str(), report.tally.entries),
        (Format::EnCase, "Set ü", 3)
    );
    assert_eq!(
        told(&lab.library().lookup(&abc(), 3).unwrap()),
        [(Algorithm::Md5, "notable", "full", "")]
    );
    let error = lab.import("y.hash", encase(u32::MAX, 3), &plain()).unwrap_err().to_string();
    assert!(
        error.ends_with("cut off: 1206 bytes, by its header there should be 77309412462"),
        "{error}"
    );
    let error = lab.import("y.hash", encase(2, 3), &plain()).unwrap_err().to_string();
    assert!(error.ends_with("1206 bytes, by its header it ends at 1188"), "{error}");
    // The Sleuth Kit indexes the same digests (its lookup in EnCase sets fails on offsets it wrote itself, so the index is compared).
    shell(
        &lab,
        "hfind -i encase x.hash > /dev/null; tail -n +3 x.hash-md5.idx | cut -c1-32 > found",
    );
    let found = fs::read_to_string(lab.folder.path().join("found")).unwrap();
    let expected = [&"01".repeat(16), &"02".repeat(16), &ABC_MD5.to_uppercase()]
        .map(|line| format!("{line}\n"));
    assert_eq!(found, expected.concat());
}

#[test]
fn a_kdb_as_the_sleuth_kit_lays_it_out() {
    let lab = Lab::new();
    let script = format!(
        r#"python3 - <<'EOF'
import sqlite3
db = sqlite3.connect("x.kdb")
db.executescript("""
CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT);
INSERT INTO db_properties VALUES ('Schema Version', '1');
CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT, md5 BINARY(16) UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32));
CREATE TABLE file_names (name TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(name, hash_id));
CREATE TABLE comments (comment TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(comment, hash_id));
CREATE INDEX md5_index ON hashes(md5);""")
db.execute("INSERT INTO hashes (md5) VALUES (?)", (bytes.fromhex("{ABC_MD5}"),))
db.execute("INSERT INTO hashes (md5) VALUES (?)", (b"short",))
db.executemany("INSERT INTO file_names VALUES (?, 1)", [("a",), ("b",)])
db.commit()
EOF
hfind x.kdb {ABC_MD5} | grep -q "a""#
    );
    shell(&lab, &script);
    let report = lab.import_file(&lab.folder.path().join("x.kdb"), &plain()).unwrap();
    assert_eq!(
        (report.set.format, report.tally.entries, report.tally.duplicates),
        (Format::AutopsyKdb, 1, 1)
    );
    assert_eq!(
        report.rejections[0].to_string(),
        "table hashes, row 3: 10 digits are no md5 digest"
    );
    let library = lab.library();
    let hits = library.lookup(&abc(), 3).unwrap();
    assert_eq!(library.names(&hits[0]).unwrap(), ["a", "b"]);
}

#[test]
fn a_minimal_rds_and_products_that_deserve_a_look() {
    let lab = Lab::new();
    shell(&lab, MINIMAL);
    let report = lab.import_file(&lab.folder.path().join("rds.db"), &plain()).unwrap();
    let tally = report.tally;
    assert_eq!((tally.entries, tally.duplicates, tally.empty_files, tally.rejected), (3, 2, 1, 1));
    let set = &report.set;
    assert_eq!((set.name.as_str(), set.version.as_str()), ("NSRL modern_minimal", "2026.03.1"));
    assert_eq!((set.released.as_str(), set.publisher.as_str()), ("2026-03-01", "NIST NSRL"));
    let library = lab.library();
    let hit = |text: &str| {
        told_owned(&library.lookup(&sums_of(text), u64::try_from(text.len()).unwrap()).unwrap())
    };
    assert_eq!(hit("abc"), ["sha256 known full a.dll"]);
    assert_eq!(hit("wipe"), ["sha256 notable full eraser.exe"]);
    assert_eq!(hit("both"), ["sha256 no-change full c.dll"]);
    let other = Lab::new();
    let care = CareList::none();
    let report = other
        .import_file(&lab.folder.path().join("rds.db"), &ImportOptions { care, ..plain() })
        .unwrap();
    assert_eq!(report.tally, tally);
    let hits = other.library().lookup(&sums_of("wipe"), 4).unwrap();
    assert_eq!(hits[0].disposition, HitDisposition::Known);
}

fn told_owned(hits: &[case_model::Hit]) -> Vec<String> {
    let words = |hit: &case_model::Hit| {
        format!("{} {} {} {}", hit.algorithm.key(), hit.disposition, hit.class.key(), hit.label)
    };
    hits.iter().map(words).collect()
}

#[test]
fn the_full_layout_gives_the_same_set_as_the_minimal_one() {
    let lab = Lab::new();
    shell(&lab, MINIMAL);
    // The same content as NIST lays out the full set: FILE and PKG are views.
    shell(
        &lab,
        r#"python3 - <<'EOF'
import sqlite3
db = sqlite3.connect("full.db")
db.executescript("""
ATTACH 'rds.db' AS minimal;
CREATE TABLE PACKAGE_OBJECT (package_object_id INTEGER UNIQUE NOT NULL, package_id INTEGER NOT NULL, object_id INTEGER UNIQUE NOT NULL,
  PRIMARY KEY (package_object_id));
CREATE TABLE APPLICATION (application_id INTEGER UNIQUE NOT NULL, package_id INTEGER NOT NULL, name VARCHAR, version VARCHAR);
CREATE TABLE APPLICATION_TYPE (application_type_id INTEGER UNIQUE NOT NULL, description VARCHAR NOT NULL);
CREATE TABLE APPLICATION_APPLICATION_TYPE (application_application_type_id INTEGER, application_id INTEGER, application_type_id INTEGER);
CREATE TABLE METADATA (metadata_id NUMERIC UNIQUE NOT NULL, object_id INTEGER, file_name VARCHAR NOT NULL, extension VARCHAR NOT NULL,
  bytes INTEGER NOT NULL, crc32 VARCHAR, md5 VARCHAR, sha1 VARCHAR, sha256 VARCHAR, PRIMARY KEY (metadata_id));
CREATE TABLE VERSION AS SELECT * FROM minimal.VERSION;
INSERT INTO APPLICATION SELECT package_id * 10, package_id, name, version FROM minimal.PKG;
INSERT INTO PACKAGE_OBJECT SELECT package_id, package_id, package_id * 100 FROM minimal.PKG;
INSERT INTO METADATA SELECT random(), package_id * 100, substr(file_name, 1, instr(file_name || '.', '.') - 1),
  substr(file_name, instr(file_name || '.', '.') + 1), file_size, crc32, lower(md5), lower(sha1), lower(sha256) FROM minimal.FILE ORDER BY random();
CREATE VIEW FILE AS SELECT UPPER(md.sha256) AS sha256, UPPER(md.sha1) AS sha1, UPPER(md.md5) AS md5, md.file_name, md.bytes AS file_size,
  po.package_id FROM METADATA AS md, PACKAGE_OBJECT AS po WHERE md.object_id = po.object_id;
""")
EOF"#,
    );
    let minimal = lab.import_file(&lab.folder.path().join("rds.db"), &plain()).unwrap();
    // Little memory: the rows are sorted on disk.
    let options = ImportOptions { memory_bytes: 1000, ..plain() };
    let full = Lab::new().import_file(&lab.folder.path().join("full.db"), &options).unwrap();
    assert_eq!((full.set.digest, full.tally), (minimal.set.digest, minimal.tally));
}

#[test]
fn a_database_that_was_cut_off_or_not_closed_is_refused() {
    let lab = Lab::new();
    shell(&lab, MINIMAL);
    let bytes = fs::read(lab.folder.path().join("rds.db")).unwrap();
    let cut = lab.file("cut.db", &bytes[..bytes.len() - 5000]);
    let error = lab.import_file(&cut, &plain()).unwrap_err().to_string();
    let expected = format!(
        "cut off: {} bytes, by its header there should be {}",
        bytes.len() - 5000,
        bytes.len()
    );
    assert!(error.ends_with(&expected), "{error}");
    lab.file("rds.db-wal", b"changes");
    let error = lab.import_file(&lab.folder.path().join("rds.db"), &plain()).unwrap_err();
    assert!(matches!(error, ImportError::Journal { .. }), "{error}");
    let scrambled = lab.file("bad.db", [&bytes[..200], &vec![0xaa; bytes.len() - 200]].concat());
    assert!(matches!(
        lab.import_file(&scrambled, &plain()).unwrap_err(),
        ImportError::Database { .. }
    ));
    assert!(lab.library().sets().is_empty() && lab.leftovers().is_empty());
}
