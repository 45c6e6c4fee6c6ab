//! The lab's settings: `lab.toml`.

use std::fs;
use std::io;
use std::path::Path;

use case_model::to_hex;
use serde::{Deserialize, Serialize};

use crate::LabError;
use crate::private_file::write_privately;

/// The lab's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabSettings {
    /// Name for people.
    pub name: String,
    /// Name in checkpoints: must be unique among all labs.
    pub origin: String,
    /// IANA time zone that times are shown in.
    pub zone: String,
    /// Language of texts for people: `en`, `fr`, `ar`.
    pub language: String,
}

impl LabSettings {
    /// Returns the settings of a new lab in this IANA time zone, with an origin drawn at random.
    #[must_use]
    pub fn of_new_lab(zone: &str) -> Self {
        let mut random = [0_u8; 8];
        // Without randomness the origin is only less unique; the settings can be edited before the first checkpoint.
        let _ = getrandom::fill(&mut random);
        Self {
            name: "athar lab".to_owned(),
            origin: format!("athar.lab/{}", to_hex(&random)),
            zone: zone.to_owned(),
            language: "en".to_owned(),
        }
    }

    pub(crate) fn read(path: &Path, lab: &Path) -> Result<Self, LabError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(LabError::NoLab(lab.to_owned()));
            }
            Err(error) => return Err(LabError::io(path, error)),
        };
        toml::from_str(&text).map_err(|error| unusable(path, error.to_string()))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), LabError> {
        let text = toml::to_string(self).map_err(|error| unusable(path, error.to_string()))?;
        write_privately(path, text.as_bytes()).map_err(|error| LabError::io(path, error))
    }
}

fn unusable(path: &Path, reason: String) -> LabError {
    LabError::Settings { path: path.to_owned(), reason }
}
