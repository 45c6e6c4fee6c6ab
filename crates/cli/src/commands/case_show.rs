//! `athar case show`.

use case_model::CaseId;
use casework::{ExhibitCoverage, Session};
use report::image_json;
use serde_json::{Value, json};

use crate::coverage;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::summary::print_image;
use crate::summary_nested::{print_nested, with_nested};

/// Shows every exhibit, and what was asked for and is not in the index.
pub(super) fn run(session: &mut Session, id: &CaseId, output: &mut Output) -> Result<Exit, Failure> {
    let covered = session.coverage(id)?;
    let case = session.case(id)?;
    output.page()?;
    for image in case.images()? {
        let report = case.image_report(image)?;
        let nested = case.nested_of(image)?;
        let exhibit = covered.exhibit(image);
        match output.is_json() {
            true => output.object(&with_coverage(with_nested(image_json(&report), &nested), exhibit))?,
            false => {
                print_image(&report, exhibit.map(|exhibit| &exhibit.looked_up), true, output)?;
                print_nested(&report, &nested, true, output)?;
            }
        }
    }
    for exhibit in covered.exhibits.iter().filter(|exhibit| exhibit.image.is_none()) {
        if output.is_json() {
            let item = json!({ "item": exhibit.path, "image": exhibit.name, "state": "never-read" });
            output.object(&with_coverage(item, Some(exhibit)))?;
        } else {
            output.line("")?;
            for line in coverage::exhibit_lines(&covered, exhibit) {
                output.line(line.trim_start())?;
            }
        }
    }
    if !output.is_json() || covered.is_never_scanned() {
        coverage::say(&covered, output)?;
    }
    Ok(coverage::exit_of(&covered))
}

fn with_coverage(mut object: Value, exhibit: Option<&ExhibitCoverage>) -> Value {
    if let (Some(members), Some(exhibit)) = (object.as_object_mut(), exhibit) {
        members.insert("coverage".to_owned(), coverage::exhibit_json(exhibit));
    }
    object
}
