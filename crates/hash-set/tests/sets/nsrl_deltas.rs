//! NSRL RDSv3 deltas: other people's SQL, applied to a copy, and its result compared.
use crate::support;

use std::fs;

use case_model::Algorithm;
use hash_set::{ImportError, ImportOptions, Stage};
use support::*;

fn plain() -> ImportOptions {
    ImportOptions::default()
}

fn delta(lab: &Lab, sql: &str) -> ImportOptions {
    ImportOptions { deltas: vec![lab.file("delta.sql", sql)], ..plain() }
}

#[test]
fn a_delta_changes_a_copy_and_not_the_base() {
    let lab = Lab::new();
    shell(&lab, MINIMAL);
    let base = lab.folder.path().join("rds.db");
    let before = fs::read(&base).unwrap();
    let sql = format!(
        "-- delta; 'with quotes'\nBEGIN TRANSACTION;\nDELETE FROM FILE WHERE file_name = 'c.dll';\n\
         INSERT INTO FILE VALUES ('{}','','','','semi;colon''s\nname', 7, 1); INSERT INTO VERSION VALUES\n\
         ('2026.06.1','modern_minimal','2026-05-01','2026-06-01','d');\n/* end; */ COMMIT;\n-- done",
        "11".repeat(32)
    );
    let report = lab.import_file(&base, &delta(&lab, &sql)).unwrap();
    assert_eq!((report.tally.entries, report.set.version.as_str()), (3, "2026.06.1"));
    assert_eq!(report.set.companions[0].name, "delta.sql");
    assert_eq!(fs::read(&base).unwrap(), before);
    let library = lab.library();
    assert!(library.lookup(&sums_of("both"), 4).unwrap().is_empty());
    let hits = library.lookup(&digests(&[&"11".repeat(32)]), 7).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Sha256, "known", "full", "semi;colon's\nname")]);
    assert!(library.verify(&mut |_| {}).is_empty() && lab.leftovers().is_empty());
}

#[test]
fn the_copy_of_a_long_base_tells_how_far_it_is() {
    let lab = Lab::new();
    shell(&lab, MINIMAL);
    shell(
        &lab,
        "sqlite3 rds.db 'CREATE TABLE long (b); INSERT INTO long VALUES (zeroblob(9 << 20))'",
    );
    let base = lab.folder.path().join("rds.db");
    let bytes = base.metadata().unwrap().len();
    let mut stages = Vec::new();
    let mut copied = Vec::new();
    let options = delta(&lab, "DELETE FROM FILE WHERE file_name = 'c.dll';");
    let report = lab.library().import(&base, &options, &mut |progress| {
        stages.push(progress.stage);
        if progress.stage == Stage::Copying {
            assert_eq!(progress.total, bytes);
            copied.push(progress.done);
        }
    });
    assert_eq!(report.unwrap().tally.entries, 2);
    // Before anything else, more than once, always forward, and to the end.
    assert_eq!(stages[..copied.len()], vec![Stage::Copying; copied.len()]);
    assert!(copied.len() > 2 && copied.is_sorted_by(|one, next| one < next), "{copied:?}");
    assert_eq!(copied.last(), Some(&bytes));
    let mut without = Vec::new();
    let plain = lab.library().import(&base, &plain(), &mut |progress| without.push(progress.stage));
    assert!(plain.is_ok() && !without.contains(&Stage::Copying));
}

#[test]
fn a_delta_may_do_nothing_but_change_rows() {
    let lab = Lab::new();
    shell(&lab, MINIMAL);
    let base = lab.folder.path().join("rds.db");
    let stolen = lab.folder.path().join("stolen.db");
    let hostile = [
        format!("ATTACH '{}' AS x;", stolen.display()),
        format!("VACUUM INTO '{}';", stolen.display()),
        "PRAGMA writable_schema = ON;".to_owned(),
        "DROP TABLE FILE;".to_owned(),
        "CREATE TABLE x (y);".to_owned(),
        "CREATE TRIGGER t AFTER INSERT ON FILE BEGIN DELETE FROM FILE; END;".to_owned(),
        "INSERT INTO FILE SELECT readfile('/etc/passwd'),'','','','',1,1;".to_owned(),
        "UPDATE FILE SET file_name = hex(randomblob(1000000000));".to_owned(),
        "INSERT INTO VERSION SELECT name, sql, 1, 1, 1 FROM sqlite_master;".to_owned(),
        "SELECT load_extension('/tmp/x.so');".to_owned(),
        "SAVEPOINT a;".to_owned(),
        "ROLLBACK;".to_owned(),
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) INSERT INTO MFG SELECT x, '' FROM c;".to_owned(),
    ];
    for sql in hostile {
        let error =
            lab.import_file(&base, &delta(&lab, &format!("DELETE FROM MFG;\n{sql}"))).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, ImportError::Delta(_)), "{sql}: {message}");
        assert!(message.contains("delta.sql: line 2 (byte 17): "), "{message}");
    }
    assert!(!stolen.exists());
    let error = lab.import_file(&base, &delta(&lab, "BEGIN; DELETE FROM MFG;\n")).unwrap_err();
    assert!(matches!(error, ImportError::DeltaUnfinished { .. }), "{error}");
    let error = lab
        .import_file(&base, &delta(&lab, "DELETE FROM MFG;\nINSERT INTO MFG VALUES (1, 'cut o"))
        .unwrap_err();
    assert!(matches!(error, ImportError::Delta(_)), "{error}");
    let error = lab.import("a.txt", ABC_MD5, &delta(&lab, "")).unwrap_err();
    assert!(matches!(error, ImportError::DeltasNotApplicable { .. }), "{error}");
    assert!(lab.library().sets().is_empty() && lab.leftovers().is_empty());
}

