//! The tree: categories of the text, of which "rec" and "entry" are read.

use byte_source::{Problem, ProblemKind, Structure};
use words::{Term, term};

use super::LogicalData;
use super::entry::{self, LogicalEntry};
use super::text::{Lines, Row, Tags, Units};

/// Bytes of the text that are read. A million entries take about 300 MB.
pub(crate) const MOST_BYTES: u64 = 1 << 30;
/// Entries that are listed: a few hundred bytes of memory each.
const MOST_ENTRIES: usize = 4_000_000;
/// Problems of single entries that are listed.
const MOST_PROBLEMS: usize = 1000;

/// Categories that list no files: permissions, sources, subjects.
const WITHOUT_FILES: [&str; 3] = ["perm", "srce", "sub"];

/// What a tree says.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Bytes of the logical medium.
    pub(crate) total_bytes: Option<u64>,
    /// The entries, parents before their children.
    pub(crate) entries: Vec<LogicalEntry>,
    /// What is wrong with it.
    pub(crate) problems: Vec<Problem>,
}

/// Reads the text of a tree: UTF-16, little-endian.
pub(crate) fn read(structure: &Structure<'_>) -> Tree {
    let units: Vec<u16> =
        structure.all().as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let mut reading = Reading { structure, tree: Tree::default(), left_out: 0 };
    let mut lines = Lines::of(&units);
    let mut seen_entries = false;
    let mut before_is_empty = true;
    // The first line is the number of categories. A category ends with an empty line.
    lines.next();
    while let Some(line) = lines.next() {
        let begins = before_is_empty;
        before_is_empty = line.is_empty();
        if begins && line.is("rec") {
            reading.records(&mut lines);
        } else if begins && line.is("entry") {
            seen_entries = true;
            reading.entries(&mut lines);
            before_is_empty = true;
        } else if begins && !line.is_empty() && !WITHOUT_FILES.iter().any(|known| line.is(known)) {
            reading.unknown_category(&line);
        }
    }
    if !seen_entries {
        reading.problem(term!("logical.tree-no-category-entry-no"));
    }
    if reading.tree.total_bytes.is_none() {
        reading.problem(term!("logical.tree-does-not-say-how"));
    }
    reading.finish()
}

struct Reading<'s> {
    structure: &'s Structure<'s>,
    tree: Tree,
    /// Problems that are not listed.
    left_out: u64,
}

