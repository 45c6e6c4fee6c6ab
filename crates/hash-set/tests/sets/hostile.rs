//! Damaged and hostile files of every format: no panic, no leftovers, and either a set that verifies or a reason.
use crate::support;

use hash_set::{Format, ImportOptions};
use support::*;

/// A small file of every text and binary format.
fn seeds() -> Vec<(Format, Vec<u8>)> {
    let upper = ABC_MD5.to_uppercase();
    let mut encase = b"HASH\r\n\xff\0\x02\0\0\0\x01\0\0\0\x01\0\0\0".to_vec();
    encase.resize(1152, 0);
    encase.extend(case_model::from_hex(ABC_MD5).unwrap());
    encase.extend([0, 0]);
    let text = |format, text: String| (format, text.into_bytes());
    vec![
        (Format::EnCase, encase),
        text(
            Format::CsvTable,
            format!("md5,\"na\"\"me\",size,category\n{ABC_MD5},\"a,b\nc\",3,x\n"),
        ),
        text(Format::DigestList, format!("# c\n{ABC_MD5}\n{ABC_MD5} # d\n")),
        text(Format::Sums, format!("\\{ABC_MD5}  a\\\\b\nMD5 (x) = {ABC_MD5}\n")),
        text(Format::SumsZero, format!("{ABC_MD5}  a\0{ABC_MD5}  b\0")),
        text(
            Format::Hashdeep,
            format!("%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n## c\n3,{ABC_MD5},/a,b\n"),
        ),
        text(Format::Md5Deep, format!("         3  {ABC_MD5}  /a\n")),
        text(
            Format::NsrlRdsV2,
            format!(
                "\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\",\"SpecialCode\"\n\"{ABC_SHA1}\",\"{upper}\",\"00000000\",\"a\",3,1,\"WIN\",\"\"\n"
            ),
        ),
        text(
            Format::NsrlRdsV1_5,
            format!(
                "\"SHA-1\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\",\"MD4\",\"MD5\",\"CRC32\",\"SpecialCode\"\n\"{ABC_SHA1}\",\"a\",3,1,\"WIN\",\"{upper}\",\"{upper}\",\"00000000\",\"\"\n"
            ),
        ),
        text(
            Format::HashKeeper,
            format!(
                "\"file_id\",\"hashset_id\",\"file_name\",\"directory\",\"hash\",\"file_size\",\"date_modified\"\n1,2,\"a\",,\"{upper}\",3,\n"
            ),
        ),
        text(
            Format::ILook,
            format!(
                "V3Hash,HashSHA1,FileName,FilePath,FileSize,HashSHA256\n{upper},{ABC_SHA1},a,b,\\,3,\n"
            ),
        ),
        text(Format::XWays, format!("MD5\n{upper}\n")),
        text(
            Format::InterpolIcse,
            format!("MD5;SHA1;PhotoDNA;Image ID;Victim identified;Baseline\n{upper};;;1;y;n\n"),
        ),
        text(
            Format::ProjectVic,
            format!(
                "{{\"odata.metadata\":\"u\",\"value\":[{{\"MediaID\":1,\"Category\":1,\"MD5\":\"{upper}\",\"MediaFiles\":[{{\"FileName\":\"a\"}}],\"AlternativeHashes\":[{{\"HashName\":\"SHA1\",\"HashValue\":\"{ABC_SHA1}\"}}]}}]}}"
            ),
        ),
        text(
            Format::Misp,
            format!(
                "{{\"Event\":{{\"info\":\"i\",\"Attribute\":[{{\"type\":\"filename|md5\",\"value\":\"a|{ABC_MD5}\",\"to_ids\":true}}],\"Object\":[{{\"name\":\"file\",\"Attribute\":[{{\"type\":\"md5\",\"value\":\"{ABC_MD5}\",\"to_ids\":true}}]}}]}}}}"
            ),
        ),
        text(
            Format::Stix,
            format!(
                "{{\"type\":\"bundle\",\"objects\":[{{\"type\":\"indicator\",\"id\":\"i\",\"pattern_type\":\"stix\",\"pattern\":\"[file:hashes.MD5 = '{ABC_MD5}']\"}}]}}"
            ),
        ),
    ]
}

