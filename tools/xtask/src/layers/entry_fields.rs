//! The names of a ledger entry's fields are written in one place: `custody::content`. Elsewhere they would drift from what records hold.

use super::{Findings, TextFile};

/// A field that is given a name on the spot.
const NAMED_ON_THE_SPOT: &str = ".field(\"";

pub(super) fn check(texts: &[TextFile], findings: &mut Findings) {
    findings.faults.extend(texts.iter().filter(|file| is_bound(file)).flat_map(faults));
}

/// Sources of crates that write entries. Tests may compose entries that no program writes.
fn is_bound(file: &TextFile) -> bool {
    let parts: Vec<_> = file.path.iter().filter_map(|part| part.to_str()).collect();
    file.is_rust() && matches!(parts[..], ["crates", name, "src", ..] if name != "custody")
}

fn faults(file: &TextFile) -> Vec<String> {
    let lines =
        (1_usize..).zip(file.text.lines()).take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    let named = lines.filter(|(_, line)| line.contains(NAMED_ON_THE_SPOT));
    let fault = |(number, _): (usize, &str)| {
        format!(
            "{}:{number}: a field of an entry is named here; give it a struct in custody::content",
            file.path.display()
        )
    };
    named.map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::super::TextFile;
    use super::{faults, is_bound};

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.to_owned() }
    }

    #[test]
    fn a_field_that_is_named_outside_of_the_vocabulary_is_a_fault() {
        let text = "fn f() {\n    entry.field(\"query\", q)\n}\n";
        assert_eq!(faults(&file("crates/cli/src/find.rs", text)).len(), 1);
        assert!(is_bound(&file("crates/cli/src/find.rs", text)));
        for elsewhere in
            ["crates/custody/src/content/mod.rs", "crates/cli/tests/x.rs", "benches/lib.rs"]
        {
            assert!(!is_bound(&file(elsewhere, text)), "{elsewhere}");
        }
        let tested = format!("#[cfg(test)]\nmod tests {{ {text} }}");
        assert!(faults(&file("crates/cli/src/find.rs", &tested)).is_empty());
    }
}
