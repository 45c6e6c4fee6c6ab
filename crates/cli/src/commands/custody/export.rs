//! `athar custody export`.

use casework::{CustodyExport, case_id};
use serde_json::json;

use crate::arguments::ExportCustody;
use crate::coverage;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &ExportCustody,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let out = &arguments.out;
    let case = case_id(&arguments.case)?;
    let session = desk.open()?;
    let size = session.export_custody(&CustodyExport {
        case: case.clone(),
        out: out.clone(),
        authority: arguments.authority.clone(),
        files: !arguments.no_files,
    })?;
    let covered = session.coverage(&case)?;
    if output.is_json() {
        output.object(&json!({
            "case": arguments.case, "entries": size, "export": out.to_string_lossy(),
            "coverage": coverage::coverage_json(&covered),
        }))?;
    }
    output.remark(&format!(
        "{} exported to {}. Anybody checks it with verify.py in it, or with `athar custody verify {}`.",
        counted(size, "entry", "entries"),
        out.display(),
        out.display()
    ))?;
    if !output.is_json() {
        coverage::say(&covered, output)?;
    }
    Ok(coverage::exit_of(&covered))
}
