//! Agreement: with a slow reference, with The Sleuth Kit's hfind, with hashdeep; export and import again; differences.
use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use case_model::{Algorithm, Digests, to_hex};
use hash_set::{Change, Difference, ExportFormat, Exported, ImportOptions};
use support::*;

fn plain() -> ImportOptions {
    ImportOptions::default()
}

/// Numbers without order, the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 17
    }

    /// A digest out of few, so that sets and streams share some.
    fn digest(&mut self, of: u64, bytes: usize) -> Vec<u8> {
        let value = self.next() % of + 1;
        // Few first bytes, so that buckets of the index are uneven.
        let mut digest = vec![u8::try_from(value % 3).unwrap(); bytes];
        digest[bytes - 8..]
            .copy_from_slice(&value.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        digest
    }
}

#[test]
fn lookups_agree_with_an_ordered_set_whatever_memory_the_import_had() {
    for (seed, count) in [(1, 3), (2, 70), (3, 1000), (4, 20_000)] {
        let mut random = Random(seed);
        let md5: BTreeSet<Vec<u8>> = (0..count).map(|_| random.digest(2 * count, 16)).collect();
        let sha1: BTreeSet<Vec<u8>> = (0..count).map(|_| random.digest(2 * count, 20)).collect();
        let rows: String = md5.iter().map(|one| format!("{},\n", to_hex(one))).collect::<String>()
            + &sha1.iter().rev().map(|one| format!(",{}\n", to_hex(one))).collect::<String>();
        let mut contents = BTreeSet::new();
        for memory_bytes in [256 << 20, 20_000] {
            let lab = Lab::new();
            let options = ImportOptions { memory_bytes, ..plain() };
            let report = lab.import("x.csv", format!("md5,sha1\n{rows}"), &options).unwrap();
            contents.insert(report.set.digest);
            let library = lab.library();
            let streams: Vec<(Digests, u64)> = (0..2000)
                .map(|_| {
                    (
                        digests(&[
                            &to_hex(&random.digest(2 * count, 16)),
                            &to_hex(&random.digest(2 * count, 20)),
                        ]),
                        1,
                    )
                })
                .collect();
            let batch = library.lookup_batch(&streams).unwrap();
            for ((stream, size), hits) in streams.iter().zip(&batch) {
                let found: BTreeSet<(Algorithm, Vec<u8>)> =
                    hits.iter().map(|hit| (hit.algorithm, hit.digest.clone())).collect();
                let expected: BTreeSet<(Algorithm, Vec<u8>)> =
                    [(Algorithm::Md5, &md5), (Algorithm::Sha1, &sha1)]
                        .into_iter()
                        .filter(|(algorithm, set)| set.contains(stream.get(*algorithm).unwrap()))
                        .map(|(algorithm, _)| (algorithm, stream.get(algorithm).unwrap().to_vec()))
                        .collect();
                assert_eq!(found, expected);
                assert_eq!(*hits, library.lookup(stream, *size).unwrap());
            }
            assert!(library.verify(&mut |_| {}).is_empty());
        }
        assert_eq!(contents.len(), 1, "memory does not change the content");
    }
}

#[test]
fn hfind_and_hashdeep_find_the_same_files() {
    let lab = Lab::new();
    shell(
        &lab,
        "mkdir f; for i in $(seq 300); do echo file $i > f/$i; done; : > f/empty
         cd f; md5sum 1?? > ../known.md5; md5sum * > ../all.md5; cd ..
         hfind -i md5sum known.md5 > /dev/null
         cut -c1-32 all.md5 > digests; hfind -f digests known.md5 | grep -v 'Hash Not Found' | cut -c1-32 | tr A-F a-f | sort -u > hfind.found
         hashdeep -c md5,sha256 f/1?? > known.hashdeep; hashdeep -m -k known.hashdeep -r f | sed 's/.*f.//' | sort > hashdeep.found",
    );
    lab.import_file(&lab.folder.path().join("known.md5"), &plain()).unwrap();
    lab.import_file(&lab.folder.path().join("known.hashdeep"), &plain()).unwrap();
    let library = lab.library();
    let read = |name: &str| fs::read_to_string(lab.folder.path().join(name)).unwrap();
    let streams: Vec<(String, Digests, u64)> = read("all.md5")
        .lines()
        .map(|line| {
            let name = &line[34..];
            let size = fs::metadata(lab.folder.path().join("f").join(name)).unwrap().len();
            (name.to_owned(), digests(&[&line[..32]]), size)
        })
        .collect();
    let found = |version: &str| -> BTreeMap<String, String> {
        let hits = |stream: &(String, Digests, u64)| library.lookup(&stream.1, stream.2).unwrap();
        let named = |hits: &[case_model::Hit]| {
            hits.iter().any(|hit| library.find(version).unwrap().digest == hit.set_digest)
        };
        streams
            .iter()
            .filter(|stream| named(&hits(stream)))
            .map(|stream| (stream.0.clone(), to_hex(stream.1.get(Algorithm::Md5).unwrap())))
            .collect()
    };
    let sets = library.sets();
    let by_format =
        |key: &str| to_hex(&sets.iter().find(|set| set.format.key() == key).unwrap().digest);
    let sums = found(&by_format("sums"));
    let hashdeep = found(&by_format("hashdeep"));
    let mut digests: Vec<&str> = sums.values().map(String::as_str).collect();
    digests.sort_unstable();
    assert_eq!(digests.len(), 100);
    assert_eq!(digests.join("\n") + "\n", read("hfind.found"));
    let names: Vec<&str> = hashdeep.keys().map(String::as_str).collect();
    assert_eq!(names.join("\n") + "\n", read("hashdeep.found"));
}

