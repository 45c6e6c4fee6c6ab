//! Every crate has a README and forbids unsafe code; two deny it, and allow it only where they say why it is sound.

use std::path::Path;

use super::{Findings, TextFile, crates};
use crate::failure::Outcome;

/// The memory map and the SIMD lanes.
const MAY_USE_UNSAFE: [&str; 2] = ["byte-source", "hash-engine"];

pub(super) fn check(root: &Path, texts: &[TextFile], findings: &mut Findings) -> Outcome<()> {
    for (name, path) in crates(root)? {
        if !path.join("README.md").is_file() {
            findings.faults.push(format!("crates/{name} has no README.md"));
        }
    }
    for file in texts.iter().filter(|file| file.is_rust()) {
        let name = crate_name(&file.path);
        if is_root(&file.path) {
            findings.faults.extend(root_fault(&name, file));
        }
        findings.faults.extend(allowance_fault(&name, file));
    }
    Ok(())
}

/// The folder above `src`: the package's name.
fn crate_name(path: &Path) -> String {
    let before_src = path.iter().take_while(|part| *part != "src").last();
    before_src.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `src/lib.rs`, `src/main.rs` or `src/bin/….rs`.
fn is_root(path: &Path) -> bool {
    let parts: Vec<_> =
        path.iter().skip_while(|part| *part != "src").filter_map(|part| part.to_str()).collect();
    matches!(parts[..], ["src", "lib.rs" | "main.rs"] | ["src", "bin", _])
}

fn root_fault(name: &str, file: &TextFile) -> Option<String> {
    let wanted = match MAY_USE_UNSAFE.contains(&name) {
        true => "#![deny(unsafe_code)]",
        false => "#![forbid(unsafe_code)]",
    };
    let stands = file.text.lines().any(|line| line.trim() == wanted);
    (!stands).then(|| format!("{}: {wanted} is missing", file.path.display()))
}

/// Unsafe code is allowed in the wrong crate, or nowhere in the file is said why it is sound.
fn allowance_fault(name: &str, file: &TextFile) -> Option<String> {
    let lints = ["allow(unsafe_code", "expect(unsafe_code", "warn(unsafe_code"];
    let attribute = |line: &str| {
        line.trim_start().starts_with('#') && lints.iter().any(|lint| line.contains(lint))
    };
    let at = file.text.lines().position(attribute)?;
    let place = format!("{}:{}", file.path.display(), at.saturating_add(1));
    if !MAY_USE_UNSAFE.contains(&name) {
        return Some(format!(
            "{place}: unsafe code is allowed; only {} may",
            MAY_USE_UNSAFE.join(" and ")
        ));
    }
    let said = file.text.contains("SAFETY:") || file.text.contains("# Safety");
    (!said).then(|| format!("{place}: unsafe code without a word on why it is sound (SAFETY: …)"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::TextFile;
    use super::{allowance_fault, crate_name, is_root, root_fault};

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: PathBuf::from(path), text: text.to_owned() }
    }

    #[test]
    fn roots_are_told_from_modules() {
        for (path, root) in [
            ("crates/volume/src/lib.rs", true),
            ("tools/xtask/src/main.rs", true),
            ("crates/cli/src/bin/other.rs", true),
            ("crates/volume/src/mbr/lib.rs", false),
            ("crates/volume/tests/main.rs", false),
        ] {
            assert_eq!(is_root(path.as_ref()), root, "{path}");
        }
        assert_eq!(crate_name("crates/volume/src/lib.rs".as_ref()), "volume");
    }

    #[test]
    fn a_root_must_forbid_unsafe_code() {
        let fault =
            root_fault("volume", &file("crates/volume/src/lib.rs", "#![deny(unsafe_code)]\n"));
        assert_eq!(fault.unwrap(), "crates/volume/src/lib.rs: #![forbid(unsafe_code)] is missing");
        assert_eq!(
            root_fault("volume", &file("crates/volume/src/lib.rs", "#![forbid(unsafe_code)]\n")),
            None
        );
        assert_eq!(
            root_fault(
                "byte-source",
                &file("crates/byte-source/src/lib.rs", "#![deny(unsafe_code)]\n")
            ),
            None
        );
    }

    #[test]
    fn unsafe_code_is_allowed_only_in_two_crates_and_with_a_reason() {
        let silent = "#[expect(unsafe_code)]\nfn f() {}\n";
        let reasoned = "// SAFETY: the map is read-only.\n#[expect(unsafe_code)]\nfn f() {}\n";
        let in_crate = |name: &str, text: &str| allowance_fault(name, &file("src/map.rs", text));
        assert!(
            in_crate("volume", reasoned)
                .unwrap()
                .starts_with("src/map.rs:2: unsafe code is allowed")
        );
        assert!(in_crate("byte-source", silent).unwrap().contains("without a word"));
        assert_eq!(in_crate("byte-source", reasoned), None);
    }
}
