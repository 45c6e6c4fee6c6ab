//! Measured numbers that may fall and never rise.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::Findings;
use crate::failure::{Attempt, Failure, Outcome};

/// The file of bounds, relative to the root.
const FILE: &str = "tools/xtask/bounds.toml";

/// Numbers by guard and key.
type Numbers = BTreeMap<String, BTreeMap<String, f64>>;

/// The head of the file when it is written.
const HEAD: &str = "# Measured numbers that may fall and never rise: `cargo xtask guards --record` writes them anew.\n";

/// Bounds, and what was measured.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    bounds: Numbers,
    measured: RefCell<Numbers>,
}

impl Bounds {
    /// Reads the bounds.
    ///
    /// # Errors
    /// When the file cannot be read, or has something else than a table of numbers for each guard.
    pub(super) fn read(root: &Path) -> Outcome<Self> {
        let text = std::fs::read_to_string(root.join(FILE)).when(FILE)?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Outcome<Self> {
        let table: toml::Table = text.parse().when(FILE)?;
        let mut bounds = BTreeMap::new();
        for (guard, value) in table {
            let wrong = || Failure::new(format!("{FILE}: [{guard}] must be a table of numbers"));
            let mut numbers = BTreeMap::new();
            for (key, value) in value.as_table().ok_or_else(wrong)? {
                numbers.insert(key.clone(), number(value).ok_or_else(wrong)?);
            }
            bounds.insert(guard, numbers);
        }
        Ok(Self { bounds, measured: RefCell::default() })
    }

    /// Writes what was measured as the bounds from now on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn record(&self, root: &Path) -> Outcome<()> {
        std::fs::write(root.join(FILE), text(&self.measured.borrow())).when(FILE)
    }

    /// Returns the bound of a key; 0 when the file names none.
    pub(super) fn of(&self, guard: &str, key: &str) -> f64 {
        self.bounds.get(guard).and_then(|keys| keys.get(key)).copied().unwrap_or(0.0)
    }

    /// Compares a measured number with its bound. A number above is a fault, one below a remark: the bound can be lowered.
    pub(super) fn compare(&self, guard: &str, key: &str, measured: f64, findings: &mut Findings) {
        let bound = self.of(guard, key);
        self.measured
            .borrow_mut()
            .entry(guard.to_owned())
            .or_default()
            .insert(key.to_owned(), measured);
        if measured > bound {
            findings
                .faults
                .push(format!("{guard}: {key}: {measured:.2}, at most {bound:.2} ({FILE})"));
        } else if measured < bound {
            findings
                .remarks
                .push(format!("{guard}: {key}: {measured:.2}, below the bound {bound:.2}"));
        }
    }
}

/// Returns numbers as the file has them; 0 is the bound of what it does not name.
fn text(numbers: &Numbers) -> String {
    let mut text = HEAD.to_owned();
    for (guard, keys) in numbers {
        // OK to ignore: writing into a string does not fail.
        let _ = write!(text, "\n[{guard}]\n");
        for (key, number) in keys.iter().filter(|(_, number)| **number > 0.0) {
            let _ = writeln!(text, "{key} = {number}");
        }
    }
    text
}

fn number(value: &toml::Value) -> Option<f64> {
    value
        .as_float()
        .or_else(|| value.as_integer().and_then(|number| i32::try_from(number).ok()).map(f64::from))
}

#[cfg(test)]
mod tests {
    use super::{Bounds, Findings, text};

    #[test]
    fn a_number_above_its_bound_is_a_fault_and_one_below_a_remark() {
        let bounds = Bounds::parse("[words]\nkept = 3\nbeside = 2.5\n").unwrap();
        let mut findings = Findings::default();
        bounds.compare("words", "kept", 3.0, &mut findings);
        assert!(findings.faults.is_empty() && findings.remarks.is_empty());
        bounds.compare("words", "beside", 2.0, &mut findings);
        assert_eq!(findings.remarks.len(), 1);
        bounds.compare("words", "unknown", 1.0, &mut findings);
        assert_eq!(findings.faults.len(), 1);
    }

    #[test]
    fn what_was_measured_becomes_the_bound() {
        let bounds = Bounds::default();
        bounds.compare("words", "kept", 3.0, &mut Findings::default());
        bounds.compare("lines", "long", 1.25, &mut Findings::default());
        let again = Bounds::parse(&text(&bounds.measured.borrow())).unwrap();
        assert_eq!((again.of("words", "kept"), again.of("lines", "long")), (3.0, 1.25));
    }

    #[test]
    fn a_bound_that_is_no_number_is_refused() {
        assert!(Bounds::parse("[words]\nkept = \"three\"\n").is_err());
        assert!(Bounds::parse("words = 3\n").is_err());
    }
}
