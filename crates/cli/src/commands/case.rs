//! `athar case`.

use case_model::to_hex;
use serde_json::json;

use super::{case_backup, case_check, case_restore};
use crate::arguments::{Case, Global};
use crate::exit::{Exit, Failure};
use crate::open_lab::{open, open_case};
use crate::output::Output;
use crate::quantities::grouped;
use crate::summary::{image_json, print_image};

pub(crate) fn run(global: &Global, command: &Case, output: &mut Output) -> Result<Exit, Failure> {
    let lab = open(global)?;
    match command {
        Case::Backup { case, to } => return case_backup::run(global, &lab, case, to, output),
        Case::Restore(arguments) => return case_restore::run(global, &lab, arguments, output),
        Case::Check { what } => return case_check::run(&lab, what, output),
        Case::List => {
            let cases = lab.cases()?;
            if cases.is_empty() {
                output.remark("The lab has no cases. `athar scan IMAGE` makes one.")?;
            }
            for id in cases {
                let case = lab.open_case_as_it_is(&id)?;
                let (images, entries) = (case.images()?.len(), case.entry_count()?);
                match output.is_json() {
                    true => output.object(&json!({ "case": id.as_str(), "images": images, "entries": entries, "path": case.path().to_string_lossy() }))?,
                    false => output.line(&format!("{id}  {images} images  {} entries  {}", grouped(entries), case.path().display()))?,
                }
            }
        }
        Case::Show { case } => {
            let case = open_case(&lab, case)?;
            for image in case.images()? {
                let report = case.image_report(image)?;
                match output.is_json() {
                    true => output.object(&image_json(&report))?,
                    false => print_image(&report, true, output)?,
                }
            }
        }
        Case::Digest { case } => {
            let case = open_case(&lab, case)?;
            let digest = to_hex(&case.digest()?);
            match output.is_json() {
                true => output.object(&json!({ "case": case.id().as_str(), "digest": digest }))?,
                false => output.line(&digest)?,
            }
        }
    }
    Ok(Exit::Complete)
}
