//! The ledger: what it records, and that tampering is named.

use rusqlite::Connection;
use serde_json::Value;

use crate::program::Lab;

fn scanned() -> Lab {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    let set = lab.write("bad.csv", b"md5\n0123456789abcdef0123456789abcdef\n");
    let arguments = [
        "scan",
        item.to_str().unwrap(),
        "--case",
        "c",
        "--hash-set",
        set.to_str().unwrap(),
        "--examiner",
        "خديجة",
    ];
    let run = lab.run(&arguments);
    assert_eq!(run.code(), 0, "{}", run.all());
    lab
}

fn entries(lab: &Lab, arguments: &[&str]) -> Vec<Value> {
    let run = lab.run(arguments);
    assert_eq!(run.code(), 0, "{}", run.all());
    run.objects()
}

#[test]
fn a_scan_leaves_the_entries_that_a_court_asks_for() {
    let lab = scanned();
    let case = entries(&lab, &["custody", "show", "c", "--json"]);
    let acts: Vec<&str> = case.iter().map(|entry| entry["body"]["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["case_create", "key_add", "scan_start", "register", "index", "scan_finish"]);
    for entry in &case {
        assert_eq!(entry["body"]["actor"]["name"], "خديجة");
        assert_eq!(entry["body"]["actor"]["declared"], true);
        assert_eq!(entry["body"]["tool"]["name"], "athar");
        assert!(entry["body"]["tool"]["commit"].as_str().unwrap().len() >= 7);
    }
    let start = &case[2]["body"]["fields"];
    assert_eq!(start["sets"], 1);
    assert_eq!(start["set_digests"][0]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(start["analysers"], serde_json::json!([{ "name": "content-type", "version": "2" }]));
    let index = &case[4]["body"]["fields"];
    // sha256sum of 4096 zero bytes
    assert_eq!(
        index["medium_sha256"],
        "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"
    );
    assert_eq!(index["manifest"].as_str().unwrap().len(), 64);
    assert_eq!(case[5]["body"]["fields"]["manifest"].as_str().unwrap(), lab.digest("c"));
    let own = entries(&lab, &["custody", "show", "--json"]);
    let acts: Vec<&str> = own.iter().map(|entry| entry["body"]["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["lab_create", "key_add", "set_import", "case_create", "checkpoint"]);
    assert_eq!(own[3]["body"]["fields"]["first_entry"], case[0]["hash"]);
    // It knows what the case had when the command ended.
    let known = &own[4]["body"]["fields"];
    assert_eq!((&known["size"], &known["head"]), (&6.into(), &case[5]["hash"]));
}

#[test]
fn without_an_examiner_the_user_is_recorded_as_unauthenticated() {
    let lab = Lab::new();
    lab.scan(&lab.write("blank.img", &[0; 512]));
    let case = entries(&lab, &["custody", "show", "c", "--json"]);
    assert_eq!(case[0]["body"]["actor"]["declared"], false);
    assert!(lab.run(&["custody", "show", "c"]).out().contains("(unauthenticated)"));
}

#[test]
fn verify_names_the_first_bad_entry() {
    let lab = scanned();
    let good = lab.run(&["custody", "verify", "c"]);
    assert_eq!(good.code(), 3, "{}", good.all());
    assert!(good.out().starts_with("consistent, proved by nobody outside: "), "{}", good.all());
    let connection = Connection::open(lab.case_file("c")).unwrap();
    let refused = connection.execute("UPDATE custody_entry SET body = body WHERE seq = 3", []);
    assert!(refused.unwrap_err().to_string().contains("never changed"));
    connection
        .execute_batch("DROP TRIGGER custody_entry_update; DROP TRIGGER custody_entry_delete")
        .unwrap();
    connection
        .execute("UPDATE custody_entry SET body = CAST(replace(CAST(body AS TEXT), 'blank.img', 'other.img') AS BLOB) WHERE seq >= 3", [])
        .unwrap();
    drop(connection);
    let bad = lab.run(&["custody", "verify", "c"]);
    assert_eq!(bad.code(), 1, "{}", bad.all());
    assert!(bad.out().contains("NOT VALID") && bad.out().contains("entry 3"), "{}", bad.all());
    let json = lab.run(&["custody", "verify", "c", "--json"]).objects();
    assert_eq!(json[0]["verdict"], "not_valid");
}

#[test]
fn a_missing_entry_in_the_middle_is_named() {
    let lab = scanned();
    let connection = Connection::open(lab.case_file("c")).unwrap();
    connection
        .execute_batch("DROP TRIGGER custody_entry_delete; DELETE FROM custody_entry WHERE seq = 2")
        .unwrap();
    drop(connection);
    let bad = lab.run(&["custody", "verify", "c"]);
    assert_eq!(bad.code(), 1, "{}", bad.all());
    assert!(bad.out().contains('2') && bad.out().contains("NOT VALID"), "{}", bad.all());
}

#[test]
fn every_query_and_every_export_is_recorded() {
    let lab = scanned();
    lab.run(&["find", "c", "--name", "*.jpg", "--examiner", "Youssef"]);
    lab.export("c");
    let case = entries(&lab, &["custody", "show", "c", "--json"]);
    let last: Vec<&str> =
        case[6..].iter().map(|entry| entry["body"]["act"].as_str().unwrap()).collect();
    assert_eq!(last, ["query", "export"]);
    assert_eq!(case[6]["body"]["fields"]["query"], "--name *.jpg");
    assert_eq!(case[6]["body"]["actor"]["name"], "Youssef");
    assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
}

#[test]
fn what_was_handed_out_before_the_reader_went_away_is_recorded() {
    let lab = scanned();
    for arguments in [&["find", "c", "--json"][..], &["export", "c", "--format", "csv"]] {
        let mut child =
            lab.command(arguments).stdout(std::process::Stdio::piped()).spawn().unwrap();
        // As `athar … | head` does once it has seen enough.
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    let case = entries(&lab, &["custody", "show", "c", "--json"]);
    let acts: Vec<&str> =
        case[6..].iter().map(|entry| entry["body"]["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["query", "export"]);
}

#[test]
fn a_newer_layout_of_the_file_is_an_entry_of_the_next_command() {
    let lab = scanned();
    // What the program leaves when it brings an older file up to date.
    let connection = Connection::open(lab.case_file("c")).unwrap();
    connection
        .execute_batch("INSERT INTO property (name, value) VALUES ('migrated_from', '0')")
        .unwrap();
    drop(connection);
    let looked = entries(&lab, &["custody", "show", "c", "--json"]).len();
    lab.run(&["find", "c", "--name", "x"]);
    let case = entries(&lab, &["custody", "show", "c", "--json"]);
    let acts: Vec<&str> =
        case[looked..].iter().map(|entry| entry["body"]["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["query", "schema_migrate"]);
    assert_eq!(case.last().unwrap()["body"]["fields"]["from"], "0");
    let verdict = lab.run(&["custody", "verify", "c", "--json"]).objects().remove(0);
    assert_eq!(
        (&verdict["verdict"], &verdict["signed_up_to"]),
        (&Value::from("consistent"), &verdict["entries"]),
        "{verdict}"
    );
}
