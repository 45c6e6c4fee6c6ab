//! `athar case`.

use case_model::to_hex;
use casework::{Session, case_id};
use report::image_json;
use serde_json::json;

use super::{case_backup, case_check, case_restore};
use crate::arguments::Case;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::grouped;
use crate::summary::print_image;

pub(crate) fn run(desk: &mut Desk<'_>, command: &Case, output: &mut Output) -> Result<Exit, Failure> {
    let session = desk.open()?;
    match command {
        Case::Backup { case, to } => return case_backup::run(session, case, to, output),
        Case::Restore(arguments) => return case_restore::run(session, arguments, output),
        Case::Check { what } => return case_check::run(session, what, output),
        Case::List => list(session, output)?,
        Case::Show { case } => {
            let case = session.case(&case_id(case)?)?;
            for image in case.images()? {
                let report = case.image_report(image)?;
                match output.is_json() {
                    true => output.object(&image_json(&report))?,
                    false => print_image(&report, true, output)?,
                }
            }
        }
        Case::Digest { case } => {
            let case = session.case(&case_id(case)?)?;
            let digest = to_hex(&case.digest()?);
            match output.is_json() {
                true => output.object(&json!({ "case": case.id().as_str(), "digest": digest }))?,
                false => output.line(&digest)?,
            }
        }
    }
    Ok(Exit::Complete)
}

fn list(session: &mut Session, output: &mut Output) -> Result<(), Failure> {
    let cases = session.lab().cases()?;
    if cases.is_empty() {
        output.remark("The lab has no cases. `athar scan IMAGE` makes one.")?;
    }
    for id in cases {
        let case = session.case_as_it_is(&id)?;
        let (images, entries) = (case.images()?.len(), case.entry_count()?);
        match output.is_json() {
            true => output.object(&json!({ "case": id.as_str(), "images": images, "entries": entries, "path": case.path().to_string_lossy() }))?,
            false => output.line(&format!("{id}  {images} images  {} entries  {}", grouped(entries), case.path().display()))?,
        }
    }
    Ok(())
}
