//! Progress: a bar on a terminal, one line a stage otherwise, nothing when quiet.

use std::io::{IsTerminal, Write};
use words::{Language, Statement};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeline::{Event, Observer, Stage};
use serde_json::json;

use crate::arguments::Global;
use crate::display::safe;
use crate::quantities::bytes;

/// Shows what a scan tells, on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    form: Form,
    verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Bar,
    Lines,
    Json,
    Nothing,
}

impl Progress {
    pub(crate) fn new(global: &Global) -> Self {
        let form = match (global.quiet, global.json, std::io::stderr().is_terminal()) {
            (true, _, _) => Form::Nothing,
            (_, true, _) => Form::Json,
            (_, _, true) => Form::Bar,
            _ => Form::Lines,
        };
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if form == Form::Bar {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        }
        let style = ProgressStyle::with_template(
            "  {msg}  [{bar:30}] {bytes}/{total_bytes}  {binary_bytes_per_sec}  {eta} left",
        );
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, form, verbose: global.verbose }
    }

    /// Takes the bar away before results are printed.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, text: &str) {
        match self.form {
            Form::Bar => self.bar.suspend(|| print(text)),
            Form::Lines => print(text),
            Form::Json | Form::Nothing => {}
        }
    }
}

/// Progress that cannot be shown is no failure.
fn print(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Returns the words of an event.
fn said(what: &Statement) -> String {
    what.text(Language::English)
}

impl Observer for Progress {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Item(number, all, path) => {
                self.bar.reset();
                self.say(&format!("[{number}/{all}] {}", safe(&path.to_string_lossy())));
                if self.form == Form::Json {
                    print(&json!({ "event": "item", "number": number, "of": all, "path": path.to_string_lossy() }).to_string());
                }
            }
            Event::Stage(stage) => {
                let (key, text) = match stage {
                    Stage::Open => ("open", "  opening".to_owned()),
                    Stage::Gather => ("gather", "  reading names and metadata".to_owned()),
                    Stage::Hash(total) => {
                        self.bar.reset();
                        self.bar.set_length(*total);
                        self.bar.set_message("hashing");
                        ("hash", format!("  hashing {}", bytes(*total)))
                    }
                    Stage::Certify => ("certify", "  reconciling".to_owned()),
                };
                match self.form {
                    Form::Json => print(&json!({ "event": "stage", "stage": key }).to_string()),
                    Form::Lines => print(&text),
                    Form::Bar | Form::Nothing => {}
                }
            }
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
                    print(&json!({ "event": "memory", "what": what, "exceeded": exceeded }).to_string());
                }
            }
            Event::BrokenOff(what) => {
                let what = said(what);
                self.say(&format!("  {what}"));
                if self.form == Form::Json {
                    print(&json!({ "event": "broken-off", "what": what }).to_string());
                }
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
                if self.form == Form::Json {
                    print(&json!({ "event": "slow", "what": what }).to_string());
                }
            }
            Event::Advanced(count) => self.bar.inc(*count),
        }
    }
}
