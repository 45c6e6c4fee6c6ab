//! athar: takes seized storage media into evidence.
#![forbid(unsafe_code)]

mod arguments;
mod colour;
mod commands;
mod coverage;
mod desk;
mod display;
mod exit;
mod instants;
mod open_evidence;
mod output;
mod pager;
mod passphrase;
mod progress;
mod progress_line;
mod quantities;
mod same_media;
mod shell_word;
mod signatures;
mod stopping;
mod summary;
mod summary_checkpoints;
mod summary_nested;
mod terminal_guard;
mod usage;
mod version;

use crate::arguments::Command;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;

fn main() -> std::process::ExitCode {
    if version::is_asked(std::env::args_os().skip(1)) {
        // Whoever reads may have closed its end: nobody is left to tell then.
        let _ = version::print(std::env::args_os().skip(1));
        return Exit::Complete.into();
    }
    // Exports, checkpoints and new labs hold evidence and names of people: nobody else may read them, whatever the shell's umask is.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let arguments = match usage::read() {
        Ok(arguments) => arguments,
        Err(ended) => return ended,
    };
    let mut output = Output::new(&arguments.global);
    let mut desk = Desk::new(&arguments.global);
    let result = run(&arguments.command, &mut desk, &mut output);
    let finished = output.finish();
    let exit = match result.and_then(|exit| finished.map(|()| exit)) {
        Ok(exit) => exit,
        // Whoever reads our output has seen enough (`athar find … | head`): no failure of ours.
        Err(failure) if failure.is_closed_pipe() => Exit::Complete,
        Err(failure) => {
            output::print_failure(&failure, arguments.global.json);
            failure.exit()
        }
    };
    // Also when the command failed: what it appended to a ledger before is signed.
    let exit = match signatures::end_session(&arguments.global, desk.leave(), &mut output) {
        Ok(ended) => {
            if exit == Exit::Complete {
                ended
            } else {
                exit
            }
        }
        Err(failure) => {
            output::print_failure(&failure, arguments.global.json);
            if exit == Exit::Complete { failure.exit() } else { exit }
        }
    };
    exit.into()
}

fn run(command: &Command, desk: &mut Desk<'_>, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Command::Scan(scan) => commands::scan::run(desk, scan, output),
        Command::Find(find) => commands::find::run(desk, find, output),
        Command::Case(case) => commands::case::run(desk, case, output),
        Command::HashSet(hash_set) => commands::hash_set::run(desk, hash_set, output),
        Command::Match(matching) => commands::match_sets::run(desk, matching, output),
        Command::Custody(custody) => commands::custody::run(desk, custody, output),
        Command::Key(key) => commands::key::run(desk, key, output),
        Command::Evidence(evidence) => commands::evidence::run(desk, evidence, output),
        Command::Image(image) => commands::image::run(desk.global, image, output),
        Command::Volumes(image) => commands::volumes::run(desk.global, image, output),
        Command::Ls(ls) => commands::ls::run(desk.global, ls, output),
        Command::Stat(stat) => commands::stat::run(desk.global, stat, output),
        Command::Cat(cat) => commands::cat::run(desk, cat, output),
        Command::Export(export) => commands::export::run(desk, export, output),
        Command::Extract(extract) => commands::extract::run(desk, extract, output),
        Command::Completions { shell } => commands::completions::completions(*shell, output),
        Command::Man { folder } => commands::completions::man(folder, output),
    }
}
