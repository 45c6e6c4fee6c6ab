//! Lists as people and programs really write them: every digest is imported or counted, with its line.

use crate::support;

use std::path::PathBuf;

use case_model::{Algorithm, Digests};
use hash_set::{Format, ImportError, ImportOptions, Position, RejectReason};
use support::*;

/// The shared list `name`; says when it is not there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/faults/hash-lists")
        .join(name);
    if !path.is_file() {
        eprintln!("skipped: no {}", path.display());
        return None;
    }
    Some(path)
}

const FIRST: &str = "22558cad65ecb8d453605c62052e0899";
const FIRST_SHA1: &str = "f09fb90ff94bb6c13833fd5babbfd80199259f79";

/// Name of the list, its entries, and how many of them have MD5 and SHA-1; none is rejected.
const WHOLE: &[(&str, u64, u64, u64)] = &[
    ("fastsum.md5", 2, 2, 0),
    ("lang.csv", 2, 2, 0),
    ("langfr.csv", 2, 2, 0),
    ("nsrlnl.txt", 4, 4, 4),
    ("sp.txt", 4, 4, 0),
    ("rel/0x.txt", 3, 3, 0),
    ("rel/blank_first.csv", 2, 2, 0),
    ("rel/colons.txt", 3, 3, 0),
    ("rel/commapair.txt", 4, 4, 4),
    ("rel/ftk.csv", 3, 3, 3),
    ("rel/grouped.txt", 3, 3, 0),
    ("rel/hash_comment.txt", 3, 3, 0),
    ("rel/hdr_twice.csv", 2, 2, 0),
    ("rel/l1.csv", 2, 2, 0),
    ("rel/l2.csv", 2, 2, 0),
    ("rel/l3.csv", 2, 2, 0),
    ("rel/lead_space.txt", 3, 3, 0),
    ("rel/md5_sha1_name.txt", 4, 4, 4),
    ("rel/md5prefix.txt", 6, 3, 3),
    ("rel/md5tabsha1.txt", 4, 4, 4),
    ("rel/name_colon.txt", 3, 3, 0),
    ("rel/name_first.txt", 3, 3, 0),
    ("rel/nbsp.txt", 3, 3, 0),
    ("rel/nohdr.csv", 2, 2, 0),
    ("rel/quoted.txt", 3, 3, 0),
    ("rel/semicolon_comment.txt", 3, 3, 0),
    ("rel/sep.csv", 2, 2, 0),
    ("rel/sha1_md5.txt", 4, 4, 4),
    ("rel/slash_comment.txt", 3, 3, 0),
    ("rel/spaced.txt", 3, 3, 0),
    ("rel/tab_trail.txt", 3, 3, 0),
    ("rel/title_line.txt", 3, 3, 0),
    ("rel/trailcomma.txt", 3, 3, 0),
    ("rel/trailsemi.txt", 3, 3, 0),
    ("rel/two_mixed.txt", 4, 4, 0),
    ("rel/two_per_line.txt", 4, 4, 0),
    ("rel/zwsp.txt", 3, 3, 0),
];

#[test]
fn every_digest_of_the_shared_lists_is_imported() {
    for (name, entries, md5, sha1) in WHOLE {
        let Some(path) = shared(name) else { return };
        let lab = Lab::new();
        let report = match lab.import_file(&path, &ImportOptions::default()) {
            Ok(report) => report,
            Err(error) => panic!("{name}: {error}"),
        };
        let found = (
            report.tally.entries,
            report.set.count(Algorithm::Md5),
            report.set.count(Algorithm::Sha1),
        );
        assert_eq!(
            (found, report.tally.rejected),
            ((*entries, *md5, *sha1), 0),
            "{name}: {:?}",
            report.rejections
        );
        let wanted = digests(&[FIRST]);
        assert_eq!(lab.library().lookup(&wanted, 1).unwrap().len(), 1, "{name}");
    }
}

#[test]
fn two_digests_of_a_row_are_one_entry_with_the_name_behind_them() {
    for name in ["rel/md5_sha1_name.txt", "rel/md5tabsha1.txt"] {
        let Some(path) = shared(name) else { return };
        let lab = Lab::new();
        lab.import_file(&path, &ImportOptions::default()).unwrap();
        let hits = lab.library().lookup(&digests(&[FIRST, FIRST_SHA1]), 1).unwrap();
        assert_eq!(told(&hits), [(Algorithm::Sha1, "notable", "full", "name0")], "{name}");
    }
}

