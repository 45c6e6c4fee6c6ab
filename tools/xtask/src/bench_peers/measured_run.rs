//! One run of a program: how long it took, what it used.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use wait4::Wait4;

use crate::failure::{Attempt, Failure, Outcome};

/// How often is looked how much memory a program uses, and whether its time is over.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What one run gave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) wall: Duration,
    /// Time of all its threads on processors, user and system.
    pub(super) processor: Duration,
    /// The most memory it held at a time, in bytes, pages of mapped files included, as the system counted.
    pub(super) peak_bytes: u64,
    /// The same without pages of files, which the system takes back when it needs them; sampled, so a short peak may be missed.
    pub(super) own_peak_bytes: u64,
    /// Bytes that devices read for it, 0 where the system does not tell.
    pub(super) device_bytes: u64,
    pub(super) exit: Option<i32>,
    /// Its time was over and it was ended.
    pub(super) cut_off: bool,
}

/// Runs a program to its end, or until `most` is over; its output goes to files in `folder`.
pub(super) fn measure(command: &mut Command, folder: &Path, most: Duration) -> Outcome<Run> {
    let file =
        |name: &str| std::fs::File::create(folder.join(name)).when(folder.join(name).display());
    command
        .stdin(Stdio::null())
        .stdout(file("stdout")?)
        .stderr(file("stderr")?)
        .current_dir(folder);
    let name = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let child = command.spawn().when(&name)?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| Failure::new(format!("{name}: no process number")))?;
    let watch = Watch::default();
    let (wall, device_bytes) = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch.look(pid, started, most));
        // Its number stays its own until it is reaped below: what it used can still be read, and nobody else can be killed.
        let ended = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let wall = started.elapsed();
        watch.ended.store(true, Ordering::SeqCst);
        watcher.thread().unpark();
        ended.when(&name)?;
        Ok::<_, Failure>((wall, device_bytes(pid)))
    })?;
    let used = child.wait4().when(&name)?;
    Ok(Run {
        wall,
        processor: used.rusage.utime + used.rusage.stime,
        peak_bytes: used.rusage.maxrss,
        own_peak_bytes: watch.own_peak_bytes.into_inner(),
        device_bytes,
        exit: used.status.code(),
        cut_off: watch.cut_off.into_inner(),
    })
}

/// What is looked at while a program runs.
#[derive(Default)]
struct Watch {
    ended: AtomicBool,
    cut_off: AtomicBool,
    own_peak_bytes: AtomicU64,
}

impl Watch {
    fn look(&self, pid: Pid, started: Instant, most: Duration) {
        while !self.ended.load(Ordering::SeqCst) {
            self.own_peak_bytes.fetch_max(own_bytes(pid), Ordering::Relaxed);
            if started.elapsed() > most {
                self.cut_off.store(true, Ordering::Relaxed);
                // It may have ended by itself just now.
                let _ = kill_process(pid, Signal::KILL);
                return;
            }
            thread::park_timeout(LOOK_EVERY);
        }
    }
}

/// Memory that is not a page of a file.
fn own_bytes(pid: Pid) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()))
        .unwrap_or_default();
    field(&text, "RssAnon:").unwrap_or(0).saturating_mul(1024)
}

fn device_bytes(pid: Pid) -> u64 {
    let text =
        std::fs::read_to_string(format!("/proc/{}/io", pid.as_raw_nonzero())).unwrap_or_default();
    field(&text, "read_bytes:").unwrap_or(0)
}

/// The number after a word at the start of a line.
fn field(text: &str, word: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use super::{Run, field, measure};

    fn shell(script: &str, most: Duration) -> Run {
        let folder = tempfile::tempdir().unwrap();
        let run = measure(Command::new("sh").args(["-c", script]), folder.path(), most).unwrap();
        assert!(Path::new("/proc").exists());
        run
    }

    #[test]
    fn what_a_program_used_is_told() {
        let run = shell(
            "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; exit 7",
            Duration::from_secs(60),
        );
        assert_eq!((run.exit, run.cut_off), (Some(7), false));
        assert!(run.processor > Duration::from_millis(1), "{run:?}");
        assert!(run.peak_bytes > 100_000, "{run:?}");
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let run = shell("exec sleep 60", Duration::from_millis(50));
        assert!(run.cut_off && run.exit.is_none(), "{run:?}");
        assert!(run.wall < Duration::from_secs(30), "{run:?}");
    }

    #[test]
    fn numbers_are_found_by_their_word() {
        let text = "rchar: 5\nread_bytes: 4096\nRssAnon:\t     12 kB\n";
        assert_eq!((field(text, "read_bytes:"), field(text, "RssAnon:")), (Some(4096), Some(12)));
        assert_eq!(field(text, "write_bytes:"), None);
    }
}
