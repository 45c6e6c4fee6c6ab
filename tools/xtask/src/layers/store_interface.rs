//! SQL and its library stay within `case-store`: callers see values of the house. JSON and CSV walk one list of fields.

use std::path::Path;

use super::{Findings, TextFile};

/// The library whose types no interface names.
const FOREIGN: &str = "rusqlite";
/// Its types as they are imported. Traits that a type of the house implements are no part of a signature.
const FOREIGN_TYPES: [&str; 7] =
    ["Connection", "Row<", "Rows<", "Statement<", "CachedStatement<", "ToSqlOutput<", "ValueRef<"];
/// Crates that keep databases of their own.
const KEEPERS: [&str; 2] = ["case-store", "hash-set"];
/// The exports that walk `FIELDS`.
const WALKERS: [&str; 2] = ["crates/report/src/json_row.rs", "crates/report/src/csv_rows.rs"];

pub(super) fn check(texts: &[TextFile], findings: &mut Findings) {
    for file in texts {
        findings.faults.extend(public_foreign_types(file));
        findings.faults.extend(foreign_use(file));
        findings.faults.extend(own_list_of_fields(file));
    }
}

/// The crate below `crates/` whose source the file is.
fn crate_of(path: &Path) -> Option<&str> {
    let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
    match parts[..] {
        ["crates", name, "src", ..] => Some(name),
        _ => None,
    }
}

/// The lines of a file before its tests, numbered.
fn code(file: &TextFile) -> impl Iterator<Item = (usize, &str)> {
    (1_usize..).zip(file.text.lines()).take_while(|(_, line)| line.trim() != "#[cfg(test)]")
}

/// Public items, fields and variants of `case-store` that name a type of the library.
fn public_foreign_types(file: &TextFile) -> Vec<String> {
    if crate_of(&file.path) != Some("case-store") || !file.is_rust() {
        return Vec::new();
    }
    let mut signature = None;
    let mut in_enum = false;
    let mut faults = Vec::new();
    for (number, line) in code(file) {
        let (line, text) = (line.trim_end(), line.trim());
        in_enum = (in_enum || text.starts_with("pub enum ")) && line != "}";
        if text.starts_with("pub ") {
            signature = Some(text.contains("fn "));
        }
        let foreign =
            text.contains(FOREIGN) || FOREIGN_TYPES.iter().any(|name| names_type(text, name));
        if (signature.is_some() || in_enum) && foreign && !text.starts_with("//") {
            faults.push(format!(
                "{}:{number}: a public interface of case-store names a type of {FOREIGN}",
                file.path.display()
            ));
        }
        // The signature of a function goes on behind a comma, a field does not.
        let ended =
            line.ends_with(['{', '}', ';']) || line.ends_with(',') && signature != Some(true);
        signature = signature.filter(|_| !ended);
    }
    faults
}

/// Does the line name this type, and not one whose name only ends so?
fn names_type(line: &str, name: &str) -> bool {
    line.match_indices(name)
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Sources of other crates that use the library.
fn foreign_use(file: &TextFile) -> Vec<String> {
    let Some(name) = crate_of(&file.path).filter(|name| !KEEPERS.contains(name)) else {
        return Vec::new();
    };
    let used = code(file).filter(|(_, line)| line.contains("rusqlite::"));
    used.map(|(number, _)| {
        format!(
            "{}:{number}: crate {name} uses {FOREIGN}; ask case-store for what it needs",
            file.path.display()
        )
    })
    .collect()
}

/// Exports that name fields themselves instead of walking the list.
fn own_list_of_fields(file: &TextFile) -> Vec<String> {
    if !WALKERS.iter().any(|walker| file.path == Path::new(walker)) {
        return Vec::new();
    }
    let own = code(file).filter(|(_, line)| {
        let text = line.trim_start();
        !text.starts_with("//")
            && ["put(\"", "insert(\"", "json!({"].iter().any(|list| text.contains(list))
    });
    let mut faults: Vec<String> = own
        .map(|(number, _)| {
            format!(
                "{}:{number}: a field is named here; it belongs into FIELDS",
                file.path.display()
            )
        })
        .collect();
    if !file.text.contains("FIELDS.iter()") {
        faults.push(format!("{}: it does not walk FIELDS", file.path.display()));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::TextFile;
    use super::{foreign_use, own_list_of_fields, public_foreign_types};

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.to_owned() }
    }

    #[test]
    fn a_public_interface_with_a_type_of_the_library_is_a_fault() {
        let faulty = [
            "pub use rusqlite::Connection;\n",
            "pub fn run(connection: &Connection) -> u8 {\n",
            "    pub fn work<T>(\n        &self,\n        each: impl FnOnce(&Connection) -> T,\n    ) -> T {\n",
            "pub struct S {\n    pub connection: Connection,\n}\n",
            "pub enum E {\n    Sqlite(#[from] rusqlite::Error),\n}\n",
        ];
        for text in faulty {
            assert_eq!(
                public_foreign_types(&file("crates/case-store/src/a.rs", text)).len(),
                1,
                "{text}"
            );
            assert!(public_foreign_types(&file("crates/hash-set/src/a.rs", text)).is_empty());
        }
        let sound = [
            "pub(crate) fn run(connection: &Connection) -> u8 {\n",
            "pub struct S {\n    connection: Connection,\n}\n",
            "pub fn run(&self) -> u8 {\n    let row: Row<'_> = rusqlite::row();\n}\n",
            "pub struct EntryRow {\n    pub a: u8,\n}\nfn f(row: &Row<'_>) {}\n",
            "pub fn rows(&self, row: &EntryRow<'_>) {}\n",
        ];
        for text in sound {
            let found = public_foreign_types(&file("crates/case-store/src/a.rs", text));
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn the_library_is_used_by_crates_with_a_database_of_their_own_and_by_tests() {
        let text = "fn f() { rusqlite::version(); }\n";
        assert_eq!(foreign_use(&file("crates/pipeline/src/a.rs", text)).len(), 1);
        let tested = format!("#[cfg(test)]\n{text}");
        for (path, text) in [
            ("crates/hash-set/src/a.rs", text),
            ("crates/pipeline/tests/a.rs", text),
            ("crates/pipeline/src/a.rs", &tested),
        ] {
            assert!(foreign_use(&file(path, text)).is_empty(), "{path}");
        }
    }

    #[test]
    fn an_export_walks_the_list_and_names_no_field() {
        let walks = "    FIELDS.iter().map(|field| field.name)\n";
        let path = "crates/report/src/csv_rows.rs";
        assert!(own_list_of_fields(&file(path, walks)).is_empty());
        assert_eq!(
            own_list_of_fields(&file(path, "const COLUMNS: [&str; 1] = [\"id\"];\n")).len(),
            1
        );
        let more = format!("{walks}    object.insert(\"extra\", 1)\n");
        assert_eq!(own_list_of_fields(&file(path, &more)).len(), 1);
    }
}
