//! `athar case zone`.

use casework::{Session, ZoneStatement, case_id};
use serde_json::json;

use crate::arguments::ZoneOfExhibit;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Records the time zone of an exhibit.
pub(super) fn run(
    session: &mut Session,
    arguments: &ZoneOfExhibit,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id = case_id(&arguments.case)?;
    let statement = ZoneStatement::parse(&arguments.zone, &arguments.source)?;
    let stated = session.set_zone(&id, &arguments.exhibit, &statement)?;
    let zone = statement.zone.as_ref().map(|zone| zone.name());
    if output.is_json() {
        output.object(&json!({
            "case": id.as_str(), "exhibit": stated.path, "zone": zone, "source": statement.source,
            "entry": stated.seq, "known_before": stated.known_before,
        }))?;
        return Ok(Exit::Complete);
    }
    let what = match zone {
        Some(zone) => format!("local times of {} are read in {zone}", safe(&stated.path)),
        None => format!("no zone is known for local times of {}", safe(&stated.path)),
    };
    let how = if stated.known_before { "as recorded before, in" } else { "recorded in" };
    output.remark(&format!("Case {id}: {what}, {how} entry {} of its ledger.", stated.seq))?;
    Ok(Exit::Complete)
}