/// Changes, cuts, repeats; the same on every machine.
fn damaged(seed: &[u8], round: u64) -> Vec<u8> {
    let mut state = round.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below.max(1)
    };
    let mut bytes = seed.to_vec();
    for _ in 0..=random(4) {
        let at = random(bytes.len());
        match random(5) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => {
                bytes[at] = b"\0\n\r\",;|\\[]{}:'\xff\xfe#=( )%a0"[random(24)]
            }
            2 => drop(bytes.splice(at..at, b"\"\xc3\x28\n\\".iter().copied())),
            3 => bytes.extend_from_within(at..),
            _ if !bytes.is_empty() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    bytes
}

#[test]
fn every_format_is_recognised_and_survives_damage() {
    for (format, seed) in seeds() {
        let lab = Lab::new();
        let report = lab
            .import("seed", &seed, &ImportOptions::default())
            .unwrap_or_else(|error| panic!("{format}: {error}"));
        assert_eq!(report.set.format, format);
        for round in 0..40 {
            let bytes = damaged(&seed, round);
            // Half of the time the caller insists on the format, so that its reader sees what recognition would refuse.
            let named = (round % 2 == 0).then_some(format);
            let _ = lab.import(
                "damaged",
                &bytes,
                &ImportOptions { format: named, ..ImportOptions::default() },
            );
        }
        assert!(lab.leftovers().is_empty(), "{format}");
        assert!(lab.library().verify(&mut |_| {}).is_empty(), "{format}");
    }
}

#[test]
fn every_reader_refuses_every_other_format_or_reads_it_without_panic() {
    let lab = Lab::new();
    let mut random = vec![0_u8; 5000];
    random
        .iter_mut()
        .enumerate()
        .for_each(|(at, byte)| *byte = u8::try_from(at * 7919 % 251).unwrap());
    let mut contents: Vec<Vec<u8>> = seeds().into_iter().map(|(_, seed)| seed).collect();
    contents.extend([
        Vec::new(),
        random,
        b"SQLite format 3\0".to_vec(),
        vec![0; 5000],
        b"\xef\xbb\xbf".to_vec(),
        b"\xff\xfe".to_vec(),
    ]);
    for &format in Format::ALL {
        for content in &contents {
            let _ = lab.import(
                "any",
                content,
                &ImportOptions { format: Some(format), ..ImportOptions::default() },
            );
        }
    }
    assert!(lab.leftovers().is_empty());
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let lab = Lab::new();
    shell(&lab, "mkfifo pipe");
    let error =
        lab.import_file(&lab.folder.path().join("pipe"), &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().ends_with("not a regular file"), "{error}");
    assert!(
        lab.import_file(&lab.folder.path().join("missing"), &ImportOptions::default()).is_err()
    );
    assert!(lab.leftovers().is_empty() && lab.library().sets().is_empty());
}

#[test]
fn one_digest_in_thousands_of_entries_is_refused_not_answered_with_thousands_of_hits() {
    let lab = Lab::new();
    let rows: String = (1..=300).map(|size| format!("{ABC_MD5},{size}\n")).collect();
    let error =
        lab.import("x.csv", format!("md5,size\n{rows}"), &ImportOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("MD5 {ABC_MD5} stands in more than 256 different entries")
    );
    let rows: String = (1..=300).map(|name| format!("{ABC_MD5},{name}\n")).collect();
    let report =
        lab.import("y.csv", format!("md5,name\n{rows}"), &ImportOptions::default()).unwrap();
    assert_eq!(report.notes[0].to_string(), "235 further names of entries left out");
}
