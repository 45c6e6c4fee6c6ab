//! Standard output: text for people or JSON Lines. A failed write is a failure.

use std::io::{self, BufWriter, Stdout, Write};

use serde_json::{Value, json};

use crate::arguments::Global;
use crate::display::safe_lines;
use crate::exit::Failure;

/// Where results go.
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    json: bool,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, io::stdout()), json: global.json, quiet: global.quiet }
    }

    /// JSON Lines are wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of what was asked for.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(Failure::Output)
    }

    /// Whole lines of what was asked for, with their newlines.
    pub(crate) fn text(&mut self, lines: &str) -> Result<(), Failure> {
        self.out.write_all(lines.as_bytes()).map_err(Failure::Output)
    }

    /// Bytes of what was asked for.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(Failure::Output)
    }

    /// An object of what was asked for.
    pub(crate) fn object(&mut self, value: &Value) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.out, value).map_err(|error| Failure::Output(error.into()))?;
        self.out.write_all(b"\n").map_err(Failure::Output)
    }

    /// Remarks are shown: neither `--quiet` nor `--json` hides them.
    pub(crate) fn shows_remarks(&self) -> bool {
        !self.quiet && !self.json
    }

    /// A line that people may do without: left out with `--quiet` and `--json`.
    pub(crate) fn remark(&mut self, text: &str) -> Result<(), Failure> {
        if self.shows_remarks() { self.line(text) } else { Ok(()) }
    }

    /// A word beside the results, on standard error: text for people, an event with `--json`, nothing with `--quiet`. Standard error may be
    /// closed; nothing is lost then.
    pub(crate) fn aside(&self, text: &str, event: &Value) {
        if !self.quiet {
            let text = if self.json { event.to_string() } else { text.to_owned() };
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// A word that no option hides, on standard error, after what was printed so far: text for people, an event with `--json`. Standard error
    /// may be closed; the exit code says it then.
    pub(crate) fn warn(&mut self, text: &str, event: &Value) -> Result<(), Failure> {
        self.flush()?;
        let text = if self.json { event.to_string() } else { text.to_owned() };
        let _ = writeln!(io::stderr(), "{text}");
        Ok(())
    }

    /// The raw bytes of a file.
    pub(crate) fn raw(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::Output)
    }

    /// Writes what is left.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.flush()
    }
}

/// Says on standard error why a command failed, and what to do.
pub(crate) fn print_failure(failure: &Failure, json: bool) {
    let hint = failure.hint();
    let text = if json {
        json!({ "error": failure.to_string(), "hint": hint }).to_string()
    } else {
        let hint = hint.map_or(String::new(), |hint| format!("\n  {hint}"));
        safe_lines(&format!("athar: {failure}{hint}"))
    };
    // Standard error may be closed; there is nobody left to tell then.
    let _ = writeln!(io::stderr(), "{text}");
}