#[test]
fn a_set_exported_as_a_table_and_imported_again_is_the_same_set() {
    let lab = Lab::new();
    let table = format!(
        "md5,sha1,size,disposition,category,name,comment\n{ABC_MD5},{ABC_SHA1},3,alert,1,\"a,\"\"b\n\",\"c, d\"\n{ABC_MD5},{ABC_SHA1},3,alert,1, lead,\n\
         ,{},,known,,back\\slash,\n{},,9,,A,,\n",
        "1".repeat(40),
        "2".repeat(32)
    );
    let options = ImportOptions { category_scheme: "lab".to_owned(), ..plain() };
    let report = lab.import("x.csv", table, &options).unwrap();
    let library = lab.library();
    let out = |name: &str| lab.folder.path().join(name);
    let exported = library.export(&report.set.digest, ExportFormat::Csv, &out("out.csv")).unwrap();
    assert_eq!(exported, Exported { written: 3, left_out: 0 });
    let other = Lab::new();
    let again = other.import_file(&out("out.csv"), &options).unwrap();
    assert_eq!((again.set.digest, again.tally), (report.set.digest, report.tally));
    let hits = other.library().lookup(&abc(), 3).unwrap();
    assert_eq!(other.library().names(&hits[0]).unwrap(), ["a,\"b\n", " lead"]);
    assert!(
        library.export(&report.set.digest, ExportFormat::Csv, &out("out.csv")).is_err(),
        "never overwritten"
    );

    let exported = library
        .export(&report.set.digest, ExportFormat::Sums(Algorithm::Sha1), &out("out.sha1"))
        .unwrap();
    assert_eq!(exported, Exported { written: 2, left_out: 1 });
    // coreutils understand the list: the file called `a,"b` and a line feed is there, the other is not.
    shell(&lab, "printf abc > $'a,\"b\\n'; sha1sum --check --ignore-missing --strict out.sha1");

    let exported = library.export(&report.set.digest, ExportFormat::Kdb, &out("out.kdb")).unwrap();
    assert_eq!(exported, Exported { written: 2, left_out: 1 });
    let found = Command::new("hfind").arg(out("out.kdb")).arg(ABC_MD5).output().unwrap();
    assert!(!String::from_utf8(found.stdout).unwrap().contains("Not Found"));
}

#[test]
fn what_changed_between_two_versions() {
    let lab = Lab::new();
    let row = |digit: &str, rest: &str| format!("{},{rest}\n", digit.repeat(32));
    let import = |name: &str, rows: &[String]| {
        lab.import(name, "md5,size,disposition\n".to_owned() + &rows.concat(), &plain())
            .unwrap()
            .set
            .digest
    };
    let old = import(
        "old.csv",
        &[
            row("1", "1,known"),
            row("2", "2,known"),
            row("3", "3,known"),
            row("3", "4,known"),
            row("4", "5,known"),
        ],
    );
    let new = import(
        "new.csv",
        &[
            row("2", "2,known"),
            row("3", "4,known"),
            row("4", "5,alert"),
            row("5", "6,known"),
            row("5", "7,known"),
        ],
    );
    let library = lab.library();
    let mut changes = Vec::new();
    let difference = library.diff(&old, &new, &mut |change| changes.push(change)).unwrap();
    assert_eq!(difference, Difference { added: 2, removed: 2, changed: 1, unchanged: 2 });
    let words: Vec<String> = changes
        .iter()
        .map(|change| match change {
            Change::Added(new) => format!("+{}", new.size.unwrap()),
            Change::Removed(old) => format!("-{}", old.size.unwrap()),
            Change::Changed { old, new } => format!("{}>{}", old.disposition, new.disposition),
        })
        .collect();
    assert_eq!(words, ["-1", "-3", "known>alert", "+6", "+7"]);
    let same = library.diff(&new, &new, &mut |change| panic!("{change:?}")).unwrap();
    assert_eq!(same, Difference { unchanged: 5, ..Difference::default() });
}
