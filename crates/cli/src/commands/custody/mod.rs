//! `athar custody`.

mod add;
mod checkpoint;
mod documents;
mod export;
mod index_check;
pub(super) mod judge;
pub(super) mod opened;
mod personal_key;
mod prove;
mod restore;
mod show;
mod timestamp;
mod verify;
mod verify_export;
mod witness;

use crate::arguments::{Custody, Global};
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) fn run(global: &Global, command: &Custody, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Custody::Show { case } => show::run(global, case.as_deref(), output),
        Custody::Verify(arguments) => verify::run(global, arguments, output),
        Custody::Add(act) => add::run(global, act, output),
        Custody::Checkpoint(arguments) => checkpoint::run(global, arguments, output),
        Custody::Prove(arguments) => prove::run(global, arguments, output),
        Custody::Witness(command) => witness::run(global, command, output),
        Custody::Timestamp(arguments) => timestamp::run(global, arguments, output),
        Custody::Export(arguments) => export::run(global, arguments, output),
        Custody::Restore(arguments) => restore::run(global, arguments, output),
    }
}

/// Writes a file that is not there yet, or says why not.
fn write_new(path: &std::path::Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    let written = std::fs::File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        crate::durable::make_durable(path)
    });
    written.map_err(|error| Failure::Check(format!("{}: {error}", path.display())))
}

/// Reads a small file that somebody handed over.
fn read_small(path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    /// Notes, keys, proofs and tokens have some kilobytes.
    const MAX_BYTES: u64 = 2 << 20;
    let failure = |error: std::io::Error| Failure::Check(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(failure)?.take(MAX_BYTES).read_to_end(&mut bytes).map_err(failure)?;
    Ok(bytes)
}
