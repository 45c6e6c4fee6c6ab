//! What people do to a case file, and what finds it out: by the program, on opening and on verifying, and by `verify.py` on an export.

use std::path::{Path, PathBuf};
use std::process::Command;

use custody::{Checkpoint, MerkleBuilder, SignedCheckpoint, SigningKey, chain_hash, leaf_hash};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::forgery;
use crate::program::{Lab, Run};

/// A lab with a case whose ledger has nine entries, the last two about queries.
fn lab() -> Lab {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    lab.done(&["custody", "add", "note", "c", "--text", "premier constat"]);
    lab.done(&["find", "c", "--name", "needle-1"]);
    lab.done(&["find", "c", "--name", "needle-2"]);
    lab
}

fn database(lab: &Lab) -> Connection {
    let connection = Connection::open(lab.case_file("c")).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER custody_entry_update; DROP TRIGGER custody_entry_delete; DROP TRIGGER custody_entry_insert",
        )
        .unwrap();
    connection
}

/// What the lab keeps outside the case file, taken away as well.
fn forget(lab: &Lab) {
    std::fs::remove_file(lab.path().join("checkpoints/cases/c.note")).unwrap();
}

/// The lab's own ledger forged with its key, so that it does not know what the case had.
fn forge_own(lab: &Lab) {
    let own = lab.path().join("ledger.db");
    forgery::keep_acts(&own, &["lab_create", "key_add", "case_create"]);
    forgery::sign_anew(lab, &own, "checkpoints/lab.note");
}

/// The last checkpoint, kept by somebody else.
fn kept(lab: &Lab) -> PathBuf {
    let path = lab.beside("kept.note");
    lab.done(&["custody", "checkpoint", "c", "--out", path.to_str().unwrap()]);
    path
}

fn assert_refused(lab: &Lab, words: &str) {
    for arguments in
        [&["find", "c", "--name", "x"][..], &["custody", "add", "note", "c", "--text", "x"]]
    {
        let run = lab.run(arguments);
        assert_eq!(run.code(), 1, "{arguments:?} {}", run.all());
        assert!(
            run.err().contains(words) && run.err().contains("Nothing was done"),
            "{words}: {}",
            run.all()
        );
    }
}

fn assert_verify_finds(lab: &Lab, more: &[&str], words: &str) {
    let arguments: Vec<&str> = ["custody", "verify", "c"].iter().chain(more).copied().collect();
    let run = lab.run(&arguments);
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(run.out().contains("NOT VALID") && run.out().contains(words), "{words}: {}", run.all());
}

/// Runs the verifier that a careful person has, on an export.
fn python(export: &Path, more: &[&str]) -> Option<(Option<i32>, String)> {
    let verifier =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../custody/src/export/texts/verify.py");
    let output = Command::new("python3").arg(verifier).args(more).arg(export).output();
    match output {
        Ok(output) if output.status.code() != Some(2) => {
            Some((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
        }
        _ => {
            eprintln!("skipped: python3 or openssl is not installed");
            None
        }
    }
}

fn assert_python_finds(export: &Path, more: &[&str], words: &str) {
    let Some((code, printed)) = python(export, more) else { return };
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("WRONG") && printed.contains(words), "{words}:\n{printed}");
}

/// The rows as they are now, as an attacker would export them: an honest export of before with its log replaced and all manifests fitted.
fn forged_export(lab: &Lab, honest: &Path) -> PathBuf {
    let forged = lab.beside("forged");
    let copied = Command::new("cp").arg("-r").arg(honest).arg(&forged).status().unwrap();
    assert!(copied.success());
    let connection = Connection::open(lab.case_file("c")).unwrap();
    let mut statement =
        connection.prepare("SELECT seq, prev, body, hash FROM custody_entry ORDER BY seq").unwrap();
    let lines = statement.query_map([], |row| {
        let (seq, body): (i64, Vec<u8>) = (row.get(0)?, row.get(2)?);
        let (prev, hash): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(3)?);
        let body = String::from_utf8_lossy(&body).into_owned();
        let prev = case_model::to_hex(&prev);
        let hash = case_model::to_hex(&hash);
        Ok(serde_json::json!({ "body": body, "hash": hash, "prev": prev, "seq": seq }).to_string()
            + "\n")
    });
    let log: String = lines.unwrap().map(Result::unwrap).collect();
    std::fs::write(forged.join("data/log.jsonl"), log).unwrap();
    fit_manifest(&forged, "manifest-sha256.txt");
    fit_manifest(&forged, "tagmanifest-sha256.txt");
    std::fs::remove_file(forged.join("tagmanifest-sha256.txt.note")).unwrap();
    forged
}

