//! `athar key`.

mod export;
mod list;
mod make;
mod revoke;

use crate::arguments::Key;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    command: &Key,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        Key::New(arguments) => make::new(desk, arguments, output),
        Key::Add(arguments) => make::add(desk, arguments, output),
        Key::List => list::run(desk, output),
        Key::Revoke(arguments) => revoke::run(desk, arguments, output),
        Key::Export(arguments) => export::run(desk, arguments, output),
        Key::Lock(arguments) => make::lock(desk, arguments, output),
    }
}
