//! `athar custody`.

mod add;
mod adopt;
mod checkpoint;
mod export;
mod prove;
mod restore;
mod show;
mod timestamp;
mod verdict;
mod verify;
mod verify_all;
mod verify_export;
mod witness;

use crate::arguments::Custody;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    command: &Custody,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        Custody::Show { case } => show::run(desk, case.as_deref(), output),
        Custody::Verify(arguments) => verify::run(desk, arguments, output),
        Custody::Add(act) => add::run(desk, act, output),
        Custody::Checkpoint(arguments) => checkpoint::run(desk, arguments, output),
        Custody::Prove(arguments) => prove::run(desk, arguments, output),
        Custody::Witness(command) => witness::run(desk, command, output),
        Custody::Timestamp(arguments) => timestamp::run(desk, arguments, output),
        Custody::Export(arguments) => export::run(desk, arguments, output),
        Custody::Adopt(arguments) => adopt::run(desk, arguments, output),
        Custody::Restore(arguments) => restore::run(desk, arguments, output),
    }
}
