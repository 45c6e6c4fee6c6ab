//! `athar custody restore`: goes on with an older copy of a case file, or of the lab's ledger.

use crate::arguments::Restore;
use crate::desk::{Desk, record_name};
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &Restore,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let name = record_name(arguments.case.as_deref())?;
    let head = desk.open()?.restore_ledger(&name, &arguments.reason, &arguments.from)?;
    output.remark(&format!(
        "{name} goes on from entry {}; what it had beyond is given up, and the ledger says so. Whoever keeps a later checkpoint will ask.",
        head.seq
    ))?;
    Ok(Exit::Complete)
}
