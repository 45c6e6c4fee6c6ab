//! Long answers go through the reader's pager, on a terminal only.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A pager that runs.
pub(crate) struct Pager {
    child: Child,
}

impl Pager {
    /// Starts the pager that `PAGER` names, when standard output is a terminal. Without the variable, or with an empty one, there is none; one
    /// that cannot be started is none, either.
    pub(crate) fn start() -> Option<(Self, ChildStdin)> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let mut child = command(std::env::var_os("PAGER")?)?.stdin(Stdio::piped()).spawn().ok()?;
        let input = child.stdin.take()?;
        // Ctrl-C is for the pager: the program ends when the reader leaves it. A handler that only notes it lets the pager's own stay.
        let _ = signal_hook::flag::register(
            signal_hook::consts::SIGINT,
            Arc::new(AtomicBool::new(false)),
        );
        Some((Self { child }, input))
    }

    /// Waits until the reader leaves. Its input must be closed.
    pub(crate) fn wait(mut self) {
        // The answer was handed over: how the pager ended is no fault of ours.
        let _ = self.child.wait();
    }
}

/// The words of `PAGER`, as a shell splits plain ones. `less` shows colour and leaves short answers on the screen, unless `LESS` is set.
fn command(pager: OsString) -> Option<Command> {
    let pager = pager.into_string().ok()?;
    let mut words = pager.split_whitespace();
    let mut command = Command::new(words.next()?);
    command.args(words);
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_pager_is_none_and_options_are_kept() {
        assert!(command("".into()).is_none() && command("  ".into()).is_none());
        let less = command("less -S".into()).unwrap();
        assert_eq!((less.get_program(), less.get_args().count()), ("less".as_ref(), 1));
    }
}
