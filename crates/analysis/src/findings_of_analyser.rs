//! Where one analyser puts what it finds in one stream.

use std::borrow::Cow;

use crate::finding::{FAILED, LIMIT};
use crate::{Finding, Findings, MAX_FINDINGS, MAX_FINDINGS_BYTES, MAX_VALUE_BYTES};

/// Value of [`FAILED`] after a panic.
const PANIC: &str = "panic";
/// Value of [`FAILED`] when a key is not among those that the analyser names.
const UNKNOWN_KEY: &str = "unknown key";

/// Takes the findings of one analyser in one stream, within the limits.
pub struct FindingsOfAnalyser<'k> {
    analyser: u8,
    keys: &'k [&'static str],
    /// Findings of the same analyser and stream that were made before.
    earlier: Findings,
    made: Findings,
    count: usize,
    bytes: usize,
    beyond: Beyond,
    has_unknown_key: bool,
}

/// Findings that were left out, by limit.
#[derive(Default)]
struct Beyond {
    findings: u64,
    values: u64,
    bytes: u64,
}

impl<'k> FindingsOfAnalyser<'k> {
    /// Starts with the findings of the same analyser that the stream has.
    pub(crate) fn new(analyser: u8, keys: &'k [&'static str], earlier: Findings) -> Self {
        let mut count = 0_usize;
        let mut bytes = 0_usize;
        for finding in earlier.iter() {
            count = count.saturating_add(1);
            bytes = bytes.saturating_add(finding.value.len());
        }
        let made = Findings::default();
        let beyond = Beyond::default();
        Self { analyser, keys, earlier, made, count, bytes, beyond, has_unknown_key: false }
    }

    /// Adds a finding. One that goes beyond a limit is left out, counted, and reported at the end of the stream.
    pub fn add(&mut self, key: &'static str, value: impl Into<Cow<'static, str>>) {
        let value = value.into();
        let Some(key) =
            (0..).zip(self.keys).find_map(|(number, known)| (*known == key).then_some(number))
        else {
            self.has_unknown_key = true;
            return;
        };
        let bytes = self.bytes.saturating_add(value.len());
        let beyond = match () {
            () if value.len() > MAX_VALUE_BYTES => &mut self.beyond.values,
            () if self.count >= MAX_FINDINGS => &mut self.beyond.findings,
            () if bytes > MAX_FINDINGS_BYTES => &mut self.beyond.bytes,
            () => {
                self.count = self.count.saturating_add(1);
                self.bytes = bytes;
                return self.made.push(Finding { analyser: self.analyser, key, value });
            }
        };
        *beyond = beyond.saturating_add(1);
    }

    /// Returns what this analyser found in the stream so far: key and value.
    pub fn so_far(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let name = |number: u8| self.keys.get(usize::from(number)).copied();
        let all = self.earlier.iter().chain(self.made.iter());
        all.filter_map(move |finding| Some((name(finding.key)?, finding.value.as_ref())))
    }

    /// Ends with the new findings and a report on each limit that was reached.
    pub(crate) fn into_findings(mut self) -> Findings {
        if self.has_unknown_key {
            return failed(self.analyser, UNKNOWN_KEY);
        }
        let Beyond { findings, values, bytes } = self.beyond;
        let limits = [
            ("findings", MAX_FINDINGS, findings),
            ("bytes of a value", MAX_VALUE_BYTES, values),
            ("bytes of all values", MAX_FINDINGS_BYTES, bytes),
        ];
        for (what, limit, count) in limits.into_iter().filter(|(_, _, count)| *count > 0) {
            let value = format!("{what}: {limit}, left out: {count}").into();
            self.made.push(Finding { analyser: self.analyser, key: LIMIT.0, value });
        }
        self.made
    }
}

/// Returns what stands in place of the findings of an analyser that panicked.
pub(crate) fn panicked(analyser: u8) -> Findings {
    failed(analyser, PANIC)
}

fn failed(analyser: u8, why: &'static str) -> Findings {
    let mut findings = Findings::default();
    findings.push(Finding { analyser, key: FAILED.0, value: why.into() });
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 2] = ["a", "b"];

    fn values(findings: Findings) -> Vec<(u8, String)> {
        findings.into_iter().map(|finding| (finding.key, finding.value.into_owned())).collect()
    }

    #[test]
    fn what_goes_beyond_a_limit_is_left_out_and_reported() {
        let mut of_analyser = FindingsOfAnalyser::new(3, &KEYS, Findings::default());
        of_analyser.add("a", "x".repeat(MAX_VALUE_BYTES + 1));
        (0..MAX_FINDINGS + 7).for_each(|number| of_analyser.add("b", number.to_string()));
        let found = values(of_analyser.into_findings());
        assert_eq!(found.len(), MAX_FINDINGS + 2);
        assert_eq!(found[0], (1, "0".to_owned()));
        assert_eq!(found[MAX_FINDINGS], (LIMIT.0, "findings: 1000, left out: 7".to_owned()));
        assert_eq!(
            found[MAX_FINDINGS + 1],
            (LIMIT.0, "bytes of a value: 4096, left out: 1".to_owned())
        );
        let mut of_analyser = FindingsOfAnalyser::new(3, &KEYS, Findings::default());
        (0..65).for_each(|_| of_analyser.add("a", "x".repeat(MAX_VALUE_BYTES)));
        let last = values(of_analyser.into_findings()).pop().unwrap();
        assert_eq!(last, (LIMIT.0, "bytes of all values: 262144, left out: 1".to_owned()));
    }

    #[test]
    fn findings_made_earlier_count_against_the_limit() {
        let mut first = FindingsOfAnalyser::new(3, &KEYS, Findings::default());
        (0..MAX_FINDINGS).for_each(|number| first.add("b", number.to_string()));
        let mut second = FindingsOfAnalyser::new(3, &KEYS, first.into_findings());
        second.add("a", "one more");
        assert_eq!(
            values(second.into_findings()),
            [(LIMIT.0, "findings: 1000, left out: 1".to_owned())]
        );
    }

    #[test]
    fn a_key_without_a_name_is_a_fault_that_is_reported() {
        let mut of_analyser = FindingsOfAnalyser::new(3, &KEYS, Findings::default());
        of_analyser.add("a", "1");
        of_analyser.add("c", "2");
        assert_eq!(values(of_analyser.into_findings()), [(FAILED.0, UNKNOWN_KEY.to_owned())]);
    }
}
