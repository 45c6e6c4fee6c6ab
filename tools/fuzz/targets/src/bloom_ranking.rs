//! A Bloom filter that somebody else made, taken into a lab's shelf and asked.

use std::fs;

use hash_set::{BloomFilters, BloomRanking, RankingKey, RankingOptions};

use crate::hash_set_file::folder;

/// Keys that are asked for, beside the input itself.
const KEYS: [&[u8]; 3] = [b"", b"A9993E364706816ABA3E25717850C26C9CD0D89D", &[0xff; 300]];

/// The input is the file. What is accepted must come back from the shelf, verify, and give the same answers.
pub(crate) fn run(input: &[u8]) {
    let folder = folder();
    let file = folder.path().join("filter.bloom");
    fs::write(&file, input).expect("a file in the temporary folder");
    let shelf = BloomFilters::new(&folder.path().join("rankings"));
    let _ = BloomRanking::is_recognised(&file);
    let filter = match BloomRanking::open(&file) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(shelf.import(&file, &RankingOptions::default()).is_err());
            assert!(shelf.all().expect("an empty shelf").is_empty());
            return;
        }
    };
    assert!(filter.false_positives_by_its_bits().is_finite());
    assert!(filter.false_positives() > 0.0 && filter.false_positives() < 1.0);
    let (info, added) =
        shelf.import(&file, &RankingOptions::default()).expect("a filter that opens");
    // By digest: shares of false answers come back from their decimal digits, and may differ in the last bit.
    let on_shelf: Vec<[u8; 32]> =
        shelf.all().expect("the shelf").iter().map(|one| one.digest).collect();
    assert!(added && on_shelf == [info.digest]);
    shelf.verify(&info).expect("what was imported does not verify");
    let copy = shelf.open(&info).expect("what was imported does not open");
    for key in KEYS.into_iter().chain([input]) {
        assert_eq!(filter.may_contain(key), copy.may_contain(key));
        for case in ["sha1", "sha1-upper"] {
            let case = RankingKey::from_key(case).expect("a key");
            assert_eq!(filter.may_list(case, key), copy.may_list(case, key));
        }
    }
    shelf.remove(&info).expect("what was imported cannot be removed");
    assert!(shelf.all().expect("an empty shelf").is_empty());
}
