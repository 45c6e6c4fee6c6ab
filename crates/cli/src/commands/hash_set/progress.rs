//! Progress of an import: a bar on a terminal, nothing otherwise.

use std::cell::Cell;
use std::io::IsTerminal;

use hash_set::{Progress, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::arguments::Global;

/// Shows how far an import is, on standard error.
pub(super) struct ImportProgress {
    bar: ProgressBar,
    stage: Cell<Option<Stage>>,
}

impl ImportProgress {
    pub(super) fn new(global: &Global) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if !global.quiet && !global.json && std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        }
        Self { bar, stage: Cell::new(None) }
    }

    /// Takes what the import tells.
    pub(super) fn step(&self, progress: Progress) {
        if self.stage.replace(Some(progress.stage)) != Some(progress.stage) {
            let (message, form) = match progress.stage {
                Stage::Reading => {
                    ("reading", "  {msg}  [{bar:30}] {bytes}/{total_bytes}  {eta} left")
                }
                Stage::Copying => {
                    ("copying", "  {msg}  [{bar:30}] {bytes}/{total_bytes}  {eta} left")
                }
                Stage::ReadingRows => ("reading", "  {msg}  rows: {human_pos}  {per_sec}"),
                Stage::Hashing => {
                    ("hashing", "  {msg}  [{bar:30}] {bytes}/{total_bytes}  {eta} left")
                }
                Stage::Compiling => (
                    "compiling",
                    "  {msg}  [{bar:30}] records: {human_pos}/{human_len}  {eta} left",
                ),
                Stage::Verifying => ("verifying", "  {msg}  sets: {human_pos}/{human_len}"),
            };
            self.bar.reset();
            self.bar.set_message(message);
            if let Ok(style) = ProgressStyle::with_template(form) {
                self.bar.set_style(style.progress_chars("=> "));
            }
        }
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
    }

    /// Takes the bar away before results are printed.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
