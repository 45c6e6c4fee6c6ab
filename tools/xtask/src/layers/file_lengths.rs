//! Files stay short enough to read.

use super::{Findings, TextFile};

/// Lines of code at which a file should be divided.
const LONG: usize = 400;
/// Lines of code that no file may have.
const TOO_LONG: usize = 800;

pub(super) fn check(texts: &[TextFile], findings: &mut Findings) {
    for file in texts.iter().filter(|file| file.is_rust()) {
        let lines = code_lines(&file.text);
        let said = format!("{}: {lines} lines of code", file.path.display());
        if lines > TOO_LONG {
            findings.faults.push(format!("{said}, more than {TOO_LONG}"));
        } else if lines > LONG {
            findings.remarks.push(format!("{said}, more than {LONG}"));
        }
    }
}

/// Lines that are neither blank nor comment, up to the unit tests, which stand last.
fn code_lines(text: &str) -> usize {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[cfg(test)]
mod tests {
    use super::code_lines;

    #[test]
    fn blank_lines_comments_and_unit_tests_do_not_count() {
        assert_eq!(
            code_lines(
                "//! Doc.\n\nfn f() {\n    // why\n    g();\n}\n\n#[cfg(test)]\nmod tests {}\n"
            ),
            3
        );
    }
}
