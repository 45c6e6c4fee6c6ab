//! What people write down: typed acts, corrections, personal signatures, long and hostile texts, open actions.

use serde_json::Value;

use crate::forgery;
use crate::program::Lab;
use crate::shared_data::{folder, unpack};

fn scanned() -> Lab {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    lab
}

fn last(lab: &Lab) -> Value {
    lab.done(&["custody", "show", "c", "--json"]).objects().pop().unwrap()
}

#[test]
fn what_an_act_requires_is_named_all_at_once_and_nothing_is_written() {
    let lab = scanned();
    let before = last(&lab);
    let run = lab.run(&["custody", "add", "transfer-out", "c", "--exhibit", "S-1"]);
    assert_eq!(run.code(), 2, "{}", run.all());
    for word in ["--from", "--to", "--method", "--reason"] {
        assert!(run.err().contains(word), "{word}: {}", run.all());
    }
    let wrong_digest = [
        "custody",
        "add",
        "acquire",
        "c",
        "--exhibit",
        "S-1",
        "--source",
        "disk",
        "--write-blocker",
        "T35u",
        "--image",
        "x.E01",
        "--digest",
        "sha256:abcd",
        "--read-errors",
        "none",
    ];
    let run = lab.run(&wrong_digest);
    assert_eq!(run.code(), 2, "{}", run.all());
    assert!(run.err().contains("the whole digest"), "{}", run.all());
    assert_eq!(lab.run(&["custody", "add", "note", "c", "--text", " "]).code(), 1);
    assert_eq!(last(&lab)["seq"], before["seq"]);
}

#[test]
fn an_exhibits_life_is_written_down_act_by_act() {
    let lab = scanned();
    let photo = lab.write("صورة الختم.jpg", b"picture");
    let acts: [&[&str]; 9] = [
        &[
            "receive",
            "--exhibit",
            "S-1",
            "--from",
            "OPJ Amrani, brigade de Fès",
            "--seal-state",
            "intact",
            "--seal",
            "0042",
            "--document",
            photo.to_str().unwrap(),
        ],
        &["seal-check", "--exhibit", "S-1", "--seal", "0042", "--seal-state", "intact"],
        &["unseal", "--exhibit", "S-1", "--seal-before", "0042", "--reason", "acquisition"],
        &["reseal", "--exhibit", "S-1", "--seal-after", "0043"],
        &["check-out", "--exhibit", "S-1", "--to", "ليلى", "--reason", "examination"],
        &["check-in", "--exhibit", "S-1", "--from", "ليلى"],
        &[
            "deviation",
            "--procedure",
            "SOP 4.2",
            "--justification",
            "no second blocker",
            "--approver",
            "chef de laboratoire",
        ],
        &["return", "--exhibit", "S-1", "--to", "greffe"],
        &[
            "destroy",
            "--what",
            "working copy of S-1",
            "--method",
            "overwritten",
            "--approver",
            "juge",
            "--reason",
            "case closed",
        ],
    ];
    for act in acts {
        let mut arguments = vec![
            "custody",
            "add",
            act[0],
            "c",
            "--examiner",
            "ليلى بناني",
            "--place",
            "Casablanca",
        ];
        arguments.extend(&act[1..]);
        lab.done(&arguments);
        let entry = last(&lab);
        assert_eq!(entry["body"]["act"], act[0].replace('-', "_"));
        assert_eq!(entry["body"]["place"], "Casablanca");
        assert_eq!(entry["body"]["actor"]["name"], "ليلى بناني");
    }
    let entries = lab.done(&["custody", "show", "c", "--json"]).objects();
    let receive = entries.iter().find(|entry| entry["body"]["act"] == "receive").unwrap();
    // printf picture | sha256sum
    let document = &receive["body"]["fields"]["documents"][0];
    assert_eq!(document["name"], "صورة الختم.jpg");
    assert_eq!(
        document["sha256"],
        "2cea274d0bedc39ec4ab6ba9e59ec889e3ed6fb56a1cf088a64d9b383378dc97"
    );
    assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
}

#[test]
fn a_correction_names_an_entry_that_is_there_and_changes_nothing() {
    let lab = scanned();
    lab.done(&["custody", "add", "note", "c", "--text", "seal 0024"]);
    let wrong = last(&lab);
    let seq = wrong["seq"].to_string();
    let missing = lab.run(&[
        "custody",
        "add",
        "correct",
        "c",
        "--corrects-seq",
        "999",
        "--text",
        "x",
        "--reason",
        "y",
    ]);
    assert_eq!(missing.code(), 2, "{}", missing.all());
    lab.done(&[
        "custody",
        "add",
        "correct",
        "c",
        "--corrects-seq",
        &seq,
        "--text",
        "seal 0042",
        "--reason",
        "digits swapped",
    ]);
    let entries = lab.done(&["custody", "show", "c", "--json"]).objects();
    assert!(entries.contains(&wrong));
    assert_eq!(entries.last().unwrap()["body"]["fields"]["corrects_seq"], wrong["seq"]);
    // The lab's own ledger takes notes as well.
    lab.done(&["custody", "add", "note", "--text", "new store room"]);
    let own = lab.done(&["custody", "show", "--json"]).objects();
    assert_eq!(own.last().unwrap()["body"]["fields"]["text"], "new store room");
}

