//! Exhibits that hold the same medium: a copy in another container, a second acquisition.

use std::collections::BTreeMap;

use case_model::{CaseId, to_hex};
use case_store::{CaseFile, ImageId, SameMedium};
use serde_json::{Value, json};

use crate::display::safe;
use crate::exit::Failure;
use crate::output::Output;

/// Says which images of a case hold the same medium.
pub(crate) fn tell(case: &CaseFile, output: &mut Output) -> Result<(), Failure> {
    for medium in case.same_media()? {
        let names: Vec<String> = medium.images.iter().map(|(_, name)| safe(name)).collect();
        output.line(&line(&names, &medium.sha256))?;
    }
    Ok(())
}

fn line(names: &[String], sha256: &[u8]) -> String {
    format!("  SAME MEDIUM   {} hold the same medium, SHA-256 {}", names.join(", "), to_hex(sha256))
}

/// Returns the same as a list for programs.
pub(crate) fn same_media_json(case: &CaseFile) -> Result<Value, Failure> {
    let one = |medium: SameMedium| {
        let names: Vec<String> = medium.images.into_iter().map(|(_, name)| name).collect();
        json!({ "sha256": to_hex(&medium.sha256), "images": names })
    };
    Ok(Value::Array(case.same_media()?.into_iter().map(one).collect()))
}

/// Returns the names of the other images that hold the medium of this one.
pub(crate) fn others(media: &[SameMedium], image: ImageId) -> Vec<&str> {
    let of_image =
        media.iter().find(|medium| medium.images.iter().any(|(other, _)| *other == image));
    let images = of_image.map_or(&[][..], |medium| &medium.images);
    images.iter().filter(|(other, _)| *other != image).map(|(_, name)| name.as_str()).collect()
}

/// The media of several cases.
#[derive(Default)]
pub(crate) struct MediaOfLab(BTreeMap<Vec<u8>, Vec<(CaseId, String)>>);

impl MediaOfLab {
    /// Takes the media of a case in.
    pub(crate) fn add(&mut self, case: &CaseFile) -> Result<(), Failure> {
        for (sha256, name) in case.medium_digests()? {
            self.0.entry(sha256).or_default().push((case.id().clone(), name));
        }
        Ok(())
    }

    /// Says which exhibits of one or several cases hold the same medium.
    pub(crate) fn tell(self, output: &mut Output) -> Result<(), Failure> {
        for (sha256, places) in self.0.into_iter().filter(|(_, places)| places.len() > 1) {
            if output.is_json() {
                let places: Vec<Value> = places
                    .iter()
                    .map(|(case, name)| json!({ "case": case.as_str(), "image": name }))
                    .collect();
                output.object(&json!({ "same_medium": to_hex(&sha256), "in": places }))?;
            } else {
                let names: Vec<String> = places
                    .iter()
                    .map(|(case, name)| format!("{} of case {case}", safe(name)))
                    .collect();
                output.line(&line(&names, &sha256))?;
            }
        }
        Ok(())
    }
}
