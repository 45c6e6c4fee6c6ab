//! Progress: one line on a terminal, one line a stage otherwise, nothing when quiet.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeline::{Event, Observer, Stage};
use serde_json::json;
use words::{Language, Statement};

use crate::arguments::Global;
use crate::display::safe;
use crate::output::tell as print;
use crate::progress_line::{ProgressLine, Rate};
use crate::quantities::bytes;

/// Columns where the terminal does not say how many it has.
const USUAL_COLUMNS: usize = 80;
/// How often a second the line is drawn, at most.
const DRAWN_A_SECOND: u8 = 8;

/// Shows what a scan tells, on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    form: Form,
    verbose: bool,
    state: Mutex<State>,
}

/// How far the scan is.
struct State {
    line: ProgressLine,
    rate: Rate,
    started: Instant,
    /// The size of each item's files; `None` where one is a folder, whose content is not known before it is read.
    sizes: Option<Vec<u64>>,
    /// The item resumes an earlier scan.
    resumed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Line,
    Lines,
    Json,
    Nothing,
}

impl Progress {
    /// The progress of a scan of these items.
    pub(crate) fn new(global: &Global, items: &[PathBuf]) -> Self {
        let form = match (global.quiet, global.json, std::io::stderr().is_terminal()) {
            (true, _, _) => Form::Nothing,
            (_, true, _) => Form::Json,
            (_, _, true) => Form::Line,
            _ => Form::Lines,
        };
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if form == Form::Line {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN_A_SECOND));
        }
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let size = |item: &PathBuf| {
            std::fs::metadata(item).ok().filter(|found| found.is_file()).map(|found| found.len())
        };
        let state = State {
            line: ProgressLine::default(),
            rate: Rate::default(),
            started: Instant::now(),
            sizes: items.iter().map(size).collect(),
            resumed: false,
        };
        Self { bar, form, verbose: global.verbose, state: Mutex::new(state) }
    }

    /// Takes the line away before results are printed.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, text: &str) {
        match self.form {
            Form::Line => self.bar.suspend(|| print(text)),
            Form::Lines => print(text),
            Form::Json | Form::Nothing => {}
        }
    }

    fn say_event(&self, kind: &str, text: &str) {
        if self.form == Form::Json {
            print(&json!({ "event": kind, "what": text }).to_string());
        }
    }

    /// A line of progress that a panic left half changed is a line of progress.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, state: &State) {
        if self.form == Form::Line {
            self.bar.set_message(state.line.render(columns().saturating_sub(1)));
        }
    }

    fn item(&self, number: usize, all: usize, path: &std::path::Path) {
        let mut state = self.state();
        state.resumed = false;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        state.line =
            ProgressLine { item: (number, all), name, stage: "opening", ..ProgressLine::default() };
        self.draw(&state);
        drop(state);
        if self.form == Form::Json {
            print(
                &json!({ "event": "item", "number": number, "of": all, "path": path.to_string_lossy() })
                    .to_string(),
            );
        } else {
            self.say(&format!("[{number}/{all}] {}", safe(&path.to_string_lossy())));
        }
    }

    fn stage(&self, stage: Stage) {
        let (key, words) = match stage {
            Stage::Open => ("open", "opening"),
            Stage::Gather => ("gather", "reading names and metadata"),
            Stage::Hash(_) => ("hash", "hashing"),
            Stage::Certify => ("certify", "reconciling"),
        };
        let mut state = self.state();
        state.line.stage = words;
        state.line.work = (0, if let Stage::Hash(all) = stage { all } else { 0 });
        state.line.rate = None;
        let now = state.started.elapsed();
        let resumed = state.resumed;
        state.rate.begin(now, resumed);
        self.draw(&state);
        drop(state);
        match (self.form, stage) {
            (Form::Json, _) => print(&json!({ "event": "stage", "stage": key }).to_string()),
            (Form::Lines, Stage::Hash(all)) => print(&format!("  hashing {}", bytes(all))),
            (Form::Lines, _) => print(&format!("  {words}")),
            _ => {}
        }
    }

    fn advanced(&self, count: u64) {
        let mut state = self.state();
        let (done, all) = state.line.work;
        state.line.work = (done.saturating_add(count).min(all), all);
        let now = state.started.elapsed();
        let done = state.line.work.0;
        state.rate.note(now, done);
        state.line.rate = state.rate.bytes_a_second();
        state.line.batch = batch(&state);
        self.draw(&state);
    }
}

/// Returns how much of all items' files is done: the items before, and the present one's share.
fn batch(state: &State) -> Option<(u64, u64)> {
    let sizes = state.sizes.as_ref()?;
    let (number, _) = state.line.item;
    let before = sizes.iter().take(number.saturating_sub(1)).sum::<u64>();
    let this = sizes.get(number.checked_sub(1)?)?;
    let (done, all) = state.line.work;
    let share = u128::from(*this) * u128::from(done) / u128::from(all.max(1));
    Some((before.saturating_add(u64::try_from(share).unwrap_or(*this)), sizes.iter().sum()))
}

/// Returns the columns of the terminal on standard error.
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok();
    size.map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(USUAL_COLUMNS)
}

/// Returns the words of an event.
fn said(what: &Statement) -> String {
    what.text(Language::English)
}

impl Observer for Progress {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Item(number, all, path) => self.item(*number, *all, path),
            Event::Stage(stage) => self.stage(*stage),
            Event::Reading(how) => {
                if self.verbose {
                    self.say(&format!("  evidence file read by {}", said(how)));
                }
            }
            Event::Memory(what, exceeded) => {
                let what = match exceeded {
                    true => format!("{} (--memory sets the limit)", said(what)),
                    false => said(what),
                };
                if *exceeded || self.verbose {
                    self.say(&format!("  {}", safe(&what)));
                }
                if self.form == Form::Json {
                    print(
                        &json!({ "event": "memory", "what": what, "exceeded": exceeded })
                            .to_string(),
                    );
                }
            }
            Event::BrokenOff(what) => {
                self.state().resumed = true;
                let what = said(what);
                self.say(&format!("  {what}"));
                self.say_event("broken-off", &what);
            }
            Event::Checkpoint(what) => {
                let what = said(what);
                self.say(&format!("  {}", safe(&what)));
                if self.form == Form::Json {
                    print(&json!({ "event": "checkpoint", "what": what }).to_string());
                }
            }
            Event::Slow(what) => {
                let what = said(what);
                self.say(&format!("  {}", safe(&what)));
                self.say_event("slow", &what);
            }
            Event::Advanced(count) => self.advanced(*count),
        }
    }
}
