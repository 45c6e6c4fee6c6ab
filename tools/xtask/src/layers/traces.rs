//! Nothing in the project speaks of the place or the occasion of its writing: it would mean nothing to a reader elsewhere.

use super::{Findings, TextFile};

/// What may not be named, and the folders where the word means something else.
const TRACES: [(&str, &[&str]); 2] = [
    (concat!("/wo", "rk/"), &[]),
    // "session" is also the name of a section in an EWF file, and somebody at work in a lab (`casework`).
    (
        concat!("sess", "ion"),
        &[
            "benches/benches/ledger_acts.rs",
            "crates/casework",
            "crates/cli/src",
            "crates/disk-image/src/ewf",
            "crates/disk-image/tests",
            "tools/xtask/src/layers",
        ],
    ),
];

pub(super) fn check(texts: &[TextFile], findings: &mut Findings) {
    findings.faults.extend(texts.iter().flat_map(faults));
}

fn faults(file: &TextFile) -> Vec<String> {
    let mut faults = Vec::new();
    for (trace, elsewhere) in TRACES {
        if elsewhere.iter().any(|folder| file.path.starts_with(folder))
            || file.path.ends_with("Cargo.lock")
        {
            continue;
        }
        for (number, line) in (1_usize..).zip(file.text.lines()) {
            if names(&line.to_lowercase(), trace) {
                faults.push(format!("{}:{number}: names {trace:?}", file.path.display()));
            }
        }
    }
    faults
}

/// Whether the trace stands in the line, not as the end of a longer word.
fn names(line: &str, trace: &str) -> bool {
    line.match_indices(trace).any(|(at, _)| !line[..at].ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::super::TextFile;
    use super::faults;

    fn faults_of(path: &str, text: &str) -> Vec<String> {
        faults(&TextFile { path: path.into(), text: text.to_owned() })
    }

    #[test]
    fn a_trace_is_placed() {
        let text = concat!("one\nsee /wo", "rk/main\n");
        assert_eq!(faults_of("README.md", text), [concat!("README.md:2: names \"/wo", "rk/\"")]);
    }

    #[test]
    fn the_word_of_a_format_is_no_trace() {
        assert_eq!(
            faults_of("crates/disk-image/src/ewf/section.rs", concat!("\"sess", "ion\",")),
            Vec::<String>::new()
        );
        assert_eq!(faults_of("crates/volume/src/lib.rs", concat!("a sess", "ion")).len(), 1);
        assert_eq!(
            faults_of("README.md", concat!("in the posses", "sion of")),
            Vec::<String>::new()
        );
    }
}
