//! Text formats: tables, lists, sums. Independent programs (coreutils, Python) write the files.

use crate::support;

use std::process::Command;

use case_model::Algorithm;
use hash_set::{ColumnRole, Format, ImportError, ImportNote, ImportOptions, RejectReason};
use support::*;

#[test]
fn sums_by_coreutils_in_every_mode_give_the_same_set() {
    let mut contents = Vec::new();
    for mode in ["", "--binary", "--tag", "-z", "-z --tag"] {
        let lab = Lab::new();
        shell(
            &lab,
            "mkdir files; cd files; printf abc > 'a b'; printf abd > $'new\\nline'; printf abe > 'back\\slash'; : > empty; printf abf > ') = x'",
        );
        shell(&lab, &format!("cd files; sha256sum {mode} * > ../SHA256SUMS"));
        let report = lab
            .import_file(&lab.folder.path().join("SHA256SUMS"), &ImportOptions::default())
            .unwrap();
        assert_eq!(
            (report.tally.entries, report.tally.empty_files, report.tally.rejected),
            (4, 1, 0),
            "{mode}"
        );
        let expected = if mode.contains("-z") { Format::SumsZero } else { Format::Sums };
        assert_eq!(report.set.format, expected);
        contents.push(report.set.digest);
        let library = lab.library();
        let hits = library.lookup(&abc(), 3).unwrap();
        assert_eq!(told(&hits), [(Algorithm::Sha256, "notable", "full", "a b")], "{mode}");
        let abd = Command::new("bash").arg("-c").arg("printf abd | sha256sum").output().unwrap();
        let abd = digests(&[&String::from_utf8(abd.stdout).unwrap()[..64]]);
        assert_eq!(library.lookup(&abd, 3).unwrap()[0].label, "new\nline", "{mode}");
    }
    contents.dedup();
    assert_eq!(contents.len(), 1);
}

#[test]
fn sixty_four_digits_need_a_word_about_their_algorithm() {
    let lab = Lab::new();
    let error =
        lab.import("list.txt", format!("\n{ABC_SHA256}\n"), &ImportOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2 (byte 1): 64 digits may be SHA-256, BLAKE3 or others, and the file does not say; name the algorithm"
    );
    let said = |algorithm| ImportOptions { algorithm: Some(algorithm), ..ImportOptions::default() };
    let report = lab.import("list.txt", ABC_SHA256, &said(Algorithm::Blake3)).unwrap();
    assert_eq!(report.set.count(Algorithm::Blake3), 1);
    for name in ["SHA256SUMS", "image.iso.sha256", "SHA-256 list.txt"] {
        let lab = Lab::new();
        let report =
            lab.import(name, format!("{ABC_SHA256}  x\n"), &ImportOptions::default()).unwrap();
        assert_eq!(report.set.count(Algorithm::Sha256), 1, "{name}");
    }
    assert!(
        lab.import("x.csv", format!("sha256\n{ABC_SHA256}\n"), &ImportOptions::default()).is_ok()
    );
    let error = lab
        .import("y.csv", format!("hash\n{ABC_SHA256}\n"), &ImportOptions::default())
        .unwrap_err();
    assert!(matches!(error, ImportError::AlgorithmNotSaid { .. }), "{error}");
}

#[test]
fn mixed_lists_are_refused_with_the_place_unless_they_are_meant() {
    let lab = Lab::new();
    let list = format!("# mine\n{ABC_MD5} # first\n{ABC_SHA1}\n");
    let error = lab.import("x.txt", &list, &ImportOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3 (byte 48): a digest of 40 digits in a list of MD5 digests; allow mixed algorithms if that is meant"
    );
    let options = ImportOptions { mixed_algorithms: true, ..ImportOptions::default() };
    let report = lab.import("x.txt", &list, &options).unwrap();
    assert_eq!((report.set.count(Algorithm::Md5), report.set.count(Algorithm::Sha1)), (1, 1));
}

#[test]
fn tables_in_every_encoding_with_quotes_and_delimiters() {
    let table = format!("Nom;MD5;Größe;Divers\r\n\"é\r\n;\"\"x\";{ABC_MD5};3;oui\r\n\r\n");
    let utf16 = |big: bool| {
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        [0xfeff].into_iter().chain(table.encode_utf16()).flat_map(unit).collect::<Vec<u8>>()
    };
    for content in [
        table.clone().into_bytes(),
        format!("\u{feff}{table}").into_bytes(),
        utf16(true),
        utf16(false),
    ] {
        let lab = Lab::new();
        let columns =
            [("Nom".to_owned(), ColumnRole::Name), ("Größe".to_owned(), ColumnRole::Size)].into();
        let options = ImportOptions { columns, ..ImportOptions::default() };
        let report = lab.import("x.csv", content, &options).unwrap();
        assert_eq!(report.notes, [ImportNote::ColumnNotUsed { name: "Divers".to_owned() }]);
        let hits = lab.library().lookup(&abc(), 4).unwrap();
        assert_eq!(told(&hits), [(Algorithm::Md5, "notable", "size-differs", "é\n;\"x")]);
    }
}

