//! What somebody does who can write a lab's folder and knows the formats: rows rewritten with new hashes, checkpoints taken away, signed anew
//! with a stolen key. Own code of the tests.

use std::path::Path;

use case_model::to_hex;
use custody::{
    Checkpoint, Json, MerkleBuilder, SignedNote, SigningKey, canonical_bytes, chain_hash,
    leaf_hash, parse_canonical,
};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::program::Lab;

type Rows = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Opens a database with its triggers taken away; [`put_back`] restores them.
fn without_triggers(path: &Path) -> (Connection, Vec<String>) {
    let connection = Connection::open(path).unwrap();
    let mut statement =
        connection.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").unwrap();
    let triggers: Vec<(String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    drop(statement);
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    (connection, triggers.into_iter().map(|(_, sql)| sql).collect())
}

fn put_back(connection: &Connection, triggers: &[String]) {
    triggers.iter().for_each(|trigger| connection.execute_batch(trigger).unwrap());
}

fn rows(connection: &Connection) -> Rows {
    let mut statement =
        connection.prepare("SELECT body, actor_signature FROM custody_entry ORDER BY seq").unwrap();
    statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// Writes the bodies as a ledger from the first entry on: numbers, hashes and places fitted.
fn write(connection: &Connection, rows: Rows) {
    connection.execute("DELETE FROM custody_entry", []).unwrap();
    let mut prev = [0; 32];
    for (seq, (body, signature)) in (1_u64..).zip(rows) {
        let Json::Object(mut members) = parse_canonical(&body).unwrap() else {
            panic!("a body is an object")
        };
        members.insert("prev".to_owned(), Json::from(to_hex(&prev)));
        members.insert("seq".to_owned(), Json::from(seq));
        let body = canonical_bytes(&Json::Object(members)).unwrap();
        let hash = chain_hash(seq, &prev, &body);
        connection
            .execute(
                "INSERT INTO custody_entry (seq, prev, body, hash, actor_signature) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![seq.cast_signed(), prev, body, hash, signature],
            )
            .unwrap();
        prev = hash;
    }
}

/// Makes every entry say something else.
pub(crate) fn rewrite(path: &Path, from: &str, to: &str) {
    let (connection, triggers) = without_triggers(path);
    let changed = rows(&connection).into_iter().map(|(body, signature)| {
        (String::from_utf8(body).unwrap().replace(from, to).into_bytes(), signature)
    });
    write(&connection, changed.collect());
    put_back(&connection, &triggers);
}

/// Takes away all entries but those of these acts.
pub(crate) fn keep_acts(path: &Path, acts: &[&str]) {
    let (connection, triggers) = without_triggers(path);
    let beginnings: Vec<String> = acts.iter().map(|act| format!("{{\"act\":\"{act}\"")).collect();
    let mut left = rows(&connection);
    left.retain(|(body, _)| {
        beginnings.iter().any(|beginning| body.starts_with(beginning.as_bytes()))
    });
    write(&connection, left);
    put_back(&connection, &triggers);
}

/// Takes away the last entries and the checkpoints that cover them.
pub(crate) fn cut_off(path: &Path, count: i64) {
    let (connection, triggers) = without_triggers(path);
    let last: i64 =
        connection.query_row("SELECT max(seq) FROM custody_entry", [], |row| row.get(0)).unwrap();
    for table in ["custody_entry", "custody_checkpoint"] {
        connection.execute(&format!("DELETE FROM {table} WHERE seq > ?1"), [last - count]).unwrap();
    }
    put_back(&connection, &triggers);
}

pub(crate) fn drop_checkpoints(path: &Path) {
    Connection::open(path).unwrap().execute("DELETE FROM custody_checkpoint", []).unwrap();
}

/// The number of checkpoints in a ledger.
pub(crate) fn checkpoints(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection.query_row("SELECT count(*) FROM custody_checkpoint", [], |row| row.get(0)).unwrap()
}

fn key(lab: &Lab) -> SigningKey {
    std::fs::read_to_string(lab.path().join("keys/lab.key")).unwrap().trim().parse().unwrap()
}

/// Signs the entries as they are with the lab's key, in the file and in the lab's folder.
pub(crate) fn sign_anew(lab: &Lab, path: &Path, note: &str) {
    drop_checkpoints(path);
    let connection = Connection::open(path).unwrap();
    let note = lab.path().join(note);
    let before = std::fs::read_to_string(&note).unwrap();
    let origin = before.lines().next().unwrap();
    let mut tree = MerkleBuilder::new();
    rows(&connection).iter().for_each(|(body, _)| tree.push(leaf_hash(body)));
    let signed = Checkpoint::new(origin, tree.size(), tree.root()).unwrap().sign(&key(lab));
    connection
        .execute(
            "INSERT INTO custody_checkpoint (seq, note) VALUES (?1, ?2)",
            params![tree.size().cast_signed(), signed.to_string().into_bytes()],
        )
        .unwrap();
    std::fs::write(note, signed.to_string()).unwrap();
}

/// Fits the manifests of an export to the files that are there.
pub(crate) fn fit_manifests(export: &Path) {
    for name in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
        let text = std::fs::read_to_string(export.join(name)).unwrap();
        let paths = text.lines().filter_map(|line| line.split_once("  ")).map(|(_, path)| path);
        let there = paths.filter(|path| export.join(path).exists());
        let lines = there.map(|path| {
            format!(
                "{}  {path}\n",
                to_hex(&Sha256::digest(std::fs::read(export.join(path)).unwrap()))
            )
        });
        let fitted: String = lines.collect();
        std::fs::write(export.join(name), fitted).unwrap();
    }
}

/// Signs an export as a whole with the lab's key.
pub(crate) fn seal_anew(lab: &Lab, export: &Path) {
    let info = std::fs::read_to_string(export.join("bag-info.txt")).unwrap();
    let origin = info.lines().find_map(|line| line.strip_prefix("External-Identifier: ")).unwrap();
    let digest = Sha256::digest(std::fs::read(export.join("tagmanifest-sha256.txt")).unwrap());
    let mut seal =
        SignedNote::new(&format!("athar-custody-export/v1\n{origin}\n{}\n", to_hex(&digest)))
            .unwrap();
    seal.sign(&key(lab));
    std::fs::write(export.join("tagmanifest-sha256.txt.note"), seal.to_string()).unwrap();
}
