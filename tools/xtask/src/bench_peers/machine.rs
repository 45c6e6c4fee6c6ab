//! Where it was measured, and with which versions.

use std::path::Path;

use crate::process::{exists, program};
use crate::workspace::root;

/// Runnable tasks above which others disturb the measurement.
const BUSY_LOAD: f64 = 0.7;

/// The machine in lines.
pub(super) fn machine() -> Vec<String> {
    let cpu =
        line_value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = line_value("/proc/meminfo", "MemTotal").unwrap_or_default();
    vec![
        format!("{cpu}, {processors} processors, memory {memory}"),
        format!("kernel {}", first_line("uname", &["-sr"]).unwrap_or_default()),
        format!(
            "load before the first run {:.1}{}",
            load(),
            if is_busy() { ": NOT QUIET" } else { "" }
        ),
    ]
}

/// Today, in UTC.
pub(super) fn today() -> String {
    first_line("date", &["-u", "+%Y-%m-%d"]).unwrap_or_default()
}

/// Says when other programs are running: wall times are worth less then.
pub(super) fn warn_when_busy() {
    if is_busy() {
        eprintln!(
            "the machine is busy (load {:.1}): trust the time of processors more than the time on the wall",
            load()
        );
    }
}

/// The programs' versions, athar's first.
pub(super) fn versions(athar: &Path) -> Vec<String> {
    let own = first_line(&athar.to_string_lossy(), &["--version"]).unwrap_or_default();
    let commit = first_line("git", &["describe", "--always", "--dirty"]).unwrap_or_default();
    let asked: [(&str, &[&str]); 8] = [
        ("fiwalk", &["-V"]),
        ("tsk_loaddb", &["-V"]),
        ("hashdeep", &["-V"]),
        ("openssl", &["version"]),
        ("sha256sum", &["--version"]),
        ("b3sum", &["--version"]),
        ("ewfverify", &["-V"]),
        ("rustc", &["--version"]),
    ];
    let peers = asked.iter().map(|(name, arguments)| match exists(name) {
        true => {
            format!("{name}: {}", first_line(name, arguments).unwrap_or_else(|| "?".to_owned()))
        }
        false => format!("{name}: not installed"),
    });
    [format!("athar: {own}, commit {commit}")].into_iter().chain(peers).collect()
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

fn is_busy() -> bool {
    load() > BUSY_LOAD
}

fn line_value(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The first line that a program says, on whichever stream.
fn first_line(name: &str, arguments: &[&str]) -> Option<String> {
    let done = program(name, arguments, &root()).output().ok()?;
    let said = [done.stdout, done.stderr].concat();
    let text = String::from_utf8_lossy(&said);
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}
