//! Hash sets that are damaged, cut off or hostile: a clear message with its place, exit 1, nothing registered.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use faults::{Gate, Shim};

use crate::hash_set::{ABC_MD5, ABC_SHA1, import};
use crate::program::Lab;

/// Nothing is registered, nothing is left, and only the lab's creation and its key stand in its ledger.
fn nothing_happened(lab: &Lab, what: &str) {
    assert_eq!(lab.run(&["hash-set", "list", "--json"]).out(), "", "{what}");
    let folder = lab.path().join("hash-sets");
    let left: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(left.is_empty(), "{what}: {left:?}");
    let ledger = lab.run(&["custody", "show", "--json"]).objects();
    assert!(
        ledger.iter().all(
            |entry| ["lab_create", "key_add"].contains(&entry["body"]["act"].as_str().unwrap())
        ),
        "{what}: {ledger:?}"
    );
}

#[test]
fn every_bad_file_is_refused_with_its_place() {
    let utf16 = |text: &str| {
        [b"\xff\xfe".to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat()
    };
    let mut encase = b"HASH\r\n\xff\0\x02\0\0\0\x01\0\0\0\x09\0\0\0".to_vec();
    encase.resize(1152, 0);
    encase.extend([1; 18]);
    let long = [b"md5,name\n".to_vec(), vec![b'a'; 3 << 20]].concat();
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        (
            "cut.json",
            format!("{{\"odata.metadata\":\"u\",\"value\":[{{\"MediaID\":1,\"MD5\":\"{ABC_MD5}\"")
                .into_bytes(),
            &["cut.json", "line 0"],
        ),
        ("long.csv", long, &["line 2 (byte 9)", "1048576 bytes"]),
        ("count.hash", encase, &["cut off", "1314"]),
        (
            "mixed.txt",
            format!("{ABC_MD5}\n{ABC_SHA1}\n").into_bytes(),
            &["line 2 (byte 33)", "40 digits", "MD5"],
        ),
        (
            "untold.txt",
            format!("{}\n", "1".repeat(64)).into_bytes(),
            &["line 1 (byte 0)", "name the algorithm"],
        ),
        ("none.csv", b"name,size\na,3\n".to_vec(), &["none.csv"]),
        (
            "quote.csv",
            format!("md5,name\n{ABC_MD5},\"never ends\n").into_bytes(),
            &["line 2 (byte 9)", "quoted"],
        ),
        (
            "utf16.csv",
            utf16("md5,name\r\nnot-a-digest,x\r\n"),
            &["line 2", "not a hexadecimal digest"],
        ),
        ("zip.csv", b"PK\x03\x04rest".to_vec(), &["ZIP", "unpack"]),
        ("empty.txt", Vec::new(), &["empty.txt"]),
        ("cut.db", b"SQLite format 3\0\x10\0".to_vec(), &["cut off"]),
        (
            "noise.bin",
            (0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect(),
            &["noise.bin"],
        ),
    ];
    for (name, content, expected) in cases {
        let lab = Lab::new();
        let run = import(&lab, name, &content, &[]);
        assert_eq!(run.code(), 1, "{name}: {}", run.all());
        for text in expected {
            assert!(run.err().contains(text), "{name}: {text:?} is missing in {}", run.all());
        }
        nothing_happened(&lab, name);
    }
}

#[test]
fn line_ends_marks_and_encodings_do_not_matter() {
    let lab = Lab::new();
    let utf16 = |text: &str| {
        [b"\xfe\xff".to_vec(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()].concat()
    };
    let table = |end: &str| format!("md5,name{end}{ABC_MD5},\"صورة, \"\"x\"\"\"{end}");
    let mut digests = std::collections::BTreeSet::new();
    for content in [
        table("\n").into_bytes(),
        table("\r\n").into_bytes(),
        format!("\u{feff}{}", table("\n")).into_bytes(),
        utf16(&table("\r\n")),
    ] {
        let run = import(&lab, "t.csv", &content, &["--json"]);
        assert_eq!(run.code(), 0, "{}", run.all());
        digests.insert(run.objects()[0]["digest"].to_string());
    }
    assert_eq!(digests.len(), 1);
}

#[test]
fn a_line_of_ten_gigabytes_ends_the_import_at_once_with_little_memory() {
    let lab = Lab::new();
    // So many lines that the format is told before the endless one begins.
    let lines = format!("{ABC_MD5}\n").repeat(4000);
    let path = lab.write("endless.txt", lines.as_bytes());
    // A hole: ten gigabytes without one on the disk.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(10 << 30).unwrap();
    let run = import_limited(&lab, path.to_str().unwrap());
    assert_eq!(run.0, Some(1), "{}", run.1);
    assert!(
        run.1.contains("line 4001 (byte 132000): no end of line within 1048576 bytes"),
        "{}",
        run.1
    );
    nothing_happened(&lab, "endless");
}

/// Imports with 2 GiB of address space.
fn import_limited(lab: &Lab, path: &str) -> (Option<i32>, String) {
    let mut command = Command::new("bash");
    command.args(["-c", "ulimit -v 2097152; exec \"$0\" \"$@\""]).arg(env!("CARGO_BIN_EXE_athar"));
    command.arg("--lab").arg(lab.path()).args(["hash-set", "import", path]);
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_killed_import_registers_nothing_and_the_next_one_takes_its_files_away() {
    let lab = Lab::new();
    lab.run(&["hash-set", "import", lab.write("first.txt", ABC_SHA1.as_bytes()).to_str().unwrap()]);
    let folder = lab.path().join("hash-sets");
    let unfinished = || {
        let names = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(".unfinished-")).count()
    };
    let list: String = (0..200_000_u32).map(|n| format!("{:032x}\n", u128::from(n) + 1)).collect();
    let path = lab.write("big.txt", list.as_bytes());
    // Killed where it reads the last of its six megabytes.
    let shim = Shim::build().unwrap();
    let gate = Gate::new(lab.beside("gate"));
    let mut command =
        lab.command(&["hash-set", "import", path.to_str().unwrap(), "--memory", "1M"]);
    shim.wait_at(&mut command, &path.canonicalize().unwrap(), 6 << 20, &gate);
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    gate.wait_for(&mut child).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(unfinished(), 1, "the import was killed at its work");
    let list = lab.run(&["hash-set", "list", "--json"]).objects();
    assert_eq!(list.len(), 1, "nothing of it is registered");
    let acts = lab.run(&["custody", "show", "--json"]).objects();
    assert_eq!(acts.iter().filter(|entry| entry["body"]["act"] == "set_import").count(), 1);
    let next = lab.run(&["hash-set", "import", path.to_str().unwrap()]);
    assert_eq!(next.code(), 0, "{}", next.all());
    assert!(
        next.out().contains("1 unfinished import of earlier runs was taken away"),
        "{}",
        next.all()
    );
    assert_eq!(unfinished(), 0);
    assert_eq!(lab.run(&["hash-set", "verify"]).code(), 0);
}
