//! athar: takes seized storage media into evidence.
#![forbid(unsafe_code)]

mod arguments;
mod checkpoints;
mod commands;
mod display;
mod durable;
mod exit;
mod instants;
mod lab_keys;
mod open_actions;
mod open_evidence;
mod open_lab;
mod output;
mod passphrase;
mod progress;
mod quantities;
mod resources;
mod summary;
mod version;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;
use crate::output::Output;

fn main() -> std::process::ExitCode {
    if version::is_asked(std::env::args_os().skip(1)) {
        // Whoever reads may have closed its end: nobody is left to tell then.
        let _ = version::print(std::env::args_os().skip(1));
        return Exit::Complete.into();
    }
    let arguments = Arguments::parse();
    let mut output = Output::new(&arguments.global);
    let result = match &arguments.command {
        Command::Scan(scan) => commands::scan::run(&arguments.global, scan, &mut output),
        Command::Find(find) => commands::find::run(&arguments.global, find, &mut output),
        Command::Case(case) => commands::case::run(&arguments.global, case, &mut output),
        Command::HashSet(hash_set) => commands::hash_set::run(&arguments.global, hash_set, &mut output),
        Command::Match(matching) => commands::match_sets::run(&arguments.global, matching, &mut output),
        Command::Custody(custody) => commands::custody::run(&arguments.global, custody, &mut output),
        Command::Key(key) => commands::key::run(&arguments.global, key, &mut output),
        Command::Evidence(evidence) => commands::evidence::run(&arguments.global, evidence, &mut output),
        Command::Image(image) => commands::image::run(&arguments.global, image, &mut output),
        Command::Volumes(image) => commands::volumes::run(&arguments.global, image, &mut output),
        Command::Ls(ls) => commands::ls::run(&arguments.global, ls, &mut output),
        Command::Stat(stat) => commands::stat::run(&arguments.global, stat, &mut output),
        Command::Cat(cat) => commands::cat::run(&arguments.global, cat, &mut output),
        Command::Export(export) => commands::export::run(&arguments.global, export, &mut output),
    };
    let exit = match result.and_then(|exit| output.finish().map(|()| exit)) {
        Ok(exit) => exit,
        // Whoever reads our output has seen enough (`athar find … | head`): no failure of ours.
        Err(failure) if failure.is_closed_pipe() => Exit::Complete,
        Err(failure) => {
            output::print_failure(&failure, arguments.global.json);
            failure.exit()
        }
    };
    // Also when the command failed: what it appended to a ledger before is signed.
    let exit = match checkpoints::sign_what_was_appended(&arguments.global, &output) {
        Ok(()) => exit,
        Err(failure) => {
            output::print_failure(&failure, arguments.global.json);
            if exit == Exit::Complete { failure.exit() } else { exit }
        }
    };
    exit.into()
}
