//! What leaves the lab and what comes back: proofs, witnesses, time stamps, exports, and what other programs say of them.

use std::path::Path;
use std::process::{Command, Output};

use crate::program::Lab;

fn scanned() -> Lab {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    lab.done(&["key", "export", "--out", lab.beside("lab.vkey").to_str().unwrap()]);
    lab
}

fn beside(lab: &Lab, name: &str) -> String {
    lab.beside(name).to_str().unwrap().to_owned()
}

/// Runs another program; `None` (said) when it is not installed.
fn other(folder: &Path, program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(output) => Some(output),
        Err(_) => {
            eprintln!("skipped: {program} is not installed");
            None
        }
    }
}

#[test]
fn a_proof_of_one_entry_holds_alone_and_only_for_it() {
    let lab = scanned();
    let proof = beside(&lab, "p.tlog-proof");
    let key = beside(&lab, "lab.vkey");
    lab.done(&["custody", "prove", "c", "4", "--out", &proof]);
    let elsewhere = Lab::new();
    let run = elsewhere.done(&["custody", "verify", &proof, "--key", &key, "--json"]);
    assert_eq!(
        (&run.objects()[0]["entry"], &run.objects()[0]["body"]["act"]),
        (&4.into(), &"register".into())
    );
    assert_eq!(elsewhere.run(&["custody", "verify", &proof]).code(), 2, "a key must be given");
    let text = std::fs::read_to_string(&proof).unwrap();
    std::fs::write(&proof, text.replace("index 3", "index 4")).unwrap();
    let run = elsewhere.run(&["custody", "verify", &proof, "--key", &key]);
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(run.err().contains("NOT VALID"), "{}", run.all());
    assert_eq!(lab.run(&["custody", "prove", "c", "99"]).code(), 2);
}

