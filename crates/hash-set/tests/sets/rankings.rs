//! Bloom filters made by flor, DCSO's own Python program, and the shelf that keeps them apart from the sets.

use crate::support;

use std::fs;
use std::process::Command;

use case_model::from_hex;
use hash_set::{BloomFilters, BloomRanking, RankingError, RankingInfo, RankingKey, RankingOptions};
use support::*;

/// Made with flor 1.1.3: 12 keys at 0.001; entered: SHA-1 of `abc`, `abd`, `abe` in upper case.
const SMALL: &str = "01000000000000000c00000000000000fca9f1d24d62503f0a00000000000000ac0000000000000003000000000000000110000018120008080764415030c40c0214010400000000";

/// 20,000 SHA-1 in upper case, and as many SHA-256 in lower case, of the numbers from 0 on, one answer in a hundred false; data behind the bits.
const FLOR: &str = r#"python3 - <<'EOF'
import hashlib
from flor import BloomFilter
upper, lower = BloomFilter(n=20000, p=0.01, data=b"anything"), BloomFilter(n=20000, p=0.01)
for number in range(20000):
    upper.add(hashlib.sha1(str(number).encode()).hexdigest().upper().encode())
    lower.add(hashlib.sha256(str(number).encode()).hexdigest().encode())
with open("upper.bloom", "wb") as file: upper.write(file)
with open("lower.bloom", "wb") as file: lower.write(file)
EOF"#;

fn flor_is_there() -> bool {
    let there = Command::new("python3")
        .args(["-c", "import flor"])
        .output()
        .is_ok_and(|run| run.status.success());
    if !there {
        println!("skipped: flor is not there (pip install flor)");
    }
    there
}

#[test]
fn every_key_that_flor_entered_is_listed_and_others_as_rarely_as_is_said() {
    if !flor_is_there() {
        return;
    }
    let lab = Lab::new();
    shell(&lab, FLOR);
    let script = |program: &str| {
        let all = format!(
            "import hashlib\nfor n in range(60000): print(hashlib.{program}(str(n).encode()).hexdigest())"
        );
        let run = Command::new("python3").args(["-c", &all]).output().unwrap();
        let text = String::from_utf8(run.stdout).unwrap();
        text.lines().map(|line| from_hex(line).unwrap()).collect::<Vec<_>>()
    };
    for (file, key, program) in
        [("upper.bloom", "sha1-upper", "sha1"), ("lower.bloom", "sha256", "sha256")]
    {
        let path = lab.folder.path().join(file);
        assert!(BloomRanking::is_recognised(&path));
        let filter = BloomRanking::open(&path).unwrap();
        // flor does not count a key that answers 'maybe' when it is entered.
        assert!((19_900..=20_000).contains(&filter.entered()));
        let key = RankingKey::from_key(key).unwrap();
        let all = script(program);
        assert!(all[..20_000].iter().all(|digest| filter.may_list(key, digest)), "{file}");
        let wrong = all[20_000..].iter().filter(|digest| filter.may_list(key, digest)).count();
        // 400 expected of 40,000; four standard deviations are 80.
        let expected = filter.false_positives_by_its_bits() * 40_000.0;
        assert!((expected - 400.0).abs() < 40.0, "{file}: {expected}");
        assert!(
            (wrong as f64 - expected).abs() < 80.0,
            "{file}: {wrong} of 40,000, expected {expected}"
        );
    }
}

#[test]
fn a_filter_is_kept_with_what_is_known_of_it_and_apart_from_the_sets() {
    let lab = Lab::new();
    let path = lab.file("circl.bloom", from_hex(SMALL).unwrap());
    let shelf = BloomFilters::new(&lab.folder.path().join("rankings"));
    assert!(shelf.all().unwrap().is_empty());
    let member = |hex: &str| RankingOptions {
        member: Some(from_hex(hex).unwrap()),
        ..RankingOptions::default()
    };
    let refused = shelf.import(&path, &member(&"00".repeat(20))).unwrap_err();
    assert!(matches!(refused, RankingError::Member { .. }), "{refused}");
    assert!(shelf.all().unwrap().is_empty(), "what is refused is not registered");
    let (info, added) = shelf.import(&path, &member(ABC_SHA1)).unwrap();
    assert!(added && info.name == "circl" && info.entered == 3);
    assert!((info.false_positives_planned - 0.001).abs() < 1e-9 && info.false_positives < 0.001);
    assert!(
        !shelf.import(&path, &RankingOptions::default()).unwrap().1,
        "a second time adds nothing"
    );
    let told = |info: &RankingInfo| (info.digest, info.name.clone(), info.key, info.source.clone());
    assert_eq!(shelf.all().unwrap().iter().map(told).collect::<Vec<_>>(), [told(&info)]);
    assert_eq!(told(&shelf.find("circl").unwrap()), told(&info));
    assert!(matches!(shelf.find("other"), Err(RankingError::NotOne { count: 0, .. })));
    assert!(shelf.open(&info).unwrap().may_list(info.key, &from_hex(ABC_SHA1).unwrap()));
    assert!(lab.library().sets().is_empty() && lab.library().lookup(&abc(), 3).unwrap().is_empty());
    shelf.verify(&info).unwrap();
    let kept = lab
        .folder
        .path()
        .join("rankings")
        .join(format!("{}.bloom", &case_model::to_hex(&info.digest)[..32]));
    let mut bytes = fs::read(&kept).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&kept, bytes).unwrap();
    assert!(matches!(shelf.verify(&info), Err(RankingError::Damaged { .. })));
    shelf.remove(&info).unwrap();
    assert!(shelf.all().unwrap().is_empty() && !kept.exists());
}

#[test]
fn a_filter_that_was_cut_off_is_recognised_and_refused_with_its_lengths() {
    let lab = Lab::new();
    let bytes = from_hex(SMALL).unwrap();
    let path = lab.file("cut.bloom", &bytes[..60]);
    assert!(BloomRanking::is_recognised(&path));
    let shelf = BloomFilters::new(&lab.folder.path().join("rankings"));
    let error = shelf.import(&path, &RankingOptions::default()).unwrap_err().to_string();
    assert!(error.ends_with("cut off: 60 bytes, by its header there should be 72"), "{error}");
    assert!(shelf.all().unwrap().is_empty());
    for other in [&b"HASH\r\n\xff\0"[..], b"SQLite format 3\0", b"", &[0; 100], ABC_MD5.as_bytes()]
    {
        assert!(!BloomRanking::is_recognised(&lab.file("other", other)));
    }
}
