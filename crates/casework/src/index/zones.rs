//! The time zones of exhibits: acts that record them, and which one counts. The index keeps local times as they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use case_model::{CaseId, ExhibitZone, RecordName, SharedZone, Zone, path_text};
use case_store::{ImageId, ImageState};
use custody::content::ZoneSetContent;
use custody::{Act, EntryView};
use evidence::ImageAddress;
use name_pattern::nearest;

use crate::{CaseworkError, Session};

/// Characters of a source that an entry holds.
const SOURCE_CHARACTERS: usize = 1_000;
/// Zones that a refusal names.
const NAMED: usize = 5;

/// A zone that is to be recorded, with how the examiner knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneStatement {
    /// The zone; `None` when no zone is known any more.
    pub zone: Option<Zone>,
    /// How that is known.
    pub source: String,
}

/// A zone that a ledger states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedZone {
    /// The absolute path of the exhibit.
    pub path: String,
    /// The number of the entry.
    pub seq: u64,
    /// True when the ledger said so before: nothing was recorded.
    pub known_before: bool,
}

impl ZoneStatement {
    /// Reads a zone and its source as people write them.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when the name is no zone, with the nearest names, or the source is empty.
    pub fn parse(zone: &str, source: &str) -> Result<Self, CaseworkError> {
        let source = source.trim();
        if source.is_empty() {
            return Err(CaseworkError::Request(
                "the source of the zone is empty: say how it is known, like \"registry of the exhibit, SYSTEM hive\"".to_owned(),
            ));
        }
        if source.chars().count() > SOURCE_CHARACTERS {
            return Err(CaseworkError::Request(format!(
                "the source of the zone is longer than {SOURCE_CHARACTERS} characters"
            )));
        }
        let zone = match zone.trim() {
            ZoneSetContent::UNKNOWN => None,
            name => Some(named(name)?),
        };
        Ok(Self { zone, source: source.to_owned() })
    }

    fn name(&self) -> &str {
        self.zone.as_ref().map_or(ZoneSetContent::UNKNOWN, Zone::name)
    }
}

impl Session {
    /// Records the zone of an exhibit's local times. `exhibit` is its name (a pattern) or its path. The scan need not be made again.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when it names no exhibit of the case, or several.
    pub fn set_zone(
        &mut self,
        id: &CaseId,
        exhibit: &str,
        statement: &ZoneStatement,
    ) -> Result<StatedZone, CaseworkError> {
        let rows = self.images_named(id, &[exhibit.to_owned()])?;
        let images = self.case(id)?.image_states()?;
        let mut named = images.into_iter().filter(|image| rows.contains(&image.id));
        match (named.next(), named.next()) {
            (Some(image), None) => self.state_zone(id, image.path, statement),
            (Some(one), Some(other)) => Err(CaseworkError::Request(format!(
                "{exhibit} names several exhibits of case {id}, like {} and {}: write the path of one",
                one.path, other.path
            ))),
            (None, _) => Err(CaseworkError::Request(format!("case {id} has no exhibit {exhibit}"))),
        }
    }

