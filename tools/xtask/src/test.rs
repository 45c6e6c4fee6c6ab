//! `cargo xtask test`: the programs tests use, then all tests.

use std::process::ExitCode;

use crate::failure::Outcome;
use crate::process::{exit_code, program, say_and_run};
use crate::workspace::{cargo, root};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Handed on to `cargo test`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    more: Vec<String>,
}

/// Runs all tests; the exit code is that of `cargo test`.
pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let root = root();
    let installed =
        say_and_run(&mut program(root.join("tools/install-test-programs"), [""; 0], &root))?;
    if !installed.success() {
        eprintln!(
            "xtask: tools/install-test-programs failed ({installed}); tests that lack their program say so"
        );
    }
    let tests =
        say_and_run(cargo(&["test", "--workspace", "--no-fail-fast"]).args(&arguments.more))?;
    Ok(exit_code(tests))
}