#[test]
fn python_s_csv_writer_is_understood() {
    let lab = Lab::new();
    shell(
        &lab,
        r#"python3 - <<'EOF'
import csv, hashlib
with open("x.csv", "w", newline="") as out:
    w = csv.writer(out)
    w.writerow(["path", "sha1", "size"])
    for i in range(500):
        name = ['plain', 'a"b', 'c,d', 'e\nf', '"', ',', '\r\n', ' lead'][i % 8] + str(i)
        w.writerow([name, hashlib.sha1(name.encode()).hexdigest(), i + 1])
EOF"#,
    );
    let report =
        lab.import_file(&lab.folder.path().join("x.csv"), &ImportOptions::default()).unwrap();
    assert_eq!((report.tally.entries, report.tally.rejected), (500, 0));
    let library = lab.library();
    let sha1 = Command::new("bash")
        .arg("-c")
        .arg("printf 'e\\nf499' | sed 's/499/491/' | sha1sum")
        .output()
        .unwrap();
    let hits =
        library.lookup(&digests(&[&String::from_utf8(sha1.stdout).unwrap()[..40]]), 492).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Sha1, "notable", "full", "e\nf491")]);
}

#[test]
fn what_cannot_be_used_is_counted_with_place_and_reason() {
    let lab = Lab::new();
    let sha512 = "a".repeat(128);
    let list = format!(
        "{ABC_MD5}  good\n{:.31}  short\nnonsense\nSHA512 (x) = {sha512}\nSM3 (y) = {ABC_SHA256}\n",
        ABC_MD5
    );
    let report = lab.import("x.md5", list, &ImportOptions::default()).unwrap();
    assert_eq!((report.tally.entries, report.tally.rejected), (1, 4));
    let told: Vec<String> = report.rejections.iter().map(ToString::to_string).collect();
    assert_eq!(
        told[0],
        format!("line 2 (byte 39): not a record of this format: \"{:.31}  short\"", ABC_MD5)
    );
    assert_eq!(told[1], "line 3 (byte 78): not a record of this format: \"nonsense\"");
    assert_eq!(told[2], "line 4 (byte 87): SHA512 is not an algorithm that is looked up");
    assert_eq!(
        told[3],
        format!("line 5 (byte {}): SM3 is not an algorithm that is looked up", 87 + 13 + 128 + 1)
    );
    let table = format!(
        "md5,sha1\n{ABC_MD5},xyz\n{ABC_SHA1},\n-,n/a\n{},null\n{ABC_MD5},NULL\n",
        "0".repeat(32)
    );
    let report = lab.import("x.csv", table, &ImportOptions::default()).unwrap();
    let reasons: Vec<_> = report.rejections.into_iter().map(|rejection| rejection.reason).collect();
    assert_eq!(
        reasons,
        [
            RejectReason::NotHexadecimal { found: "xyz".to_owned() },
            RejectReason::WrongLength { algorithm: "md5".to_owned(), digits: 40 },
            RejectReason::NoDigest,
            RejectReason::NoDigest,
        ]
    );
}

#[test]
fn all_rejections_are_counted_and_the_first_hundred_kept() {
    let lab = Lab::new();
    let list = format!("{ABC_MD5}\n{}", "x\n".repeat(1000));
    let report = lab.import("x.txt", list, &ImportOptions::default()).unwrap();
    assert_eq!((report.tally.rejected, report.rejections.len()), (1000, 100));
}

#[test]
fn files_that_are_no_hash_sets_are_refused_with_the_reason() {
    let lab = Lab::new();
    let error = |name: &str, content: &[u8]| {
        lab.import(name, content, &ImportOptions::default()).unwrap_err().to_string()
    };
    assert!(
        error("x", b"PK\x03\x04...").ends_with("a ZIP file; unpack it and import what is inside")
    );
    assert!(
        error("x", b"hello world")
            .ends_with("no known hash set format; it begins with \"hello world\"")
    );
    assert!(error("x", b"").ends_with("no known hash set format; it begins with \"\""));
    assert!(error("x.csv", format!("md5\n{EMPTY_MD5}\nzz\n").as_bytes()).starts_with(
        "no usable digest: 1 record rejected (the first: line 3 (byte 37): not a hexadecimal digest: \"zz\"), 1 of the empty file"
    ));
    assert!(lab.import_file(lab.folder.path(), &ImportOptions::default()).is_err());
}

#[test]
fn endless_lines_and_quotes_end_the_import_with_their_place() {
    let lab = Lab::new();
    let long = format!("{ABC_MD5}\n{}", "a".repeat(3 << 20));
    let error = lab.import("x.txt", long, &ImportOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "line 2 (byte 33): no end of line within 1048576 bytes");
    let quote = format!("md5,name\n{ABC_MD5},ok\n{ABC_MD5},\"{}", "x\n".repeat(1 << 20));
    let error = lab.import("x.csv", quote, &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("line 3 (byte 45): a quoted field"), "{error}");
    assert!(lab.library().sets().is_empty() && lab.leftovers().is_empty());
}

#[test]
fn names_that_are_not_utf_8_are_kept_readably() {
    let lab = Lab::new();
    lab.import("x.md5", [ABC_MD5.as_bytes(), b"  caf\xe9"].concat(), &ImportOptions::default())
        .unwrap();
    assert_eq!(lab.library().lookup(&abc(), 3).unwrap()[0].label, "caf\\xe9");
}
