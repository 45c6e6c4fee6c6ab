//! Runs a program to its end, and ends it when it hangs: judged by what its threads do, not by the clock, so that a busy machine is no hang.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use faults::{Attempt, Failure, Outcome};
use rustix::process::{Pid, Signal, kill_process};

/// So much processor time is far more than a small disk needs, in hundredths of a second.
const MOST_TICKS: u64 = 300 * 100;
/// So many looks in a row, one a second, at which no thread ran or waited for a disk: nothing will wake them.
const MOST_IDLE_LOOKS: u32 = 60;

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Why it was ended, when it hung.
    pub(crate) hang: Option<String>,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: String,
}

/// Runs a command; what it prints goes through files in `folder`.
///
/// # Errors
/// It cannot be started.
pub(crate) fn run(mut command: Command, folder: &Path) -> Outcome<Ended> {
    let out = folder.join("said");
    let err = folder.join("said-of-errors");
    command.stdin(Stdio::null());
    command.stdout(File::create(&out).when(out.display())?);
    command.stderr(File::create(&err).when(err.display())?);
    let mut child = command.spawn().when("athar")?;
    let number = child.id();
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(child.wait()));
    let mut watch = Watch::default();
    let mut hang = None;
    let status = loop {
        match receiver.recv_timeout(Duration::from_secs(1)) {
            Ok(status) => break status.when("athar")?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::new("athar: its end was not seen"));
            }
            Err(RecvTimeoutError::Timeout) if hang.is_none() => {
                hang = watch.look(number);
                if hang.is_some() {
                    kill(number);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    let errors = String::from_utf8_lossy(&fs::read(&err).when(err.display())?).into_owned();
    Ok(Ended { code: status.code(), hang, output: fs::read(&out).when(out.display())?, errors })
}

fn kill(number: u32) {
    let pid = i32::try_from(number).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself meanwhile.
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// What was seen at the looks before.
#[derive(Debug, Default)]
struct Watch {
    ticks: u64,
    idle: u32,
}

impl Watch {
    /// Looks at the threads; says why the program hangs, if it does.
    fn look(&mut self, number: u32) -> Option<String> {
        let seen = threads(number)?;
        let is_idle = seen.all_sleep && seen.ticks == self.ticks;
        self.idle = if is_idle { self.idle + 1 } else { 0 };
        self.ticks = seen.ticks;
        if self.idle >= MOST_IDLE_LOOKS {
            return Some(format!(
                "no thread ran or waited for a disk at {MOST_IDLE_LOOKS} looks in a row"
            ));
        }
        (seen.ticks > MOST_TICKS)
            .then(|| format!("more than {} s of processor time", MOST_TICKS / 100))
    }
}

struct Seen {
    ticks: u64,
    all_sleep: bool,
}

/// Processor time and states of all threads, from `/proc`; `None` when it ended meanwhile.
fn threads(number: u32) -> Option<Seen> {
    let mut seen = Seen { ticks: 0, all_sleep: true };
    for thread in fs::read_dir(format!("/proc/{number}/task")).ok()? {
        let Ok(text) = fs::read_to_string(thread.ok()?.path().join("stat")) else { continue };
        // The name, in brackets, may have spaces.
        let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
        seen.all_sleep &= fields.first() == Some(&"S");
        let ticks =
            |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        seen.ticks += ticks(11) + ticks(12);
    }
    Some(seen)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::{MOST_IDLE_LOOKS, MOST_TICKS, Watch, threads};

    #[test]
    fn a_program_that_runs_is_seen_running() {
        let seen = threads(std::process::id()).unwrap();
        assert!(!seen.all_sleep, "this thread runs");
    }

    #[test]
    fn who_runs_is_not_idle() {
        let mut watch = Watch { ticks: 0, idle: MOST_IDLE_LOOKS };
        assert_eq!(watch.look(std::process::id()), None);
        assert_eq!(watch.idle, 0);
        assert!(watch.ticks < MOST_TICKS);
    }
}