fn fit_manifest(export: &Path, name: &str) {
    let text = std::fs::read_to_string(export.join(name)).unwrap();
    let fitted: String = text
        .lines()
        .map(|line| {
            let (_, path) = line.split_once("  ").unwrap();
            let digest = Sha256::digest(std::fs::read(export.join(path)).unwrap());
            format!("{}  {path}\n", case_model::to_hex(&digest))
        })
        .collect();
    std::fs::write(export.join(name), fitted).unwrap();
}

fn export(lab: &Lab, name: &str) -> PathBuf {
    let path = lab.beside(name);
    lab.done(&["custody", "export", "c", path.to_str().unwrap()]);
    path
}

/// Recomputes all hashes from an entry on, in rows and bodies, as somebody who knows the format does.
fn rehash(connection: &Connection, from: i64) {
    let count: i64 =
        connection.query_row("SELECT max(seq) FROM custody_entry", [], |row| row.get(0)).unwrap();
    for seq in from..=count {
        let prev: Vec<u8> = match seq {
            1 => vec![0; 32],
            _ => connection
                .query_row("SELECT hash FROM custody_entry WHERE seq = ?1", [seq - 1], |row| {
                    row.get(0)
                })
                .unwrap(),
        };
        let (old, body): (Vec<u8>, Vec<u8>) = connection
            .query_row("SELECT prev, body FROM custody_entry WHERE seq = ?1", [seq], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        let body = String::from_utf8(body)
            .unwrap()
            .replace(&case_model::to_hex(&old), &case_model::to_hex(&prev));
        let hash =
            chain_hash(seq.cast_unsigned(), &prev.clone().try_into().unwrap(), body.as_bytes());
        connection
            .execute(
                "UPDATE custody_entry SET prev = ?2, body = ?3, hash = ?4 WHERE seq = ?1",
                rusqlite::params![seq, prev, body.as_bytes(), hash],
            )
            .unwrap();
    }
}

/// A checkpoint over the rows as they are, by whoever has this key.
fn sign(connection: &Connection, origin: &str, key: &SigningKey) -> SignedCheckpoint {
    let mut statement = connection.prepare("SELECT body FROM custody_entry ORDER BY seq").unwrap();
    let mut tree = MerkleBuilder::new();
    for body in statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap() {
        tree.push(leaf_hash(&body.unwrap()));
    }
    Checkpoint::new(origin, tree.size(), tree.root()).unwrap().sign(key)
}

fn store(connection: &Connection, signed: &SignedCheckpoint) {
    connection
        .execute(
            "INSERT OR REPLACE INTO custody_checkpoint (seq, note) VALUES (?1, ?2)",
            rusqlite::params![
                signed.checkpoint().size().cast_signed(),
                signed.to_string().into_bytes()
            ],
        )
        .unwrap();
}

fn origin(lab: &Lab) -> String {
    let printed: Run = lab.run(&["custody", "verify", "c", "--json"]);
    printed.objects()[0]["origin"].as_str().unwrap().to_owned()
}

fn lab_key(lab: &Lab) -> SigningKey {
    std::fs::read_to_string(lab.path().join("keys/lab.key")).unwrap().trim().parse().unwrap()
}

const CHANGE: &str = "UPDATE custody_entry SET body = CAST(replace(CAST(body AS TEXT), 'premier', 'dernier') AS BLOB) WHERE seq = 7";

#[test]
fn an_edited_row_is_found_and_not_worked_with() {
    let lab = lab();
    let honest = export(&lab, "honest");
    database(&lab).execute(CHANGE, []).unwrap();
    assert_verify_finds(&lab, &[], "entry 7 (row 7): the stored hash is");
    assert_refused(&lab, "does not fit the last checkpoint that the lab kept");
    let refused = lab.run(&["custody", "export", "c", lab.beside("no").to_str().unwrap()]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert_python_finds(&forged_export(&lab, &honest), &[], "entry 7: the stored hash is");
}

#[test]
fn a_flipped_byte_in_the_file_is_found() {
    let lab = lab();
    let honest = export(&lab, "honest");
    let mut bytes = std::fs::read(lab.case_file("c")).unwrap();
    let at = bytes.windows(15).position(|window| window == b"premier constat").unwrap();
    bytes[at] ^= 1;
    std::fs::write(lab.case_file("c"), bytes).unwrap();
    let check = Connection::open(lab.case_file("c")).unwrap();
    let verdict: String = check.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok", "SQLite sees nothing");
    drop(check);
    assert_verify_finds(&lab, &[], "entry 7 (row 7): the stored hash is");
    assert_refused(&lab, "custody ledger does not fit");
    assert_python_finds(&forged_export(&lab, &honest), &[], "entry 7: the stored hash is");
}

#[test]
fn a_tail_that_was_cut_off_is_found_by_the_lab_and_by_whoever_keeps_a_checkpoint() {
    let lab = lab();
    let kept = kept(&lab);
    let kept = kept.to_str().unwrap();
    database(&lab)
        .execute_batch(
            "DELETE FROM custody_entry WHERE seq > 7; DELETE FROM custody_checkpoint WHERE seq > 7",
        )
        .unwrap();
    let words = "the checkpoint covers 9 entries, the record has 7 good ones";
    assert_verify_finds(&lab, &[], words);
    assert_refused(&lab, words);
    // The lab's copy is taken away too: what is left fits in itself, but each of its checkpoints was once kept there.
    forget(&lab);
    let words = "the lab's own copy of the last one is gone";
    assert_verify_finds(&lab, &[], words);
    assert_refused(&lab, words);
    assert_verify_finds(&lab, &["--against", kept], "entries were cut off or changed");
}

/// Exports what is left, through the program, and compares it with the checkpoint that was kept elsewhere.
fn database_export_is_found(lab: &Lab, kept: &str, words: &str) {
    let left = export(lab, "left");
    let sound = lab.run(&["custody", "verify", left.to_str().unwrap()]);
    assert_eq!(sound.code(), 3, "{}", sound.all());
    let found = lab.run(&["custody", "verify", left.to_str().unwrap(), "--against", kept]);
    assert_eq!(found.code(), 1, "{}", found.all());
    assert!(found.out().contains("kept.note"), "{}", found.all());
    assert_python_finds(&left, &["--against", kept], words);
}

#[test]
fn rows_in_another_order_are_found() {
    let lab = lab();
    let honest = export(&lab, "honest");
    database(&lab)
        .execute_batch(
            "UPDATE custody_entry SET seq = 100 WHERE seq = 7; UPDATE custody_entry SET seq = 7 WHERE seq = 8; UPDATE custody_entry SET seq = 8 WHERE seq = 100",
        )
        .unwrap();
    assert_verify_finds(&lab, &[], "entry 7");
    assert_refused(&lab, "custody ledger does not fit");
    assert_python_finds(&forged_export(&lab, &honest), &[], "entry 7:");
}

#[test]
fn a_record_rewritten_with_new_hashes_is_found_by_any_checkpoint() {
    let lab = lab();
    let kept = kept(&lab);
    let honest = export(&lab, "honest");
    let connection = database(&lab);
    connection.execute(CHANGE, []).unwrap();
    rehash(&connection, 7);
    assert_verify_finds(&lab, &[], "the record was rewritten, or somebody was shown another one");
    assert_refused(&lab, "the record was rewritten");
    assert_python_finds(&forged_export(&lab, &honest), &[], "the record was rewritten");
    // With the lab's own key, and with everything else in the lab forged to fit: only the outside knows.
    connection.execute_batch("DELETE FROM custody_checkpoint").unwrap();
    store(&connection, &sign(&connection, &origin(&lab), &lab_key(&lab)));
    drop(connection);
    forget(&lab);
    assert_verify_finds(&lab, &[], "of the lab's ledger (checkpoint) says that its entry");
    forge_own(&lab);
    lab.consistent(&["custody", "verify", "c"]);
    let kept = kept.to_str().unwrap();
    assert_verify_finds(&lab, &["--against", kept], "the record was rewritten");
    database_export_is_found(&lab, kept, "the record was rewritten");
}

#[test]
fn an_older_copy_of_the_case_file_is_refused_until_the_lab_records_why() {
    let lab = lab();
    let kept = kept(&lab);
    let copy = lab.beside("copy.db");
    std::fs::copy(lab.case_file("c"), &copy).unwrap();
    lab.done(&["find", "c", "--name", "needle-3"]);
    std::fs::copy(&copy, lab.case_file("c")).unwrap();
    let words = "the checkpoint covers 10 entries, the record has 9 good ones";
    assert_refused(&lab, words);
    assert_verify_finds(&lab, &[], words);
    let listed = lab.run(&["case", "list"]);
    assert_eq!(listed.code(), 0, "other cases can still be seen: {}", listed.all());
    lab.done(&[
        "custody",
        "restore",
        "c",
        "--from",
        "tape of Friday",
        "--reason",
        "the disk failed",
    ]);
    let entry = lab.done(&["custody", "show", "c", "--json"]).objects().pop().unwrap();
    assert_eq!((entry["seq"].as_u64(), entry["body"]["act"].as_str()), (Some(10), Some("restore")));
    assert_eq!(entry["body"]["fields"]["given_up_entries"], 10);
    let own = lab.done(&["custody", "show", "--json"]).objects();
    assert!(own.iter().any(|entry| entry["body"]["act"] == "restore"));
    lab.done(&["find", "c", "--name", "x"]);
    lab.consistent(&["custody", "verify", "c", "--against", kept.to_str().unwrap()]);
    assert_eq!(
        lab.run(&["custody", "restore", "c", "--from", "x", "--reason", "y"]).code(),
        2,
        "nothing to restore"
    );
    // A case file that is gone is not made anew under its name.
    std::fs::remove_file(lab.case_file("c")).unwrap();
    let gone = lab.scan(&lab.beside("blank.img"));
    assert_eq!(gone.code(), 1, "{}", gone.all());
    assert!(gone.err().contains("its file is gone"), "{}", gone.all());
}

#[test]
fn an_older_copy_of_the_labs_own_ledger_is_refused_and_can_be_restored_on_record() {
    let lab = lab();
    let file = lab.path().join("ledger.db");
    let copy = lab.beside("copy.db");
    std::fs::copy(&file, &copy).unwrap();
    lab.done(&["custody", "add", "note", "--text", "lost later"]);
    std::fs::copy(&copy, &file).unwrap();
    let refused = lab.run(&["custody", "add", "note", "--text", "x"]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(refused.err().contains("the lab's own ledger"), "{}", refused.all());
    assert_eq!(lab.run(&["custody", "verify"]).code(), 1);
    lab.done(&["custody", "restore", "--from", "backup", "--reason", "the disk failed"]);
    lab.done(&["custody", "add", "note", "--text", "x"]);
    lab.consistent(&["custody", "verify"]);
}

#[test]
fn what_a_revoked_key_signs_is_found() {
    let lab = lab();
    let stolen = lab_key(&lab);
    let id = lab.done(&["key", "list", "--json"]).objects()[0]["id"].as_str().unwrap().to_owned();
    lab.done(&["key", "revoke", &id, "--reason", "stolen"]);
    let honest = export(&lab, "honest");
    let origin = origin(&lab);
    let connection = database(&lab);
    connection.execute("UPDATE custody_entry SET body = CAST(replace(CAST(body AS TEXT), 'honest', 'forged') AS BLOB) WHERE seq = 12", []).unwrap();
    rehash(&connection, 12);
    connection.execute_batch("DELETE FROM custody_checkpoint WHERE seq >= 12").unwrap();
    let forged = sign(&connection, &origin, &stolen);
    store(&connection, &forged);
    drop(connection);
    std::fs::write(lab.path().join("checkpoints/cases/c.note"), forged.to_string()).unwrap();
    assert_verify_finds(&lab, &[], "are void from entry 10");
    let export = forged_export(&lab, &honest);
    for entry in std::fs::read_dir(export.join("data/checkpoints")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "note") {
            std::fs::write(path, forged.to_string()).unwrap();
        }
    }
    fit_manifest(&export, "manifest-sha256.txt");
    fit_manifest(&export, "tagmanifest-sha256.txt");
    assert_python_finds(
        &export,
        &[],
        "signed only by a key that does not count at entry 12: revoked",
    );
}

#[test]
fn a_clock_that_was_set_back_is_told() {
    let lab = lab();
    let connection = database(&lab);
    connection
        .execute("UPDATE custody_entry SET body = CAST(replace(CAST(body AS TEXT), '\"start\":\"20', '\"start\":\"19') AS BLOB) WHERE seq = 7", [])
        .unwrap();
    rehash(&connection, 7);
    // Whoever sets the clock of the lab's machine back has its key: the record is signed as always.
    connection.execute_batch("DELETE FROM custody_checkpoint").unwrap();
    store(&connection, &sign(&connection, &origin(&lab), &lab_key(&lab)));
    drop(connection);
    forget(&lab);
    forge_own(&lab);
    let run = lab.consistent(&["custody", "verify", "c"]);
    assert!(
        run.out().contains("entry 7 bears the time 19")
            && run.out().contains("a clock was set back"),
        "{}",
        run.all()
    );
    if let Some((code, printed)) = python(&export(&lab, "dated"), &[]) {
        assert_eq!(code, Some(3), "{printed}");
        assert!(printed.contains("NOTE   entry 7 bears the time 19"), "{printed}");
    }
}

#[test]
fn two_records_shown_to_two_people_are_found_when_their_checkpoints_meet() {
    let court = lab();
    let defence = Lab::new();
    let copied =
        Command::new("cp").arg("-r").arg(court.path()).arg(defence.path()).status().unwrap();
    assert!(copied.success());
    court.done(&["find", "c", "--name", "for the court"]);
    defence.done(&["find", "c", "--name", "for the defence"]);
    let shown = kept(&court);
    assert_eq!(defence.run(&["custody", "verify", "c"]).code(), 3);
    assert_verify_finds(
        &defence,
        &["--against", shown.to_str().unwrap()],
        "somebody was shown another one",
    );
    let export = export(&defence, "export");
    assert_python_finds(
        &export,
        &["--against", shown.to_str().unwrap()],
        "somebody was shown another one",
    );
}

#[test]
fn rows_of_the_index_that_were_changed_are_found_by_the_manifest() {
    let lab = lab();
    let connection = Connection::open(lab.case_file("c")).unwrap();
    connection.execute("UPDATE image SET sha256 = zeroblob(32)", []).unwrap();
    drop(connection);
    assert_verify_finds(&lab, &[], "the index was changed");
}