#[test]
fn a_damaged_digest_is_rejected_with_its_line_and_the_others_are_taken() {
    let Some(path) = shared("rel/one_bad_mid.txt") else { return };
    let lab = Lab::new();
    let report = lab.import_file(&path, &ImportOptions::default()).unwrap();
    assert_eq!((report.tally.entries, report.tally.rejected), (2, 1));
    assert_eq!(report.rejections[0].position, Position::Line { line: 2, byte: 33 });
    // Two on a line, one of them damaged.
    let list = format!("{FIRST} {}\n", &FIRST_SHA1[1..]);
    let report = lab.import("two.txt", list, &ImportOptions::default()).unwrap();
    assert_eq!((report.tally.entries, report.tally.rejected), (1, 1));
    assert_eq!(report.rejections[0].reason, RejectReason::UnknownLength { digits: 39 });
}

#[test]
fn headers_that_nobody_knows_are_asked_for_and_nothing_is_guessed() {
    let lab = Lab::new();
    for table in [
        format!("指纹,名字\n{FIRST},a\n"),
        format!("x;y;z\n{FIRST};a;b\n"),
        format!("Titel\na\tb\n{FIRST}\tc\n"),
    ] {
        let error = lab.import("x.csv", &table, &ImportOptions::default()).unwrap_err();
        assert!(matches!(error, ImportError::NoDigestColumn { .. }), "{table}: {error}");
    }
    let Some(path) = shared("rel/sfv.sfv") else { return };
    let error = lab.import_file(&path, &ImportOptions::default()).unwrap_err();
    assert!(matches!(error, ImportError::Unrecognised { .. }), "{error}");
}

#[test]
fn names_that_look_like_digests_stay_names_where_it_is_said_that_they_are() {
    let list = format!("{FIRST}  {FIRST_SHA1}\n");
    let lab = Lab::new();
    let both = lab.import("x.md5", &list, &ImportOptions::default()).unwrap();
    assert_eq!((both.tally.entries, both.set.count(Algorithm::Sha1)), (1, 1));
    let options = ImportOptions { format: Some(Format::Sums), ..ImportOptions::default() };
    let said = lab.import("x.md5", &list, &options).unwrap();
    assert_eq!((said.tally.entries, said.set.count(Algorithm::Sha1)), (1, 0));
}

#[test]
fn names_of_nsrl_keep_their_line_ends_and_quotes_and_a_cut_row_costs_only_itself() {
    let Some(path) = shared("nsrlnl.txt") else { return };
    let lab = Lab::new();
    lab.import_file(&path, &ImportOptions::default()).unwrap();
    let label = |md5: &str| lab.library().lookup(&digests(&[md5]), 69).unwrap()[0].label.clone();
    assert_eq!(label(FIRST), "say \"hi\".txt");
    assert_eq!(label("f7998231c2d7199ba31a0ddb437258a0"), "two\nlines.txt");
    assert_eq!(label("5acc2a1f15825847ea492c59f390b789"), "bad\"quote.txt");

    let mut bytes = std::fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let cut = text.find("\"two").unwrap() + 4;
    let next = text.find("\"A58E").unwrap();
    bytes.splice(cut..next, *b"\r\n");
    let report = lab.import("NSRLFile.txt", bytes, &ImportOptions::default()).unwrap();
    assert_eq!((report.tally.entries, report.tally.rejected), (3, 1));
    assert!(
        matches!(report.rejections[0].position, Position::Line { line: 3, .. }),
        "{:?}",
        report.rejections
    );
}

#[test]
fn columns_and_fields_too_many_lose_no_digest() {
    let lab = Lab::new();
    let other = "98a2226c90c8a053c01435dc9db468c9";
    let twice = lab.import(
        "t.csv",
        format!("MD5,md5 hash,name\n{FIRST},{other},a\n"),
        &ImportOptions::default(),
    );
    assert_eq!(twice.unwrap().tally.entries, 2, "two of one algorithm are two files");
    let shifted = format!("MD5,name\n{FIRST},a\n{other},b,{FIRST}\n# done\n");
    let report = lab.import("s.csv", shifted, &ImportOptions::default()).unwrap();
    assert_eq!((report.tally.entries, report.tally.rejected), (1, 1));
    assert_eq!(report.rejections[0].reason, RejectReason::Fields { expected: 2, found: 3 });
    let none = lab.library().lookup(&Digests::default(), 1).unwrap();
    assert!(none.is_empty());
}