#[test]
fn a_personal_signature_is_checked_and_a_revoked_key_signs_nothing() {
    let lab = scanned();
    let key = lab.done(&["key", "new", "--holder", "ليلى بناني", "--json"]).objects().remove(0);
    lab.done(&["custody", "add", "note", "c", "--text", "seen", "--sign-with", "ليلى بناني"]);
    assert!(last(&lab)["signed_by"].as_str().unwrap().contains("ليلى-بناني"));
    let verdict = lab.consistent(&["custody", "verify", "c", "--json"]).objects().remove(0);
    assert_eq!(verdict["personal_signatures"], 1, "{verdict}");
    // A signature moved to another entry does not hold there.
    let connection = rusqlite::Connection::open(lab.case_file("c")).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER custody_entry_update;
             UPDATE custody_entry SET actor_signature = (SELECT actor_signature FROM custody_entry WHERE actor_signature IS NOT NULL) WHERE seq = 3",
        )
        .unwrap();
    drop(connection);
    let forged = lab.run(&["custody", "verify", "c"]);
    assert_eq!(forged.code(), 1, "{}", forged.all());
    assert!(forged.out().contains("personal signature of entry 3"), "{}", forged.all());
    lab.done(&["key", "revoke", key["id"].as_str().unwrap(), "--reason", "left the service"]);
    let refused =
        lab.run(&["custody", "add", "note", "c", "--text", "x", "--sign-with", "ليلى بناني"]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(refused.err().contains("was revoked"), "{}", refused.all());
}

#[test]
fn long_notes_and_hostile_texts_are_kept_whole_and_shown_harmless() {
    let lab = scanned();
    let long = "محضر ".repeat(6_600);
    assert!(long.len() > 59_000 && long.len() < 60_500, "{}", long.len());
    let file = lab.write("note.txt", long.as_bytes());
    lab.done(&["custody", "add", "note", "c", "--text", &format!("@{}", file.display())]);
    assert_eq!(last(&lab)["body"]["fields"]["text"].as_str().unwrap(), long);
    let hostile = "gpj.\u{202e}exe\u{1b}[2J\u{2066}é";
    lab.done(&["custody", "add", "note", "c", "--text", hostile, "--examiner", "a\u{202e}b"]);
    assert_eq!(last(&lab)["body"]["fields"]["text"], hostile);
    let shown = lab.done(&["custody", "show", "c"]).out();
    assert!(!shown.contains(['\u{202e}', '\u{1b}', '\u{2066}']), "shown as it is");
    assert!(
        shown.contains("\\u{202e}exe\\u{1b}[2J\\u{2066}é") && shown.contains("a\\u{202e}b"),
        "{shown}"
    );
    let too_long = lab.write("long.txt", "x".repeat(70_000).as_bytes());
    let refused =
        lab.run(&["custody", "add", "note", "c", "--text", &format!("@{}", too_long.display())]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(refused.err().contains("64512"), "{}", refused.all());
    assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
}

#[test]
fn a_scan_that_was_broken_off_is_shown_open_until_the_next_one_closes_it() {
    let lab = scanned();
    // What a killed program leaves: the start without its end. The chain goes on over it as over any other entry.
    let connection = rusqlite::Connection::open(lab.case_file("c")).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER custody_entry_delete; DELETE FROM custody_checkpoint WHERE seq > 5;
             DELETE FROM custody_entry WHERE seq = (SELECT max(seq) FROM custody_entry)",
        )
        .unwrap();
    // The lab knows the checkpoint of before the scan, in its folder and in its ledger.
    let before: Vec<u8> = connection
        .query_row("SELECT note FROM custody_checkpoint WHERE seq = 2", [], |row| row.get(0))
        .unwrap();
    drop(connection);
    std::fs::write(lab.path().join("checkpoints/cases/c.note"), before).unwrap();
    let own = lab.path().join("ledger.db");
    forgery::keep_acts(&own, &["lab_create", "key_add", "set_import", "case_create"]);
    forgery::sign_anew(&lab, &own, "checkpoints/lab.note");
    let shown = lab.done(&["custody", "show", "c"]).out();
    assert!(shown.contains("OPEN  entry 3: scan_start"), "{shown}");
    let item = lab.beside("blank.img");
    assert_eq!(lab.scan(&item).code(), 0);
    let shown = lab.done(&["custody", "show", "c"]).out();
    assert!(!shown.contains("OPEN"), "{shown}");
    let entries = lab.done(&["custody", "show", "c", "--json"]).objects();
    let closing = entries.iter().find(|entry| entry["body"]["act"] == "scan_interrupted").unwrap();
    assert_eq!(closing["body"]["fields"]["closes_seq"], 3);
}

#[test]
fn what_a_container_claims_stands_in_the_entries_as_claimed() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, "keramics-ext2.E01", &lab.beside("evidence"));
    assert_eq!(lab.scan(&image).code(), 0);
    let digest = format!("md5:{}", "0".repeat(32));
    lab.done(&[
        "custody",
        "add",
        "acquire",
        "c",
        "--exhibit",
        "S-1",
        "--source",
        "disk",
        "--write-blocker",
        "none: software",
        "--image",
        image.to_str().unwrap(),
        "--digest",
        &digest,
        "--read-errors",
        "none",
    ]);
    let entries = lab.done(&["custody", "show", "c", "--json"]).objects();
    for act in ["register", "acquire"] {
        let entry = entries.iter().find(|entry| entry["body"]["act"] == act).unwrap();
        let claims = entry["body"]["fields"]["claimed_by_container"].as_array().unwrap();
        let claim = |field: &str| {
            claims.iter().find(|claim| claim["field"] == field).map(|claim| &claim["value"])
        };
        // ewfinfo: Case number: case, Evidence number: evidence, Examiner name: examiner
        for (field, value) in
            [("case number", "case"), ("evidence number", "evidence"), ("examiner", "examiner")]
        {
            assert_eq!(claim(field), Some(&Value::from(value)), "{act}: {claims:?}");
        }
    }
}
