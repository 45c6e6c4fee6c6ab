//! Ctrl-C (SIGINT) and SIGTERM: the first press asks for a stop, the second ends the program at once.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pipeline::StopToken;
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::{Handle, Signals};

use crate::arguments::Global;
use crate::exit::{Exit, Failure};

/// A shell says of a program that a signal ended: 128 and the number of the signal.
const CODE_OF_SIGNALS: i32 = 128;

/// Listens to both signals while a command does work that can be stopped. Afterwards they end the program as they always do.
pub(crate) struct Stopping {
    token: StopToken,
    /// The signal that came first; 0: none.
    signal: Arc<AtomicUsize>,
    /// Signals have their usual effect.
    idle: Arc<AtomicBool>,
    teller: Option<Handle>,
}

impl Stopping {
    /// Begins to listen. Signals that were ignored when the program began remain so (`nohup`, jobs in the background of a script).
    ///
    /// # Errors
    /// When the system installs no handler, or starts no thread.
    pub(crate) fn listen(global: &Global) -> Result<Self, Failure> {
        let signals: Vec<i32> =
            [SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)).collect();
        let idle = Arc::new(AtomicBool::new(false));
        let requested = Arc::new(AtomicBool::new(false));
        let signal = Arc::new(AtomicUsize::new(0));
        for one in &signals {
            // In this order: the second press finds the mark of the first.
            let install = || {
                flag::register_conditional_default(*one, Arc::clone(&idle))?;
                flag::register_conditional_shutdown(
                    *one,
                    CODE_OF_SIGNALS + one,
                    Arc::clone(&requested),
                )?;
                flag::register_usize(
                    *one,
                    Arc::clone(&signal),
                    usize::try_from(*one).unwrap_or_default(),
                )?;
                flag::register(*one, Arc::clone(&requested))
            };
            install().map_err(failure)?;
        }
        let teller = if signals.is_empty() { None } else { Some(tell_first(&signals, global)?) };
        let token = StopToken::when(move || requested.load(Ordering::Relaxed));
        Ok(Self { token, signal, idle, teller })
    }

    /// Returns what the work looks at.
    pub(crate) fn token(&self) -> &StopToken {
        &self.token
    }

    /// Returns the signal that asked for the stop.
    pub(crate) fn signal(&self) -> Signal {
        let number = i32::try_from(self.signal.load(Ordering::Relaxed)).unwrap_or_default();
        Signal(if number == 0 { SIGINT } else { number })
    }

    /// Returns how the command ends: a stop is said in one sentence, of which `what` is the second half, and as a value.
    pub(crate) fn end(
        &self,
        result: Result<Exit, Failure>,
        what: &str,
        global: &Global,
    ) -> Result<Exit, Failure> {
        match result {
            Err(failure) if failure.is_stopped() => {
                let signal = self.signal();
                let text = format!("athar: stopped by {}: {what}", signal.name());
                let value = json!({ "state": "stopped", "signal": signal.name(), "text": what });
                print(&if global.json { value.to_string() } else { text });
                Ok(signal.exit())
            }
            other => other,
        }
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        self.idle.store(true, Ordering::Relaxed);
        if let Some(teller) = &self.teller {
            teller.close();
        }
    }
}

/// A signal that stops the program.
#[derive(Clone, Copy)]
pub(crate) struct Signal(i32);

impl Signal {
    /// Returns its name.
    pub(crate) fn name(self) -> &'static str {
        if self.0 == SIGTERM { "SIGTERM" } else { "SIGINT" }
    }

    /// Returns how the program ends after it.
    pub(crate) fn exit(self) -> Exit {
        if self.0 == SIGTERM { Exit::Terminated } else { Exit::Interrupted }
    }
}

/// Tells the first signal at once, on a thread of its own: workers may be held up by a slow medium.
fn tell_first(signals: &[i32], global: &Global) -> Result<Handle, Failure> {
    let mut coming = Signals::new(signals).map_err(failure)?;
    let handle = coming.handle();
    let quiet = global.quiet;
    let json = global.json;
    let tell = move || {
        if let Some(signal) = coming.forever().next().map(Signal)
            && !quiet
        {
            let name = signal.name();
            let text = format!(
                "athar: {name}: stopping, what was done is being stored; once more ends at once"
            );
            let value = json!({ "event": "stopping", "signal": name });
            print(&if json { value.to_string() } else { text });
        }
    };
    pipeline::beside(Box::new(tell)).map_err(failure)?;
    Ok(handle)
}

fn failure(error: io::Error) -> Failure {
    Failure::Check(format!("cannot listen to SIGINT and SIGTERM: {error}; nothing was done"))
}

/// Standard error may be closed; nobody is left to tell then.
fn print(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Returns whether the program was started with this signal ignored (`SigIgn` of proc_pid_status(5)).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    u32::try_from(signal - 1)
        .ok()
        .and_then(|bit| mask.checked_shr(bit))
        .is_some_and(|rest| rest & 1 == 1)
}
