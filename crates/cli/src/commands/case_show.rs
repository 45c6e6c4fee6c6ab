//! `athar case show`.

use case_model::{CaseId, SharedZone, Zone};
use casework::{ExhibitCoverage, Session};
use report::image_json;
use serde_json::{Value, json};

use crate::coverage;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::same_media::{self, others};
use crate::summary::print_image;
use crate::summary_nested::{print_nested, with_nested};

/// Shows every exhibit, and what was asked for and is not in the index.
pub(super) fn run(
    session: &mut Session,
    id: &CaseId,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let covered = session.coverage(id)?;
    let zones = session.exhibit_zones(id)?;
    let case = session.case(id)?;
    let media = case.same_media()?;
    output.page()?;
    for image in case.images()? {
        let report = case.image_report(image)?;
        let nested = case.nested_of(image)?;
        let exhibit = covered.exhibit(image);
        let zone = zones.iter().find(|(of, _)| *of == image).map(|(_, zone)| zone);
        match output.is_json() {
            true => {
                let object = with_coverage(with_nested(image_json(&report), &nested), exhibit);
                output
                    .object(&with_same_medium(with_zone(object, zone), &others(&media, image)))?;
            }
            false => {
                print_image(&report, exhibit.map(|exhibit| &exhibit.looked_up), true, output)?;
                print_nested(&report, &nested, true, output)?;
                if let Some(known) = zone {
                    let zone = known.zone.name();
                    let source = safe(&known.source);
                    output.line(&format!(
                        "  zone          {zone}, for local times (source: {source})"
                    ))?;
                }
            }
        }
    }
    if !output.is_json() && !media.is_empty() {
        output.line("")?;
        same_media::tell(case, output)?;
    }
    for exhibit in covered.exhibits.iter().filter(|exhibit| exhibit.image.is_none()) {
        if output.is_json() {
            let item =
                json!({ "item": exhibit.path, "image": exhibit.name, "state": "never-read" });
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

fn with_zone(mut object: Value, zone: Option<&SharedZone>) -> Value {
    if let (Some(members), Some(known)) = (object.as_object_mut(), zone) {
        let zone = json!({ "name": known.zone.name(), "source": known.source, "database": Zone::database() });
        members.insert("zone".to_owned(), zone);
    }
    object
}

fn with_same_medium(mut object: Value, others: &[&str]) -> Value {
    if let (Some(members), false) = (object.as_object_mut(), others.is_empty()) {
        members.insert("same_medium".to_owned(), json!(others));
    }
    object
}
