//! What a campaign found, as a table.

use std::collections::BTreeMap;
use std::fmt;

use crate::disk_state::DiskState;
use crate::examine::Examined;

/// Numbers by file system and state.
#[derive(Debug, Default)]
pub struct Figures {
    rows: BTreeMap<(&'static str, DiskState), Row>,
    judged: BTreeMap<&'static str, u64>,
    kinds: BTreeMap<&'static str, u64>,
    /// Disks that could not be built, with why.
    pub not_built: Vec<String>,
}

#[derive(Debug, Default)]
struct Row {
    disks: usize,
    entries: usize,
    extents: usize,
    different: usize,
}

impl Figures {
    /// Counts a disk.
    pub fn add(&mut self, system: &'static str, examined: &Examined) {
        let verdict = &examined.verdict;
        let row = self.rows.entry((system, examined.state)).or_default();
        row.disks += 1;
        row.entries += verdict.entries;
        row.extents += verdict.extents;
        row.different += usize::from(!verdict.differences.is_empty());
        for (rule, count) in &verdict.judged {
            *self.judged.entry(rule).or_default() += count;
        }
        for difference in &verdict.differences {
            *self.kinds.entry(difference.kind).or_default() += 1;
        }
    }

    /// Returns how many disks were examined, and how many of them differ.
    #[must_use]
    pub fn disks(&self) -> (usize, usize) {
        self.rows
            .values()
            .fold((0, 0), |(disks, different), row| (disks + row.disks, different + row.different))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| file system | state | disks | entries | extents hashed | disks that differ |"
        )?;
        writeln!(f, "| --- | --- | ---: | ---: | ---: | ---: |")?;
        let mut all = Row::default();
        for ((system, state), row) in &self.rows {
            writeln!(
                f,
                "| {system} | {state} | {} | {} | {} | {} |",
                row.disks, row.entries, row.extents, row.different
            )?;
            all.disks += row.disks;
            all.entries += row.entries;
            all.extents += row.extents;
            all.different += row.different;
        }
        writeln!(
            f,
            "| all | | {} | {} | {} | {} |",
            all.disks, all.entries, all.extents, all.different
        )?;
        let list = |counts: &BTreeMap<&str, u64>| {
            let parts: Vec<String> =
                counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
        };
        writeln!(f, "\nJudged by a rule: {}.", list(&self.judged))?;
        writeln!(
            f,
            "Not judged: {}. Disks that could not be built: {}.",
            list(&self.kinds),
            self.not_built.len()
        )
    }
}