#[test]
fn a_witness_signs_what_continues_and_refuses_what_does_not() {
    let lab = scanned();
    let key = beside(&lab, "court.key");
    let seen = beside(&lab, "seen");
    Lab::new().done(&[
        "key",
        "new",
        "--role",
        "witness",
        "--holder",
        "court.example/witness",
        "--out",
        &key,
    ]);
    lab.done(&[
        "key",
        "add",
        &beside(&lab, "court.vkey"),
        "--role",
        "witness",
        "--holder",
        "parquet",
    ]);
    let witness = |request: &str, reply: &str, more: &[&str]| {
        let arguments =
            ["custody", "witness", "sign", request, "--key", &key, "--seen", &seen, "--out", reply];
        Lab::new().run(&arguments.iter().chain(more).copied().collect::<Vec<_>>())
    };
    lab.done(&["find", "c", "--name", "x"]);
    let copy = beside(&lab, "older");
    assert!(Command::new("cp").arg("-r").arg(lab.path()).arg(&copy).status().unwrap().success());
    let first = beside(&lab, "r1");
    let reply = beside(&lab, "s1");
    lab.done(&["custody", "witness", "request", "c", "--out", &first]);
    let unknown = witness(&first, &reply, &[]);
    assert_eq!(unknown.code(), 1, "{}", unknown.all());
    assert!(unknown.err().contains("--log-key"), "{}", unknown.all());
    assert_eq!(witness(&first, &reply, &["--log-key", &beside(&lab, "lab.vkey")]).code(), 0);
    lab.done(&["custody", "witness", "import", &reply, "c"]);
    let verdict = lab.consistent(&["custody", "verify", "c", "--json"]).objects().remove(0);
    assert_eq!(verdict["witnessed_up_to"], verdict["entries"]);
    // The next request proves that it continues the first.
    lab.done(&["find", "c", "--name", "y"]);
    let second = beside(&lab, "r2");
    let reply = beside(&lab, "s2");
    lab.done(&["custody", "witness", "request", "c", "--out", &second]);
    assert!(
        std::fs::read_to_string(&second)
            .unwrap()
            .starts_with(&format!("old {}\n", verdict["entries"]))
    );
    assert_eq!(witness(&second, &reply, &[]).code(), 0);
    // That signature got lost on its way: the lab asks from where the witness is.
    lab.done(&["find", "c", "--name", "z"]);
    let again = beside(&lab, "r2b");
    let reply = beside(&lab, "s2b");
    lab.done(&["custody", "witness", "request", "c", "--out", &again]);
    let refused = witness(&again, &reply, &[]);
    assert!(refused.err().contains("signed 9 last"), "{}", refused.all());
    lab.done(&[
        "custody",
        "witness",
        "request",
        "c",
        "--out",
        &beside(&lab, "r2c"),
        "--since",
        "9",
    ]);
    assert_eq!(witness(&beside(&lab, "r2c"), &reply, &[]).code(), 0);
    // Another record of the same name, by the true key: the older lab goes its own way.
    let forked = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_athar"));
        command.arg("--lab").arg(&copy).args(arguments).env_remove("ATHAR_LAB").output().unwrap()
    };
    for name in ["1", "2", "3", "4"] {
        assert!(forked(&["find", "c", "--name", name]).status.success());
    }
    let third = beside(&lab, "r3");
    assert!(forked(&["custody", "witness", "request", "c", "--out", &third]).status.success());
    let refused = witness(&third, &beside(&lab, "s3"), &[]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(
        refused.err().contains("signed 10 last") && !lab.beside("s3").exists(),
        "{}",
        refused.all()
    );
    let fourth = beside(&lab, "r4");
    assert!(
        forked(&["custody", "witness", "request", "c", "--out", &fourth, "--since", "10"])
            .status
            .success()
    );
    let refused = witness(&fourth, &beside(&lab, "s4"), &[]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(refused.err().contains("does not continue the earlier one"), "{}", refused.all());
}

#[test]
fn a_time_stamp_of_openssl_is_taken_in_and_verified_by_openssl() {
    let lab = scanned();
    let folder = lab.beside("tsa");
    std::fs::create_dir(&folder).unwrap();
    let script = "set -e
        openssl ecparam -name prime256v1 -genkey -noout -out ca.key
        openssl req -x509 -new -key ca.key -subj '/CN=CA' -days 30 -out ca.pem
        openssl ecparam -name prime256v1 -genkey -noout -out tsa.key
        openssl req -new -key tsa.key -subj '/CN=TSA' -out tsa.csr
        printf 'extendedKeyUsage=critical,timeStamping\\n' > ext
        openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -days 30 -out tsa.pem
        printf '[t]\\nserial=serial\\ndefault_policy=1.2.3.4\\ndigests=sha256\\nsigner_digest=sha256\\nsigner_cert=tsa.pem\\nsigner_key=tsa.key\\ncerts=ca.pem\\n' > cnf
        echo 01 > serial";
    let made = other(&folder, "sh", &["-c", script]).unwrap();
    if !made.status.success() {
        eprintln!("skipped: openssl makes no authority: {}", String::from_utf8_lossy(&made.stderr));
        return;
    }
    let request = beside(&lab, "q.tsq");
    let token = beside(&lab, "r.tsr");
    lab.done(&["custody", "timestamp", "c", "--request", &request]);
    let asked = other(&folder, "openssl", &["ts", "-query", "-in", &request, "-text"]).unwrap();
    assert!(String::from_utf8_lossy(&asked.stdout).contains("Hash Algorithm: sha256"), "{asked:?}");
    let arguments =
        ["ts", "-reply", "-config", "cnf", "-section", "t", "-queryfile", &request, "-out", &token];
    assert!(other(&folder, "openssl", &arguments).unwrap().status.success());
    let lab_ledger = lab.run(&["custody", "timestamp", "--token", &token]);
    assert_eq!(
        lab_ledger.code(),
        1,
        "it stamps no checkpoint of the lab's own ledger: {}",
        lab_ledger.all()
    );
    lab.done(&["custody", "timestamp", "c", "--token", &token]);
    let verdict = lab.consistent(&["custody", "verify", "c", "--json"]).objects().remove(0);
    assert_eq!(verdict["time_stamps"].as_array().unwrap().len(), 1, "{verdict}");
    let export = lab.beside("export");
    lab.done(&["custody", "export", "c", export.to_str().unwrap()]);
    let authority = folder.join("ca.pem");
    let Some(done) =
        other(&export, "python3", &["verify.py", "--tsa-ca", authority.to_str().unwrap()])
    else {
        return;
    };
    let printed = String::from_utf8_lossy(&done.stdout);
    // The stamp covers the entries of before it, and the export has one more.
    assert_eq!(done.status.code(), Some(3), "{printed}");
    assert!(
        printed.contains("1 time stamp,")
            && printed.contains("under a time stamp of the authority"),
        "{printed}"
    );
    // A certificate of somebody else: openssl says no.
    let other_ca = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout k -subj '/CN=CA' -days 3 -out other.pem";
    assert!(other(&folder, "sh", &["-c", other_ca]).unwrap().status.success());
    let stranger = folder.join("other.pem");
    let done =
        other(&export, "python3", &["verify.py", "--tsa-ca", stranger.to_str().unwrap()]).unwrap();
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stdout));
    // A token of another text.
    let connection = rusqlite::Connection::open(lab.case_file("c")).unwrap();
    connection
        .execute_batch(
            "UPDATE custody_checkpoint SET timestamp_token = (SELECT timestamp_token FROM custody_checkpoint WHERE timestamp_token IS NOT NULL)",
        )
        .unwrap();
    drop(connection);
    let moved = lab.run(&["custody", "verify", "c"]);
    assert_eq!(moved.code(), 1, "{}", moved.all());
    assert!(moved.out().contains("the time stamp is of other bytes"), "{}", moved.all());
}

