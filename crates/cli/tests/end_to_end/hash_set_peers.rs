//! Hash sets beside independent programs: hfind and hashdeep find the same files; every public sample is taken in.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::program::{Lab, row};

/// Runs a script in `folder`; `None` when a program that it needs is missing.
fn shell(folder: &Path, needs: &[&str], script: &str) -> Option<String> {
    for program in needs {
        let there = Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output()
            .unwrap()
            .status
            .success();
        if !there {
            eprintln!("skipped: {program} is not there");
            return None;
        }
    }
    let output = Command::new("bash").arg("-ec").arg(script).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Paths of a case that sets list, by the set's name.
fn listed(lab: &Lab, set: &str) -> BTreeSet<String> {
    let rows = lab.run(&["find", "c", "--hit", "--json"]).objects();
    let of_set = |row: &&serde_json::Value| {
        row["hits"].as_array().unwrap().iter().any(|hit| hit["set"] == set)
    };
    rows.iter()
        .filter(of_set)
        .map(|row| row["path"].as_str().unwrap().trim_start_matches('/').to_owned())
        .collect()
}

#[test]
fn hfind_and_hashdeep_list_the_same_files_as_the_program() {
    let lab = Lab::new();
    let folder = lab.beside("f");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..400 {
        std::fs::write(folder.join(number.to_string()), format!("file {number}")).unwrap();
    }
    std::fs::write(folder.join("empty"), b"").unwrap();
    let script = "md5sum f/1?? > known.md5; (cd f; md5sum *) > all.md5; hfind -i md5sum known.md5 > /dev/null
        hashdeep -c md5,sha256 f/2?? > known.hashdeep
        hashdeep -m -k known.hashdeep -r f | sed 's/.*f.//'";
    let Some(hashdeep) = shell(&lab.beside(""), &["hfind", "hashdeep"], script) else { return };
    let audit =
        shell(&lab.beside(""), &[], "hashdeep -a -v -k known.hashdeep f/2?? 2>&1 || true").unwrap();
    let found = "cut -c1-32 all.md5 > asked; hfind -f asked known.md5 | paste -d' ' - all.md5 | grep -v 'Hash Not Found' | sed 's/.*  //'";
    let hfind = shell(&lab.beside(""), &[], found).unwrap();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    lab.run(&["scan", folder.to_str().unwrap(), "--case", "c"]);
    for file in ["known.md5", "known.hashdeep"] {
        let name = file.rsplit('.').next().unwrap();
        let path = lab.beside(file);
        let run = lab.run(&["hash-set", "import", path.to_str().unwrap(), "--name", name]);
        assert_eq!(run.code(), 0, "{}", run.all());
        let run = lab.run(&["match", "--hash-set", name, "--case", "c"]);
        assert_eq!(run.code(), 0, "{}", run.all());
    }
    assert_eq!(lines(&hfind).len(), 100);
    assert_eq!(listed(&lab, "md5"), lines(&hfind));
    assert_eq!(listed(&lab, "hashdeep"), lines(&hashdeep));
    assert!(audit.contains("Audit passed"), "{audit}");
    // One of the listed files is exchanged: hashdeep's audit fails, and a scan lists one file less.
    std::fs::write(folder.join("250"), b"exchanged").unwrap();
    let audit =
        shell(&lab.beside(""), &[], "hashdeep -a -v -k known.hashdeep f/2?? 2>&1 || true").unwrap();
    assert!(audit.contains("Audit failed"), "{audit}");
    let before = listed(&lab, "hashdeep");
    let lab_2 = Lab::new();
    lab_2.run(&[
        "hash-set",
        "import",
        lab.beside("known.hashdeep").to_str().unwrap(),
        "--name",
        "hashdeep",
    ]);
    lab_2.run(&["scan", folder.to_str().unwrap(), "--case", "c"]);
    let gone: Vec<_> = before.difference(&listed(&lab_2, "hashdeep")).cloned().collect();
    assert_eq!(gone, ["250"]);
}

#[test]
fn a_set_written_for_the_sleuth_kit_is_read_by_it() {
    let lab = Lab::new();
    let folder = lab.beside("f");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a"), b"abc").unwrap();
    let Some(_) = shell(&lab.beside(""), &["hfind", "md5sum"], "(cd f; md5sum a) > known.md5")
    else {
        return;
    };
    lab.run(&["hash-set", "import", lab.beside("known.md5").to_str().unwrap()]);
    let to = lab.beside("known.kdb");
    let run =
        lab.run(&["hash-set", "export", "known", "--format", "kdb", "--to", to.to_str().unwrap()]);
    assert_eq!(run.code(), 0, "{}", run.all());
    let answers = "hfind known.kdb 900150983cd24fb0d6963f7d28e17f72; hfind known.kdb 11111111111111111111111111111111";
    let answers = shell(&lab.beside(""), &[], answers).unwrap();
    let lines: Vec<_> = answers.lines().collect();
    assert!(
        lines[0].starts_with("900150983cd24fb0d6963f7d28e17f72") && !lines[0].contains("Not Found"),
        "{answers}"
    );
    assert!(lines[1].contains("Hash Not Found"), "{answers}");
    let sums = lab.beside("known.sums");
    lab.run(&["hash-set", "export", "known", "--format", "sums", "--to", sums.to_str().unwrap()]);
    let checked = shell(&lab.beside("f"), &[], "md5sum --check --strict ../known.sums").unwrap();
    assert_eq!(checked, "a: OK\n");
}

#[test]
fn public_samples_of_many_formats_are_taken_in_by_content() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hash-sets");
    if !samples.is_dir() {
        eprintln!("skipped: no samples in {}", samples.display());
        return;
    }
    for (file, format, entries) in [
        ("NSRL-2.0.txt", "nsrl-rdsv2", None),
        ("NSRL-1.5.txt", "nsrl-rdsv1.5", None),
        ("Z00236.hsh", "hashkeeper", None),
        ("ilookv3.hsh", "ilook", None),
        ("ilookv4.hsh", "ilook", None),
        ("hashdeep.txt", "hashdeep", None),
        ("md5deep.txt", "sums", None),
        ("md5deep-size.txt", "md5deep", None),
        ("testmd5.dat", "sums", Some(count_digests(&samples.join("testmd5.dat")))),
    ] {
        let lab = Lab::new();
        let path = samples.join(file);
        let run =
            lab.run(&["hash-set", "import", path.to_str().unwrap(), "--name", file, "--json"]);
        assert_eq!(run.code(), 0, "{file}: {}", run.all());
        let set = run.objects().pop().unwrap();
        assert_eq!(set["format"], format, "{file}");
        if let Some(entries) = entries {
            assert_eq!(set["entries"], entries, "{file}");
        }
        // What is written as a table comes back as the same set.
        let to = lab.beside(&format!("{file}.csv"));
        let digest = set["digest"].as_str().unwrap();
        let written = lab.run(&[
            "hash-set",
            "export",
            digest,
            "--format",
            "csv",
            "--to",
            to.to_str().unwrap(),
        ]);
        assert_eq!(written.code(), 0, "{file}: {}", written.all());
        let back = Lab::new().run(&["hash-set", "import", to.to_str().unwrap(), "--json"]);
        assert_eq!(back.objects()[0]["digest"], set["digest"], "{file}: {}", back.all());
        assert_eq!(lab.run(&["hash-set", "verify"]).code(), 0);
    }
}

/// Different MD5 digests other than the empty file's, counted by grep and sort.
fn count_digests(path: &Path) -> u64 {
    let script = format!(
        "grep -oiE '[0-9a-f]{{32}}' '{}' | tr A-F a-f | grep -v d41d8cd98f00b204e9800998ecf8427e | sort -u | wc -l",
        path.display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn a_folder_that_b3sum_like_lists_describe_is_found_by_its_strongest_digest() {
    let lab = Lab::new();
    let folder = lab.beside("f");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a"), b"abc").unwrap();
    lab.run(&["scan", folder.to_str().unwrap(), "--case", "c"]);
    let rows = lab.export("c");
    let sha256 = row(&rows, "/a")["sha256"].as_str().unwrap();
    let list = lab.write("list.txt", format!("SHA256 (a) = {sha256}\n").as_bytes());
    lab.run(&["hash-set", "import", list.to_str().unwrap()]);
    lab.run(&["match", "--hash-set", "list", "--case", "c"]);
    assert_eq!(listed(&lab, "list"), BTreeSet::from(["a".to_owned()]));
}
