//! Every column of every table of a finished case, changed one at a time: each change is found.

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::program::Lab;

/// Tables that a finished case of the demonstration disk has no rows in.
const EMPTY: [&str; 7] = [
    "content_check",
    "scan_checkpoint",
    "scan_result",
    "security_owner",
    "stored_digest",
    "unreadable_part",
    "unreadable_range",
];

struct Column {
    table: String,
    name: String,
    kind: String,
    /// The columns that name a row.
    key: Vec<String>,
}

fn lab() -> Lab {
    let lab = Lab::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo");
    let disk = demo.join("demo.raw");
    let set = demo.join("known-bad.csv");
    let first =
        ["scan", disk.to_str().unwrap(), "--case", "c", "--hash-set", set.to_str().unwrap()];
    lab.done(&first);
    lab.done(&["custody", "add", "note", "c", "--text", "x"]);
    lab
}

fn columns(connection: &Connection) -> Vec<Column> {
    let query = "SELECT t.name, c.name, c.type FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let all: Vec<(String, String, String)> = rows.map(Result::unwrap).collect();
    all.into_iter()
        .map(|(table, name, kind)| {
            let query =
                format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk");
            let mut statement = connection.prepare(&query).unwrap();
            let key =
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            Column { table, name, kind, key }
        })
        .collect()
}

/// Another value of the same kind.
fn other(value: &Value, kind: &str) -> Value {
    match value {
        Value::Null if kind == "TEXT" => Value::Text("x".into()),
        Value::Null if kind == "BLOB" => Value::Blob(vec![7; 20]),
        Value::Null => Value::Integer(5),
        Value::Integer(number) => Value::Integer(if *number == 1 { 0 } else { number + 1 }),
        Value::Real(number) => Value::Real(number + 1.0),
        Value::Text(text) => Value::Text(format!("{text}9")),
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            match bytes.first_mut() {
                Some(first) => *first ^= 1,
                None => bytes.push(1),
            }
            Value::Blob(bytes)
        }
    }
}

/// Opens a copy of the case with nothing that keeps anybody from changing it.
fn unguarded(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    let query = "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'";
    let mut statement = connection.prepare(query).unwrap();
    let drops: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(statement);
    drops.iter().for_each(|drop| connection.execute_batch(drop).unwrap());
    connection
        .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
        .unwrap();
    connection
}

/// Changes a column of the last row that has a value there, or of the last row; false when the table has none.
fn change(connection: &Connection, column: &Column) -> bool {
    let table = &column.table;
    let name = &column.name;
    let keys = column.key.join(", ");
    let order: Vec<String> = column.key.iter().map(|key| format!("{key} DESC")).collect();
    let query = format!(
        "SELECT {name}, {keys} FROM {table} ORDER BY {name} IS NULL, {} LIMIT 1",
        order.join(", ")
    );
    let found = connection.query_row(&query, [], |row| {
        (0..=column.key.len()).map(|at| row.get(at)).collect::<Result<Vec<Value>, _>>()
    });
    let Ok(mut values) = found else { return false };
    values[0] = other(&values[0], &column.kind);
    let row: Vec<String> =
        (2..).zip(&column.key).map(|(at, key)| format!("{key} IS ?{at}")).collect();
    let update = format!("UPDATE {table} SET {name} = ?1 WHERE {}", row.join(" AND "));
    assert_eq!(connection.execute(&update, params_from_iter(values)).unwrap(), 1, "{update}");
    true
}

/// Takes the last row away.
fn take_away(connection: &Connection, column: &Column) {
    let order: Vec<String> = column.key.iter().map(|key| format!("{key} DESC")).collect();
    let table = &column.table;
    let keys = column.key.join(", ");
    let delete = format!(
        "DELETE FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM {table} ORDER BY {} LIMIT 1)",
        order.join(", ")
    );
    assert_eq!(connection.execute(&delete, []).unwrap(), 1, "{delete}");
}

/// A copy of the lab, in which `custody verify` and `case check` are asked. Gives true when one of them finds something.
fn is_found(lab: &Lab, spare: &Path, mutate: impl FnOnce(&Connection) -> bool) -> Option<bool> {
    let _ = std::fs::remove_dir_all(spare);
    assert!(Command::new("cp").arg("-a").arg(lab.path()).arg(spare).status().unwrap().success());
    let connection = unguarded(&spare.join("cases/c.db"));
    mutate(&connection).then_some(())?;
    drop(connection);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_athar"));
        command.arg("--lab").arg(spare).args(arguments).env_remove("ATHAR_LAB");
        command.output().unwrap().status.code()
    };
    Some(run(&["custody", "verify", "c"]) == Some(1) || run(&["case", "check", "c"]) == Some(1))
}

#[test]
fn each_changed_column_and_each_row_taken_away_is_found() {
    let lab = lab();
    let spare: PathBuf = lab.beside("spare");
    let columns = columns(&Connection::open(lab.case_file("c")).unwrap());
    let mut missed = Vec::new();
    let mut empty = Vec::new();
    let mut tried = 0;
    let mut table = "";
    for column in &columns {
        let name = format!("{}.{}", column.table, column.name);
        match is_found(&lab, &spare, |connection| change(connection, column)) {
            None => empty.push(column.table.as_str()),
            Some(false) => missed.push(name),
            Some(true) => {}
        }
        tried += 1;
        let is_first = table != column.table;
        table = column.table.as_str();
        if is_first && !empty.contains(&table) {
            let gone = |connection: &Connection| {
                take_away(connection, column);
                true
            };
            if is_found(&lab, &spare, gone) == Some(false) {
                missed.push(format!("{table}: its last row"));
            }
        }
    }
    assert_eq!(missed, Vec::<String>::new());
    empty.dedup();
    let unexpected: Vec<_> = empty.iter().filter(|table| !EMPTY.contains(table)).collect();
    eprintln!("{tried} columns, tables without rows: {empty:?}");
    assert!(unexpected.len() <= 4, "tables that were not tried: {unexpected:?}");
}
