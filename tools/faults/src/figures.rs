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

    /// As Markdown. `survived` names the third column.
    #[must_use]
    pub fn table(&self, what: &str, survived: &str) -> String {
        let mut text =
            format!("| {what} | tried | {survived} | lost or wrong |\n| --- | ---: | ---: | ---: |\n");
        for Row { what, tried, survived, wrong } in &self.rows {
            // OK to ignore: writing into a String cannot fail.
            let _ = writeln!(text, "| {what} | {tried} | {survived} | {} |", wrong.len());
        }
        let survived: u64 = self.rows.iter().map(|row| row.survived).sum();
        let _ = writeln!(text, "| **all** | {} | {survived} | {} |", self.tried(), self.wrong().len());
        text
    }
}