    /// Records the zone of items that are to be scanned, by their resolved paths. An item that is not there is left out: its scan says why.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn set_zone_of_items(
        &mut self,
        id: &CaseId,
        items: &[PathBuf],
        statement: &ZoneStatement,
    ) -> Result<Vec<StatedZone>, CaseworkError> {
        let mut stated = Vec::with_capacity(items.len());
        for item in items {
            let Ok(path) = item.canonicalize() else { continue };
            stated.push(self.state_zone(id, path_text(&path), statement)?);
        }
        Ok(stated)
    }

    fn state_zone(
        &mut self,
        id: &CaseId,
        path: String,
        statement: &ZoneStatement,
    ) -> Result<StatedZone, CaseworkError> {
        let now = self.stated_zones(id)?.into_iter().rev().find(|stated| stated.path == path);
        if let Some(now) =
            now.filter(|now| now.zone == statement.name() && now.source == statement.source)
        {
            return Ok(StatedZone { path, seq: now.seq, known_before: true });
        }
        let content = ZoneSetContent {
            image: path.clone(),
            zone: statement.name().to_owned(),
            source: statement.source.clone(),
            database: Zone::database().to_owned(),
        };
        let entry = self.author().entry(content);
        let written = self.append(&RecordName::Case(id.clone()), entry)?;
        Ok(StatedZone { path, seq: written.seq, known_before: false })
    }

    /// Returns the zones of a case's images, as its ledger states them last. An image inside an exhibit has the zone of the exhibit, unless
    /// one was recorded for itself.
    ///
    /// # Errors
    /// What SQLite says; [`CaseworkError::Check`] when the ledger names a zone that this program does not know.
    pub fn exhibit_zones(
        &mut self,
        id: &CaseId,
    ) -> Result<Vec<(ImageId, SharedZone)>, CaseworkError> {
        let stated = self.stated_zones(id)?;
        if stated.is_empty() {
            return Ok(Vec::new());
        }
        let mut zones = Vec::new();
        for image in self.case(id)?.image_states()? {
            if let Some(zone) =
                zone_of(&stated, &image).map(|entry| shared(id, entry)).transpose()?.flatten()
            {
                zones.push((image.id, zone));
            }
        }
        Ok(zones)
    }

    fn stated_zones(&mut self, id: &CaseId) -> Result<Vec<ZoneEntry>, CaseworkError> {
        let entries = self.case(id)?.ledger().entries()?;
        let read = |entry: &custody::StoredEntry| {
            let view = EntryView::read(entry).filter(|view| view.act() == Some(Act::ZoneSet))?;
            Some(ZoneEntry {
                seq: entry.seq,
                path: view.image()?.to_owned(),
                zone: view.zone()?.to_owned(),
                source: view.source()?.to_owned(),
            })
        };
        Ok(entries.iter().filter_map(read).collect())
    }
}

/// An entry of the act `zone_set`.
struct ZoneEntry {
    seq: u64,
    path: String,
    zone: String,
    source: String,
}

fn zone_of<'e>(stated: &'e [ZoneEntry], image: &ImageState) -> Option<&'e ZoneEntry> {
    let last = |path: &str| stated.iter().rev().find(|entry| entry.path == path);
    let host = || last(&path_text(&ImageAddress::of(&image.file).host));
    last(&image.path).or_else(host)
}

/// Returns the zone that an entry states; `None` when it says that none is known.
fn shared(id: &CaseId, entry: &ZoneEntry) -> Result<Option<SharedZone>, CaseworkError> {
    if entry.zone == ZoneSetContent::UNKNOWN {
        return Ok(None);
    }
    let zone = Zone::named(&entry.zone).map_err(|error| {
        CaseworkError::Check(format!(
            "case {id}: entry {} of its ledger gives {} a zone, and {error}. Nothing was answered: use the version of the program that \
             recorded it, or record another zone with `athar case zone`",
            entry.seq,
            shown(Path::new(&entry.path))
        ))
    })?;
    Ok(Some(Arc::new(ExhibitZone { zone, source: entry.source.clone() })))
}

fn shown(path: &Path) -> String {
    path.file_name().map_or_else(|| path_text(path), |name| name.to_string_lossy().into_owned())
}

/// Returns a zone by its name.
///
/// # Errors
/// [`CaseworkError::Request`] with the nearest names.
fn named(name: &str) -> Result<Zone, CaseworkError> {
    Zone::named(name).map_err(|error| {
        let part = |zone: &&'static str| {
            let zone = zone.to_lowercase();
            let name = name.trim().to_lowercase();
            name.len() > 2 && zone.rsplit('/').next().is_some_and(|city| city.contains(&name))
        };
        let mut alike: Vec<&str> = Zone::names().filter(part).take(NAMED).collect();
        if alike.is_empty() {
            alike = nearest(name, Zone::names(), NAMED);
        }
        let hint = if alike.is_empty() {
            String::new()
        } else {
            format!(". Nearest: {}", alike.join(", "))
        };
        CaseworkError::Request(format!("{error}{hint}"))
    })
}
