//! `athar key`.

mod export;
mod list;
mod make;
mod revoke;

use crate::arguments::{Global, Key};
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) fn run(global: &Global, command: &Key, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Key::New(arguments) => make::new(global, arguments, output),
        Key::Add(arguments) => make::add(global, arguments, output),
        Key::List => list::run(global, output),
        Key::Revoke(arguments) => revoke::run(global, arguments, output),
        Key::Export(arguments) => export::run(global, arguments, output),
        Key::Lock(arguments) => make::lock(global, arguments, output),
    }
}
