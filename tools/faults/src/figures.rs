//! What was tried and what was wrong: the table.

use std::fmt::Write;

/// A line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was tried.
    pub what: String,
    /// How often.
    pub tried: u64,
    /// How often the program ended well all the same.
    pub survived: u64,
    /// What was wrong.
    pub wrong: Vec<String>,
}

/// The table of a campaign.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Its lines.
    pub rows: Vec<Row>,
}

impl Figures {
    /// Adds to the line of that name.
    pub(crate) fn add(&mut self, what: &str, survived: bool, wrong: Vec<String>) {
        if !self.rows.iter().any(|row| row.what == what) {
            self.rows.push(Row { what: what.to_owned(), tried: 0, survived: 0, wrong: Vec::new() });
        }
        for row in self.rows.iter_mut().filter(|row| row.what == what) {
            row.tried += 1;
            row.survived += u64::from(survived);
            row.wrong.extend_from_slice(&wrong);
        }
    }

    /// Takes the lines of another table in.
    pub fn extend(&mut self, other: Self) {
        for row in other.rows {
            match self.rows.iter_mut().find(|mine| mine.what == row.what) {
                Some(mine) => {
                    mine.tried += row.tried;
                    mine.survived += row.survived;
                    mine.wrong.extend(row.wrong);
                }
                None => self.rows.push(row),
            }
        }
    }

    /// Everything that was wrong.
    #[must_use]
    pub fn wrong(&self) -> Vec<&str> {
        self.rows.iter().flat_map(|row| row.wrong.iter().map(String::as_str)).collect()
    }

    /// How often anything was tried.
    #[must_use]
    pub fn tried(&self) -> u64 {
        self.rows.iter().map(|row| row.tried).sum()
    }

    /// As Markdown. `survived` names the third column, if it says anything; `total` adds all up.
    #[must_use]
    pub fn table(&self, what: &str, survived: Option<&str>, total: bool) -> String {
        let (name, rule) =
            survived.map_or_else(Default::default, |name| (format!(" {name} |"), " ---: |"));
        let mut text =
            format!("| {what} | tried |{name} lost or wrong |\n| --- | ---: |{rule} ---: |\n");
        let mut line = |what: &str, tried: u64, well: u64, wrong: usize| {
            let well = survived.map_or(String::new(), |_| format!(" {well} |"));
            // OK to ignore: writing into a String cannot fail.
            let _ = writeln!(text, "| {what} | {tried} |{well} {wrong} |");
        };
        for Row { what, tried, survived, wrong } in &self.rows {
            line(what, *tried, *survived, wrong.len());
        }
        if total {
            let survived = self.rows.iter().map(|row| row.survived).sum();
            line("**all**", self.tried(), survived, self.wrong().len());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_counts_what_was_tried_and_what_was_wrong() {
        let mut figures = Figures::default();
        figures.add("write: EIO", true, Vec::new());
        figures.add("write: EIO", false, vec!["gone".to_owned()]);
        let head = "| fault | tried | well | lost or wrong |\n| --- | ---: | ---: | ---: |\n";
        let rows = "| write: EIO | 2 | 1 | 1 |\n| **all** | 2 | 1 | 1 |\n";
        assert_eq!(figures.table("fault", Some("well"), true), format!("{head}{rows}"));
        let head = "| loss | tried | lost or wrong |\n| --- | ---: | ---: |\n";
        assert_eq!(figures.table("loss", None, false), format!("{head}| write: EIO | 2 | 1 |\n"));
    }
}