#[test]
fn a_delta_that_would_multiply_rows_without_end_is_stopped() {
    let lab = Lab::new();
    shell(&lab, MINIMAL);
    let base = lab.folder.path().join("rds.db");
    for sql in [
        "INSERT INTO PKG SELECT a.* FROM PKG a, PKG b;",
        "DELETE FROM MFG WHERE name IN (SELECT a.name FROM PKG a, PKG b);",
    ] {
        let error = lab.import_file(&base, &delta(&lab, sql)).unwrap_err().to_string();
        assert!(
            error.contains("line 1 (byte 0)")
                && (error.contains("prohibited") || error.contains("not authorized")),
            "{sql}: {error}"
        );
    }
    // Rows one by one, and several at once, are what deltas are made of.
    let sql = "INSERT INTO MFG VALUES (1, 'x'), (2, 'y'), (3, 'z');\nUPDATE MFG SET name = 'a' WHERE manufacturer_id = 2;";
    assert_eq!(lab.import_file(&base, &delta(&lab, sql)).unwrap().tally.entries, 3);
    assert!(lab.leftovers().is_empty());
}

/// What SQLite's `dbhash` prints, computed by Python from its definition.
const DBHASH: &str = r#"python3 - <<'EOF' > dbhash
import hashlib, sqlite3, struct
db = sqlite3.connect("after.db")
db.text_factory = bytes
h = hashlib.sha1()
def rows(query):
    for row in db.execute(query):
        for v in row:
            if v is None: h.update(b"0")
            elif isinstance(v, int): h.update(b"1" + struct.pack(">q", v))
            elif isinstance(v, float): h.update(b"2" + struct.pack(">d", v))
            else: h.update(b"3" + v)
names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name COLLATE nocase").fetchall()
for (name,) in names: rows('SELECT * FROM "%s"' % name.decode())
rows("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name COLLATE nocase")
print(h.hexdigest(), end="")
EOF"#;

#[test]
fn the_result_of_deltas_is_compared_with_the_hash_that_the_publisher_gives() {
    let lab = Lab::new();
    shell(&lab, MINIMAL);
    let base = lab.folder.path().join("rds.db");
    let sql = "BEGIN; DELETE FROM FILE WHERE file_name = 'c.dll'; INSERT INTO MFG VALUES (77, 'x'); COMMIT;\n";
    let options = delta(&lab, sql);
    shell(&lab, "cp rds.db after.db; sqlite3 after.db < delta.sql");
    shell(&lab, DBHASH);
    let hash = fs::read_to_string(lab.folder.path().join("dbhash")).unwrap();
    let said = case_model::from_hex(&hash).unwrap().try_into().ok();
    let report =
        lab.import_file(&base, &ImportOptions { database_hash: said, ..options.clone() }).unwrap();
    assert!(
        report.notes.contains(&hash_set::ImportNote::DatabaseHashAgrees { hash }),
        "{:?}",
        report.notes
    );
    let other = Lab::new();
    let error =
        other.import_file(&base, &ImportOptions { database_hash: said, ..plain() }).unwrap_err();
    assert!(matches!(error, ImportError::DatabaseHash { .. }), "{error}");
    assert!(other.library().sets().is_empty() && other.leftovers().is_empty());
    let unchecked = other.import_file(&base, &options).unwrap();
    assert!(unchecked.notes.contains(&hash_set::ImportNote::DeltasNotCompared));
    let error = other
        .import("a.txt", ABC_MD5, &ImportOptions { database_hash: said, ..plain() })
        .unwrap_err();
    assert!(matches!(error, ImportError::DeltasNotApplicable { .. }), "{error}");
}
