//! A crate depends only on crates of a lower layer.

use std::path::Path;

use toml::{Table, Value};

use super::{Findings, crates};
use crate::failure::{Attempt, Outcome};

/// Every crate below `crates/`, by layer.
const LAYERS: [&[&str]; 6] = [
    &["byte-source", "case-model", "codec", "name-pattern"],
    &["disk-image", "volume", "filesystem", "hash-engine", "hash-set", "custody"],
    &["analysis", "case-store", "evidence", "lab"],
    &["look", "pipeline"],
    &["casework", "report", "server", "lab-network"],
    &["cli"],
];

/// The vocabulary: every crate may use it, because it uses none.
const FOR_ALL: &str = "words";

/// Crates for tests: only dev-dependencies may name them; they may use any layer.
const FOR_TESTS: [&str; 1] = ["testkit"];

pub(super) fn check(root: &Path, findings: &mut Findings) -> Outcome<()> {
    for (folder, path) in crates(root)? {
        let file = path.join("Cargo.toml");
        let text = std::fs::read_to_string(&file).when(file.display())?;
        let manifest: Table = text.parse().when(file.display())?;
        findings.faults.extend(faults(&folder, &manifest));
    }
    Ok(())
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&name))
}

/// What is wrong with the crate in `folder`.
fn faults(folder: &str, manifest: &Table) -> Vec<String> {
    let name =
        manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    let mut faults = Vec::new();
    if name != Some(folder) {
        faults.push(format!(
            "crates/{folder}: the package is called {}, not as its folder",
            name.unwrap_or("?")
        ));
    }
    if FOR_TESTS.contains(&folder) {
        return faults;
    }
    if folder == FOR_ALL {
        let used = dependencies(manifest).into_iter().filter(|name| layer(name).is_some());
        faults.extend(used.map(|name| {
            format!("crates/{folder} depends on {name}: it may use no crate of the project")
        }));
        return faults;
    }
    let Some(own) = layer(folder) else {
        faults.push(format!(
            "crates/{folder} has no layer: name it in tools/xtask/src/layers/dependencies.rs"
        ));
        return faults;
    };
    for dependency in dependencies(manifest).into_iter().filter(|name| name != FOR_ALL) {
        if FOR_TESTS.contains(&dependency.as_str()) {
            faults
                .push(format!("crates/{folder} depends on {dependency}, which is for tests only"));
        } else if let Some(other) = layer(&dependency).filter(|other| *other >= own) {
            faults.push(format!(
                "crates/{folder} (layer {own}) depends on {dependency} (layer {other}), which is not lower"
            ));
        }
    }
    faults
}

/// Names of normal and build dependencies, for any target; a renamed one by its package's name.
fn dependencies(manifest: &Table) -> Vec<String> {
    let targets =
        manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = targets.filter_map(Value::as_table).chain([manifest]);
    let lists =
        tables.flat_map(|table| [table.get("dependencies"), table.get("build-dependencies")]);
    lists
        .flatten()
        .filter_map(Value::as_table)
        .flatten()
        .map(|(key, value)| value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::faults;

    fn faults_of(folder: &str, manifest: &str) -> Vec<String> {
        faults(folder, &format!("[package]\nname = \"{folder}\"\n{manifest}").parse().unwrap())
    }

    #[test]
    fn a_lower_layer_may_be_used() {
        let manifest = "[dependencies]\nbyte-source.workspace = true\nthiserror.workspace = true\n";
        assert_eq!(faults_of("filesystem", manifest), Vec::<String>::new());
    }

    #[test]
    fn the_same_layer_may_not() {
        let expected =
            "crates/filesystem (layer 1) depends on volume (layer 1), which is not lower";
        assert_eq!(
            faults_of("filesystem", "[dependencies]\nvolume.workspace = true\n"),
            [expected]
        );
    }

    #[test]
    fn a_higher_layer_may_not_even_to_build_or_for_one_target_or_renamed() {
        for manifest in [
            "[build-dependencies]\ncli.workspace = true\n",
            "[target.'cfg(unix)'.dependencies]\ncli.workspace = true\n",
            "[dependencies]\nother = { package = \"cli\", path = \"../cli\" }\n",
        ] {
            let expected =
                "crates/byte-source (layer 0) depends on cli (layer 5), which is not lower";
            assert_eq!(faults_of("byte-source", manifest), [expected], "{manifest}");
        }
    }

    #[test]
    fn tests_may_use_any_layer() {
        let manifest = "[dev-dependencies]\ntestkit.workspace = true\ncli.workspace = true\n";
        assert_eq!(faults_of("volume", manifest), Vec::<String>::new());
    }

    #[test]
    fn the_vocabulary_may_be_used_by_all_and_uses_none() {
        let manifest = "[dependencies]\nwords.workspace = true\n";
        assert_eq!(faults_of("byte-source", manifest), Vec::<String>::new());
        let expected = "crates/words depends on case-model: it may use no crate of the project";
        assert_eq!(faults_of("words", "[dependencies]\ncase-model.workspace = true\n"), [expected]);
    }

    #[test]
    fn what_is_for_tests_stays_out_of_the_program() {
        let expected = "crates/cli depends on testkit, which is for tests only";
        assert_eq!(faults_of("cli", "[dependencies]\ntestkit.workspace = true\n"), [expected]);
    }

    #[test]
    fn a_crate_without_a_layer_is_a_fault() {
        let expected =
            "crates/carving has no layer: name it in tools/xtask/src/layers/dependencies.rs";
        assert_eq!(faults_of("carving", ""), [expected]);
    }
}
