//! Hash sets: what is listed is found, by severity; what is not wholly read matches nothing.

use crate::program::{Lab, row};

/// md5sum, sha1sum and sha256sum of "abc".
const ABC_MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
const ABC_SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn hits_of_all_sets_are_kept_and_known_never_hides_notable() {
    let lab = Lab::new();
    let folder = lab.beside("files");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("abc"), b"abc").unwrap();
    std::fs::write(folder.join("empty"), b"").unwrap();
    std::fs::write(folder.join("other"), b"other").unwrap();
    let bad = lab.write(
        "bad.csv",
        format!(
            "md5,name\r\n{},\"a, quoted\"\r\nd41d8cd98f00b204e9800998ecf8427e,empty\r\nnot-a-digest,x\r\n",
            ABC_MD5.to_uppercase()
        )
        .as_bytes(),
    );
    let known = lab.write("known.sha256", format!("{ABC_SHA256}  some/file\n").as_bytes());
    let import = lab.run(&[
        "hash-set",
        "import",
        known.to_str().unwrap(),
        "--disposition",
        "known",
        "--name",
        "clean installs",
    ]);
    assert_eq!(import.code(), 0, "{}", import.all());
    let scan = lab.run(&[
        "scan",
        folder.to_str().unwrap(),
        "--case",
        "c",
        "--hash-set",
        bad.to_str().unwrap(),
    ]);
    assert_eq!(scan.code(), 3, "what was rejected was not looked up: {}", scan.all());
    assert!(scan.out().contains("1 rejected"), "{}", scan.all());
    assert!(scan.out().contains("notable: 1 file in bad"), "{}", scan.all());
    let hits = lab.run(&["find", "c", "--hit", "--json"]).objects();
    assert_eq!(hits.len(), 1, "the empty file is never a hit");
    let severities: Vec<_> = hits[0]["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| {
            (
                hit["severity"].as_str().unwrap(),
                hit["set"].as_str().unwrap(),
                hit["algorithm"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(severities, [("notable", "bad", "md5"), ("known", "clean installs", "sha256")]);
    assert!(row(&lab.export("c"), "/other").get("hits").is_none());
    let list = lab.run(&["hash-set", "list"]).out();
    assert!(list.contains("clean installs") && list.contains("bad"), "{list}");
}

#[test]
fn a_broken_set_registers_nothing_and_the_scan_does_not_start() {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 512]);
    let broken = lab.write("broken.csv", b"name,size\nfile,3\n");
    let scan = lab.run(&[
        "scan",
        item.to_str().unwrap(),
        "--case",
        "c",
        "--hash-set",
        broken.to_str().unwrap(),
    ]);
    assert_eq!(scan.code(), 1, "{}", scan.all());
    assert!(scan.err().contains("broken.csv"), "{}", scan.all());
    assert!(!lab.case_file("c").exists());
    let missing =
        lab.run(&["scan", item.to_str().unwrap(), "--case", "c", "--hash-set", "no-such-set"]);
    assert_eq!(missing.code(), 2, "{}", missing.all());
}
