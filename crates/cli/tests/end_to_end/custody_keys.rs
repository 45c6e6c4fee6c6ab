//! Keys: made on first need, private, revoked everywhere, locked with a passphrase.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::program::Lab;

fn scanned() -> Lab {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    lab
}

fn verified(lab: &Lab, case: &str) -> Value {
    lab.run(&["custody", "verify", case, "--json"]).objects().remove(0)
}

#[test]
fn the_lab_key_is_made_on_first_need_private_and_named_in_both_ledgers() {
    let lab = scanned();
    let key = lab.path().join("keys/lab.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let listed = lab.done(&["key", "list", "--json"]).objects();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["role"], "log");
    // The secret never leaves its file: the public key stands in the ledger.
    let secret = std::fs::read_to_string(&key).unwrap();
    let show = lab.done(&["custody", "show", "c", "--json", "--verbose"]).out();
    assert!(show.contains(listed[0]["key"].as_str().unwrap()));
    assert!(!show.contains(secret.trim().splitn(5, '+').last().unwrap()));
    let verdict = verified(&lab, "c");
    assert_eq!(verdict["verdict"], "consistent", "{verdict}");
    assert_eq!(verdict["signed_up_to"], verdict["entries"]);
    assert_eq!(verdict["keys"][0]["fingerprint"], listed[0]["fingerprint"]);
    let exported = lab.done(&["key", "export"]).out();
    assert_eq!(exported.trim(), listed[0]["key"]);
    assert!(lab.done(&["key", "export", "--form", "pem"]).out().contains("BEGIN PUBLIC KEY"));
    assert!(
        lab.done(&["key", "export", "--form", "ssh"])
            .out()
            .contains("namespaces=\"custody-checkpoint\"")
    );
}

#[test]
fn a_revoked_lab_key_has_a_successor_in_every_ledger_and_signs_nothing_any_more() {
    let lab = scanned();
    let old = lab.done(&["key", "list", "--json"]).objects().remove(0);
    let stolen = std::fs::read_to_string(lab.path().join("keys/lab.key")).unwrap();
    let id = old["id"].as_str().unwrap();
    assert_eq!(lab.run(&["key", "revoke", id]).code(), 2, "a reason is required");
    lab.done(&["key", "revoke", id, "--reason", "the machine was stolen"]);
    let keys = lab.done(&["key", "list", "--json"]).objects();
    assert_eq!(keys.len(), 2);
    assert!(keys[0]["revoked_by"].is_u64() && keys[1]["revoked_by"].is_null(), "{keys:?}");
    assert_ne!(std::fs::read_to_string(lab.path().join("keys/lab.key")).unwrap(), stolen);
    assert_eq!(lab.run(&["key", "revoke", id, "--reason", "again"]).code(), 2);
    let verdict = verified(&lab, "c");
    assert_eq!(verdict["verdict"], "consistent", "older checkpoints stay valid: {verdict}");
    assert_eq!(verdict["keys"].as_array().unwrap().len(), 2);
    assert!(verdict["keys"][0]["void_from"].is_u64());
    lab.done(&["find", "c", "--name", "x"]);
    assert_eq!(verified(&lab, "c")["signed_up_to"], verdict["entries"].as_u64().unwrap() + 1);
    // The old key put back: it is not the one that the ledger names, and nothing is signed with it.
    std::fs::write(lab.path().join("keys/lab.key"), stolen).unwrap();
    let run = lab.run(&["find", "c", "--name", "x"]);
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(run.err().contains("not signed") && run.err().contains("another key"), "{}", run.all());
}

#[test]
fn a_locked_key_says_how_it_is_unlocked_and_the_entry_stands_meanwhile() {
    let lab = scanned();
    let words = lab.write("words", "كلمة السر\n".as_bytes());
    let words = words.to_str().unwrap();
    lab.done(&["key", "lock", "--new-passphrase-file", words]);
    let key = std::fs::read_to_string(lab.path().join("keys/lab.key")).unwrap();
    assert!(key.starts_with("athar-key/1\n"), "{key}");
    let before = verified(&lab, "c")["entries"].as_u64().unwrap();
    let run = Lab::without_terminal(lab.command(&["find", "c", "--name", "x"]));
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(
        run.err().contains("--passphrase-file") && run.err().contains("not signed"),
        "{}",
        run.all()
    );
    let verdict = verified(&lab, "c");
    assert_eq!(verdict["entries"], before + 1);
    assert_eq!(verdict["signed_up_to"], before);
    // Whoever can write the file could have written that entry: it is signed after somebody looked at it.
    let run = lab.run(&["find", "c", "--name", "x", "--passphrase-file", words]);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.err().contains("athar custody adopt c"), "{}", run.all());
    assert_eq!(verified(&lab, "c")["signed_up_to"], before);
    lab.done(&[
        "custody",
        "adopt",
        "c",
        "--reason",
        "no passphrase at hand",
        "--passphrase-file",
        words,
    ]);
    assert_eq!(verified(&lab, "c")["signed_up_to"], before + 3);
    let wrong = lab.write("wrong", b"other\n");
    let run =
        lab.run(&["custody", "checkpoint", "c", "--passphrase-file", wrong.to_str().unwrap()]);
    assert_eq!(run.code(), 0, "nothing new is to be signed: {}", run.all());
    let run = lab.run(&["find", "c", "--name", "x", "--passphrase-file", wrong.to_str().unwrap()]);
    assert!(run.err().contains("passphrase is wrong"), "{}", run.all());
}

#[test]
fn a_lost_key_file_is_said_and_never_replaced_silently() {
    let lab = scanned();
    std::fs::remove_file(lab.path().join("keys/lab.key")).unwrap();
    let run = lab.run(&["find", "c", "--name", "x"]);
    assert!(
        run.err().contains("lab.key is gone") && run.err().contains("athar key revoke"),
        "{}",
        run.all()
    );
    assert!(!lab.path().join("keys/lab.key").exists());
    let id = lab.done(&["key", "list", "--json"]).objects()[0]["id"].as_str().unwrap().to_owned();
    // The new key signs the revocation, and what nobody signed meanwhile once somebody looked at it.
    let revoked = lab.run(&["key", "revoke", &id, "--reason", "lost with the disk"]);
    assert_eq!(revoked.code(), 3, "{}", revoked.all());
    lab.done(&["custody", "adopt", "c", "--reason", "written while the key was lost"]);
    let verdict = verified(&lab, "c");
    assert_eq!(verdict["verdict"], "consistent", "{verdict}");
    assert_eq!(verdict["signed_up_to"], verdict["entries"]);
}
