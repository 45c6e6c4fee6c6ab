//! Standard output: text for people or JSON Lines. A failed write is a failure.

use std::cell::RefCell;
use std::io::{self, BufWriter, Stdout, Write};
use std::process::ChildStdin;

use serde_json::{Value, json};

use crate::arguments::Global;
use crate::colour;
use crate::display::safe_lines;
use crate::exit::Failure;
use crate::pager::Pager;

/// Where results go.
pub(crate) struct Output {
    out: BufWriter<Sink>,
    json: bool,
    quiet: bool,
    may_page: bool,
    colour: bool,
    pager: Option<Pager>,
    /// What is to be said on standard error when the pager has left the screen.
    deferred: RefCell<Vec<String>>,
}

/// The other end of standard output.
enum Sink {
    Stdout(Stdout),
    Pager(ChildStdin),
    /// The pager has ended.
    Closed,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Pager(out) => out.write(bytes),
            Self::Closed => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Pager(out) => out.flush(),
            Self::Closed => Ok(()),
        }
    }
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            out: BufWriter::with_capacity(1 << 16, Sink::Stdout(io::stdout())),
            json: global.json,
            quiet: global.quiet,
            may_page: !global.json && !global.no_pager,
            colour: !global.json && colour::is_wanted(),
            pager: None,
            deferred: RefCell::default(),
        }
    }

    /// Lets the answer that follows go through the reader's pager, if there is one. For tables without an end that a screen shows.
    pub(crate) fn page(&mut self) -> Result<(), Failure> {
        if !self.may_page || self.pager.is_some() {
            return Ok(());
        }
        self.flush()?;
        if let Some((pager, input)) = Pager::start() {
            *self.out.get_mut() = Sink::Pager(input);
            self.pager = Some(pager);
        }
        Ok(())
    }

    /// JSON Lines are wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of what was asked for.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        match self.colour {
            true => writeln!(self.out, "{}", colour::painted(text)),
            false => writeln!(self.out, "{text}"),
        }
        .map_err(Failure::Output)
    }

    /// Whole lines of what was asked for, with their newlines.
    pub(crate) fn text(&mut self, lines: &str) -> Result<(), Failure> {
        if !self.colour {
            return self.bytes(lines.as_bytes());
        }
        lines
            .split_inclusive('\n')
            .try_for_each(|line| self.bytes(colour::painted(line).as_bytes()))
    }

    /// Bytes of what was asked for.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(Failure::Output)
    }

    /// An object of what was asked for.
    pub(crate) fn object(&mut self, value: &Value) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.out, value)
            .map_err(|error| Failure::Output(error.into()))?;
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
            self.say(if self.json { event.to_string() } else { text.to_owned() });
        }
    }

    /// A word that no option hides, on standard error, after what was printed so far: text for people, an event with `--json`. Standard error
    /// may be closed; the exit code says it then.
    pub(crate) fn warn(&mut self, text: &str, event: &Value) -> Result<(), Failure> {
        self.flush()?;
        self.say(if self.json { event.to_string() } else { text.to_owned() });
        Ok(())
    }

    /// Says it now, or when the pager has left the screen.
    fn say(&self, text: String) {
        match self.pager {
            Some(_) => self.deferred.borrow_mut().push(text),
            None => tell(&text),
        }
    }

    /// The raw bytes of a file.
    pub(crate) fn raw(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::Output)
    }

    /// Writes what is left, and waits until the reader leaves the pager. Also after a failure: what was printed before stays readable.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let flushed = self.flush();
        if let Some(pager) = self.pager.take() {
            *self.out.get_mut() = Sink::Closed;
            pager.wait();
            *self.out.get_mut() = Sink::Stdout(io::stdout());
            self.deferred.take().iter().for_each(|text| tell(text));
        }
        flushed
    }
}

/// Says a line on standard error. It may be closed; there is nobody left to tell then.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
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
    tell(&text);
}
