//! What a hit means: sizes, several digests, dispositions, empty files.

use crate::support;

use case_model::{Algorithm, Digests, HitDisposition};
use hash_set::{ImportNote, ImportOptions, RejectReason};
use support::*;

fn options() -> ImportOptions {
    ImportOptions {
        name: Some("set".to_owned()),
        version: "7".to_owned(),
        ..ImportOptions::default()
    }
}

#[test]
fn a_hit_names_set_version_digest_algorithm_and_what_the_set_says() {
    let lab = Lab::new();
    let table = format!("SHA-256,MD5,name,size\n{ABC_SHA256},{ABC_MD5},\"a,\"\"b\"\".txt\",3\n");
    let report = lab.import("x.csv", table, &options()).unwrap();
    let hits = lab.library().lookup(&abc(), 3).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Sha256, "notable", "full", "a,\"b\".txt")]);
    assert_eq!((hits[0].set_name.as_str(), hits[0].set_version.as_str()), ("set", "7"));
    assert_eq!(hits[0].set_digest, report.set.digest);
    assert_eq!(hits[0].digest, abc().sha256.unwrap());
}

#[test]
fn one_digest_that_differs_is_a_possible_collision_not_a_match() {
    let lab = Lab::new();
    lab.import("x.csv", format!("md5,sha1,name\n{ABC_MD5},{},twin\n", "1".repeat(40)), &options())
        .unwrap();
    let library = lab.library();
    assert_eq!(
        told(&library.lookup(&abc(), 3).unwrap()),
        [(Algorithm::Md5, "notable", "partial-digests", "twin")]
    );
    // Where only the MD5 of the evidence is known, nothing disagrees.
    let only_md5 = digests(&[ABC_MD5]);
    assert_eq!(
        told(&library.lookup(&only_md5, 3).unwrap()),
        [(Algorithm::Md5, "notable", "full", "twin")]
    );
}

#[test]
fn a_size_that_differs_is_an_alarm_and_no_stream_of_size_zero_is_looked_up() {
    let lab = Lab::new();
    lab.import("x.csv", format!("md5,size\n{ABC_MD5},4\n"), &options()).unwrap();
    let library = lab.library();
    assert_eq!(
        told(&library.lookup(&abc(), 3).unwrap()),
        [(Algorithm::Md5, "notable", "size-differs", "")]
    );
    assert_eq!(
        told(&library.lookup(&abc(), 4).unwrap()),
        [(Algorithm::Md5, "notable", "full", "")]
    );
    assert!(library.lookup(&abc(), 0).unwrap().is_empty());
    assert!(library.lookup_batch(&[(abc(), 0)]).unwrap()[0].is_empty());
}

#[test]
fn digests_of_the_empty_file_are_dropped_and_counted() {
    let lab = Lab::new();
    let list = format!(
        "md5,sha1,sha256,blake3\n{EMPTY_MD5},,,\n,{EMPTY_SHA1},,\n,,{EMPTY_SHA256},\n,,,{EMPTY_BLAKE3}\n\
         {EMPTY_MD5},{EMPTY_SHA1},,\n{EMPTY_MD5},{ABC_SHA1},,\n{ABC_MD5},,,\n"
    );
    let report = lab.import("x.csv", list, &options()).unwrap();
    assert_eq!((report.tally.entries, report.tally.empty_files, report.tally.rejected), (1, 5, 1));
    assert_eq!(report.rejections[0].reason, RejectReason::EmptyAndNotEmpty);
    assert_eq!(report.rejections[0].position.to_string(), "line 7 (byte 315)");
    // A crafted stream of one byte with the digest of none finds nothing either.
    assert!(lab.library().lookup(&digests(&[EMPTY_MD5]), 1).unwrap().is_empty());
}

#[test]
fn every_set_is_looked_up_and_known_does_not_hide_notable() {
    let lab = Lab::new();
    let known = ImportOptions { disposition: Some(HitDisposition::Known), ..options() };
    lab.import("good.txt", ABC_SHA1, &known).unwrap();
    lab.import("bad.txt", ABC_MD5, &options()).unwrap();
    let hits = lab.library().lookup(&abc(), 3).unwrap();
    let mut dispositions: Vec<_> = hits.iter().map(|hit| hit.disposition).collect();
    dispositions.sort();
    assert_eq!(dispositions, [HitDisposition::Known, HitDisposition::Notable]);
}

#[test]
fn several_entries_of_one_digest_each_give_their_hit() {
    let lab = Lab::new();
    let table = format!(
        "md5,size,category,disposition\n{ABC_MD5},3,1,ALERT\n{ABC_MD5},9,2,no_change\n{ABC_MD5},3,1,alert\n{ABC_MD5},,,odd\n"
    );
    let report = lab.import("x.csv", table, &options()).unwrap();
    assert_eq!((report.tally.entries, report.tally.duplicates), (3, 1));
    assert_eq!(report.set.count(Algorithm::Md5), 1);
    assert_eq!(report.notes, [ImportNote::UnknownCodes { first: "odd".to_owned(), count: 1 }]);
    let hits = lab.library().lookup(&abc(), 3).unwrap();
    let mut told = told(&hits);
    told.sort();
    assert_eq!(
        told,
        [
            (Algorithm::Md5, "alert", "full", "category 1"),
            (Algorithm::Md5, "needs-review", "full", ""),
            (Algorithm::Md5, "no-change", "size-differs", "category 2"),
        ]
    );
}

#[test]
fn names_of_one_entry_are_all_kept_and_the_first_is_the_label() {
    let lab = Lab::new();
    lab.import("x.csv", format!("md5,name\n{ABC_MD5},z\n{ABC_MD5},a\n{ABC_MD5},z\n"), &options())
        .unwrap();
    let library = lab.library();
    let hits = library.lookup(&abc(), 3).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Md5, "notable", "full", "z")]);
    assert_eq!(library.names(&hits[0]).unwrap(), ["z", "a"]);
}

#[test]
fn a_batch_gives_what_single_lookups_give() {
    let lab = Lab::new();
    // Every third value as MD5, every fifth as SHA-1, some in both with a size.
    let hex =
        |n: u64, digits: usize| format!("{:0>digits$x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let rows: Vec<String> = (0..600)
        .filter_map(|n| match (n % 3, n % 5) {
            (0, 0) => Some(format!("{},{},{}", hex(n, 32), hex(n + 1, 40), n + 1)),
            (0, _) => Some(format!("{},,", hex(n, 32))),
            (_, 0) => Some(format!(",{},{}", hex(n, 40), n)),
            _ => None,
        })
        .collect();
    lab.import("x.csv", format!("md5,sha1,size\n{}\n", rows.join("\n")), &options()).unwrap();
    lab.import(
        "y.txt",
        rows.iter()
            .map(|row| format!("{:.32}\n", row))
            .filter(|row| !row.contains(','))
            .collect::<String>(),
        &options(),
    )
    .unwrap();
    let streams: Vec<(Digests, u64)> =
        (0..600).map(|n| (digests(&[&hex(n, 32), &hex(n, 40)]), n % 7)).collect();
    let library = lab.library();
    let batch = library.lookup_batch(&streams).unwrap();
    let single: Vec<_> =
        streams.iter().map(|(digests, size)| library.lookup(digests, *size).unwrap()).collect();
    assert_eq!(batch, single);
    assert!(batch.iter().flatten().count() > 300);
    assert!(batch.iter().flatten().any(|hit| hit.class == case_model::HitClass::PartialDigests));
}