#[test]
fn an_export_verifies_everywhere_as_a_folder_and_as_a_zip_file() {
    let lab = scanned();
    lab.done(&["key", "new", "--holder", "ليلى"]);
    lab.done(&["custody", "add", "note", "c", "--text", "constat", "--sign-with", "ليلى"]);
    let folder = lab.beside("export");
    let zip = beside(&lab, "export.zip");
    let key = beside(&lab, "lab.vkey");
    let shown = folder.to_str().unwrap();
    lab.done(&["custody", "export", "c", shown, "--authority", "réquisition:PG/2026/77"]);
    lab.done(&["custody", "export", "c", &zip]);
    assert_eq!(lab.run(&["custody", "export", "c", &zip]).code(), 2, "nothing is overwritten");
    let elsewhere = Lab::new();
    for export in [shown, &zip] {
        let verdict = elsewhere
            .done(&["custody", "verify", export, "--key", &key, "--json"])
            .objects()
            .remove(0);
        assert_eq!(verdict["verdict"], "proved", "{verdict}");
        assert_eq!(
            (&verdict["sealed"], &verdict["sealed_by_given_key"]),
            (&true.into(), &true.into()),
            "{verdict}"
        );
        assert_eq!(verdict["content_named_by"], verdict["entries"], "{verdict}");
        assert_eq!(verdict["signed_up_to_by_given_keys"], verdict["entries"]);
        assert_eq!(verdict["personal_signatures"], 1);
    }
    let last = lab.done(&["custody", "show", "c", "--json"]).objects().pop().unwrap();
    assert_eq!(last["body"]["act"], "export_log");
    if let Some(done) = other(&folder, "python3", &["verify.py", "--key", &key]) {
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    }
    if let Some(done) = other(
        &folder,
        "sha256sum",
        &["-c", "--quiet", "manifest-sha256.txt", "tagmanifest-sha256.txt"],
    ) {
        assert!(done.status.success(), "{done:?}");
    }
    if let Some(done) = other(&folder, "unzip", &["-q", "-t", &zip]) {
        assert!(done.status.success(), "{done:?}");
    }
    // The exit code decides: a misspelt class prints "Conforms: True".
    if let Some(done) = other(&folder, "case_validate", &["data/case.jsonld"]) {
        assert_eq!(done.status.code(), Some(0), "{done:?}");
    }
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/dfxml/dfxml.xsd");
    if !schema.exists() {
        eprintln!("skipped: {} is not there", schema.display());
    } else if let Some(done) = other(
        &folder,
        "xmllint",
        &["--nonet", "--noout", "--schema", schema.to_str().unwrap(), "data/files/001.dfxml"],
    ) {
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    std::fs::write(folder.join("data/added.txt"), "later").unwrap();
    let changed = elsewhere.run(&["custody", "verify", shown]);
    assert_eq!(changed.code(), 1, "{}", changed.all());
    assert!(changed.out().contains("it was added later"), "{}", changed.all());
}

#[test]
fn a_camera_reads_the_checkpoint_from_what_is_printed() {
    let lab = scanned();
    let printed = lab.done(&["custody", "checkpoint", "c", "--qr"]).out();
    let note = lab.done(&["custody", "checkpoint", "c", "--json"]).objects()[0]["note"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(printed.contains("root") && printed.contains("fingerprint"), "{printed}");
    // Half blocks as a picture: each character two modules, each module four pixels.
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| line.chars().all(|c| matches!(c, ' ' | '▀' | '▄' | '█')))
        .collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| line.chars().count() > 20).collect();
    let width = lines[0].chars().count() * 4;
    let mut picture = format!("P5 {width} {} 255\n", lines.len() * 8).into_bytes();
    for line in &lines {
        for upper in [true, false] {
            let row: Vec<u8> = line
                .chars()
                .flat_map(|c| {
                    [if c == '█' || c == if upper { '▀' } else { '▄' } { 0 } else { 255 }; 4]
                })
                .collect();
            picture.extend(row.repeat(4));
        }
    }
    std::fs::write(lab.beside("slip.pgm"), picture).unwrap();
    let folder = lab.beside(".");
    // Only the code that is there: now and then the modules of one look like a bar code of another kind as well.
    let only = ["-Sdisable", "-Sqrcode.enable", "-Sbinary"];
    let Some(read) = other(
        &folder,
        "zbarimg",
        &[&["--quiet", "--raw", "--oneshot"][..], &only, &["slip.pgm"]].concat(),
    ) else {
        return;
    };
    assert_eq!(String::from_utf8_lossy(&read.stdout), note, "{read:?}");
    std::fs::write(lab.beside("from-paper.note"), &read.stdout).unwrap();
    lab.done(&["find", "c", "--name", "x"]);
    // The paper covers everything but the question of after it.
    let verdict = lab
        .consistent(&[
            "custody",
            "verify",
            "c",
            "--against",
            &beside(&lab, "from-paper.note"),
            "--json",
        ])
        .objects()
        .remove(0);
    assert_eq!(verdict["checkpoints_kept_outside"], 2);
    assert_eq!(verdict["proved_up_to"].as_u64().unwrap() + 1, verdict["entries"].as_u64().unwrap());
}