impl Reading<'_> {
    fn problem(&mut self, how: Term) {
        if self.tree.problems.len() >= MOST_PROBLEMS {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.tree.problems.push(self.structure.damage(ProblemKind::Inconsistent(how)));
    }

    fn unknown_category(&mut self, line: &Units<'_>) {
        let kind = ProblemKind::unknown(term!("image.category"), &line.text());
        if self.tree.problems.len() < MOST_PROBLEMS {
            self.tree.problems.push(self.structure.damage(kind).as_note());
        }
    }

    /// The category "rec": tags, values.
    fn records(&mut self, lines: &mut Lines<'_>) {
        let (Some(tags), Some(values)) = (lines.next(), lines.next()) else { return };
        let tags = Tags::of(tags);
        let total = Row::of(&tags, values).get("tb").and_then(Units::parse);
        self.tree.total_bytes = self.tree.total_bytes.or(total);
    }

    /// The category "entry": number of entries, tags, then for each entry a line of counts and a line of values, children behind parents.
    fn entries(&mut self, lines: &mut Lines<'_>) {
        let (Some(_), Some(tags)) = (lines.next(), lines.next()) else { return };
        let tags = Tags::of(tags);
        // The entries that wait for children: index, how many.
        let mut open: Vec<(usize, u64)> = Vec::new();
        while let Some(counts) = lines.next().filter(|counts| !counts.is_empty()) {
            let Some(values) = lines.next() else {
                self.problem(term!("logical.text-ends-within-entry"));
                break;
            };
            let index = self.tree.entries.len();
            if index >= MOST_ENTRIES {
                let what = term!("logical.entries-logical-evidence");
                let limit = byte_source::length(MOST_ENTRIES);
                self.tree
                    .problems
                    .push(self.structure.damage(ProblemKind::LimitReached { what, limit }));
                return;
            }
            while open.last().is_some_and(|(_, waiting)| *waiting == 0) {
                open.pop();
            }
            let parent = open.last_mut().map(|(parent, waiting)| {
                *waiting = waiting.saturating_sub(1);
                *parent
            });
            if parent.is_none() && index > 0 {
                self.problem(term!("logical.there-more-entries-parents-count"));
            }
            let (entry, fault) = entry::read(&Row::of(&tags, values), parent);
            if let Some(how) = fault {
                self.problem(how);
            }
            self.tree.entries.push(entry);
            match counts.values().nth(1).and_then(Units::parse) {
                Some(children) => open.push((index, children)),
                None => self.problem(term!("logical.number-children-entry-no-number")),
            }
        }
        if open.iter().any(|(_, waiting)| *waiting > 0) {
            self.problem(term!("logical.there-fewer-entries-parents-count"));
        }
    }

    fn finish(mut self) -> Tree {
        let total = self.tree.total_bytes.unwrap_or(u64::MAX);
        let outside = |entry: &&LogicalEntry| match &entry.data {
            LogicalData::Nothing => false,
            LogicalData::Fill(at) => *at >= total,
            LogicalData::Extents(ranges) => ranges.iter().any(|range| range.end > total),
        };
        let count = self.tree.entries.iter().filter(outside).count();
        for _ in 0..count {
            self.problem(term!("logical.data-entry-reach-behind-end"));
        }
        if self.left_out > 0 {
            let what = term!("logical.problems-tree-listed");
            let limit = byte_source::length(MOST_PROBLEMS);
            self.tree
                .problems
                .push(self.structure.damage(ProblemKind::LimitReached { what, limit }));
        }
        self.tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        read(&Structure::new("tree", 0, &bytes))
    }

    fn names(tree: &Tree) -> Vec<(Option<usize>, String)> {
        tree.entries
            .iter()
            .map(|entry| (entry.parent, String::from_utf16_lossy(&entry.name)))
            .collect()
    }

    const HEAD: &str = "5\nrec\ntb\tcl\n100\t1\n\nperm\n0\t1\np\tn\n0\t0\n1\t\n\nentry\n4\t1\nid\tp\tn\tls\tbe\tdu\topr\n";

    #[test]
    fn parents_are_found_by_counting_children() {
        let tree = tree(&format!(
            "{HEAD}26\t2\n1\t1\t\t\t\t\t\n26\t1\n2\t1\tC\t\t\t\t\n26\t0\n3\t\ta/b\t7\t1 5 7\t-1\t\n26\t0\n4\t\tz\t\t\t\t\n\n"
        ));
        assert_eq!(tree.problems, []);
        assert_eq!(tree.total_bytes, Some(100));
        let expected = [(None, ""), (Some(0), "C"), (Some(1), "a/b"), (Some(0), "z")];
        assert_eq!(names(&tree), expected.map(|(parent, name)| (parent, name.to_owned())));
        assert_eq!(tree.entries[2].data, LogicalData::Extents(std::iter::once(5..12).collect()));
        assert_eq!(tree.entries[3].data, LogicalData::Nothing);
    }

    #[test]
    fn sparse_data_are_one_byte_or_the_data_of_another() {
        let row = |values: &str| tree(&format!("{HEAD}0\t0\n1\t\tx\t{values}\n\n"));
        assert_eq!(row("50\t1 9 1\t-1\t67108864").entries[0].data, LogicalData::Fill(9));
        let shared = row("50\t1 9 1\t10\t67108864");
        assert_eq!(shared.entries[0].data, LogicalData::Extents(std::iter::once(10..60).collect()));
        assert_eq!(shared.problems, []);
        for (values, faults) in [
            ("50\t1 9 1\t-1\t0", 1),
            ("50\t1 9 32\t10\t0", 1),
            ("50\t1 60 32\t\t0", 1),
            ("50\t\t\t", 1),
        ] {
            assert_eq!(row(values).problems.len(), faults, "{values}: {:?}", row(values).problems);
        }
    }

    #[test]
    fn counts_that_do_not_fit_are_said_and_nothing_is_lost() {
        for (counts, problems) in [
            (["0\t1", "0\t0"], 0),
            (["0\t0", "0\t0"], 1),
            (["0\t3", "0\t0"], 1),
            (["0\tx", "0\t0"], 2),
        ] {
            let [first, second] = counts;
            let tree = tree(&format!("{HEAD}{first}\n1\t1\t\n{second}\n2\t\tfile\n\n"));
            assert_eq!(
                (tree.entries.len(), tree.problems.len()),
                (2, problems),
                "{counts:?}: {:?}",
                tree.problems
            );
        }
    }
}
