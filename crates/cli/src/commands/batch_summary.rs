//! What a scan of several items did, all in all, and what to do next.

use std::collections::BTreeMap;

use case_model::HitDisposition;
use case_store::CaseFile;
use casework::Coverage;
use pipeline::{ItemResult, ScanReport};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::{bytes, grouped};

/// What became of the items of a scan.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BatchSummary {
    complete: u64,
    incomplete: u64,
    failed: u64,
    /// Scanned before, segments, copies of what was read: nothing was read for them.
    not_read: u64,
    bytes: u64,
    /// Hits by severity; a file that two sets list counts twice.
    hits: BTreeMap<HitDisposition, u64>,
}

impl BatchSummary {
    pub(super) fn of(
        case: &CaseFile,
        report: &ScanReport,
        covered: &Coverage,
    ) -> Result<Self, Failure> {
        let mut summary = Self::default();
        for item in &report.items {
            let ItemResult::Scanned(image, ..) = item else {
                match item {
                    ItemResult::Failed(..) => summary.failed += 1,
                    _ => summary.not_read += 1,
                }
                continue;
            };
            let exhibit = covered.exhibit(*image);
            let complete = exhibit.is_some_and(|exhibit| exhibit.is_complete());
            let image = case.image_report(*image)?;
            match complete && image.state == "complete" {
                true => summary.complete += 1,
                false => summary.incomplete += 1,
            }
            summary.bytes = summary.bytes.saturating_add(image.bytes.unwrap_or(image.hashed_bytes));
            for hit in &image.hits {
                *summary.hits.entry(hit.severity).or_default() += hit.entries;
            }
        }
        Ok(summary)
    }

    /// Prints it; one item alone has said everything.
    pub(super) fn print(&self, case: &str, output: &mut Output) -> Result<(), Failure> {
        self.lines(case).iter().try_for_each(|line| output.remark(line))
    }

    fn lines(&self, case: &str) -> Vec<String> {
        let items = self.complete + self.incomplete + self.failed + self.not_read;
        if items < 2 {
            return Vec::new();
        }
        let counts = [
            (self.complete, "complete"),
            (self.incomplete, "INCOMPLETE"),
            (self.failed, "FAILED"),
            (self.not_read, "not read again"),
        ];
        let counts: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", grouped(count)))
            .collect();
        let mut lines = vec![format!(
            "\nBatch of {}: {}; {} of media",
            grouped(items),
            counts.join(", "),
            bytes(self.bytes)
        )];
        // The gravest is the greatest.
        let hits: Vec<String> = self
            .hits
            .iter()
            .rev()
            .map(|(severity, count)| format!("{severity}: {}", grouped(*count)))
            .collect();
        if !hits.is_empty() {
            lines.push(format!("  hits          {}", hits.join(", ")));
        }
        if let Some((gravest, _)) = self.hits.last_key_value() {
            lines.push(format!("  first         athar find {case} --severity {gravest}"));
        }
        if self.incomplete + self.failed > 0 {
            lines.push(format!(
                "  then          athar case show {case}    says what was not read, and why"
            ));
        }
        lines
    }

    pub(super) fn json(&self) -> Value {
        let hits: BTreeMap<&str, u64> =
            self.hits.iter().map(|(severity, count)| (severity.key(), *count)).collect();
        json!({
            "complete": self.complete, "incomplete": self.incomplete, "failed": self.failed, "not_read": self.not_read,
            "bytes": self.bytes, "hits": hits,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_summed_up_with_what_to_do_first() {
        let hits = [(HitDisposition::Notable, 4), (HitDisposition::Alert, 1)].into();
        let summary = BatchSummary {
            complete: 2,
            incomplete: 1,
            failed: 1,
            not_read: 0,
            bytes: 3 << 30,
            hits,
        };
        assert_eq!(
            summary.lines("c"),
            [
                "\nBatch of 4: 2 complete, 1 INCOMPLETE, 1 FAILED; 3.00 GiB of media",
                "  hits          alert: 1, notable: 4",
                "  first         athar find c --severity alert",
                "  then          athar case show c    says what was not read, and why",
            ]
        );
        let alone = BatchSummary { complete: 1, ..BatchSummary::default() };
        assert_eq!(alone.lines("c"), Vec::<String>::new());
    }
}
