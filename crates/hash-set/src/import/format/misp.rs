//! MISP events (MISP core format): attributes of hash types with `to_ids`, alone or in an object `file`.
//!
//! ```text
//! {"Event": {"uuid", "info", "date", "Orgc": {"name"}, "Tag": [{"name": "tlp:red"}],
//!            "Attribute": [{"type": "sha256", "value": "…", "to_ids": true, "deleted": false, "comment": …}],
//!            "Object": [{"name": "file", "Attribute": [{"type": "filename", …}, {"type": "md5", …}]}]}}
//! ```
//!
//! Events also come in `{"response": [{"Event": …}]}` and in a plain array. `filename|md5` is split at the last `|`.

use case_model::{Algorithm, Digests};

use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{excerpt, put, read_digest};
use crate::import::reading::{Json, SourceFile};
use crate::{ImportError, Position, RejectReason};

/// Hash types of algorithms that are never computed of evidence.
const OTHER_HASHES: [&str; 9] = [
    "sha224",
    "sha384",
    "sha512",
    "sha512/224",
    "sha512/256",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
];
/// Most attributes of an object that are kept while it is read; the template of `file` has some thirty.
const MOST_ATTRIBUTES: usize = 4096;

#[derive(Default)]
struct Attribute {
    kind: String,
    value: String,
    comment: Option<String>,
    for_detection: bool,
    deleted: bool,
    position: Option<Position>,
}

/// Reads all records.
pub(super) fn read(source: &SourceFile, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let mut json = Json::new(source)?;
    read_any(&mut json, collector)?;
    json.end()
}

fn read_tag_object(json: &mut Json, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    json.object(&mut |json, name| read_tag(json, name, collector)).map(drop)
}

/// An event, or anything that holds events. The reader bounds the depth.
fn read_any(json: &mut Json, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    if json.is_array()? {
        return json.array(&mut |json, _| read_any(json, collector)).map(drop);
    }
    json.object(&mut |json, name| match name {
        "Event" | "response" => read_any(json, collector),
        "Attribute" => json.array(&mut |json, _| read_attribute(json)?.keep(collector)).map(drop),
        "Object" => json.array(&mut |json, _| read_object(json, collector)).map(drop),
        "info" | "date" => {
            let text = json.text()?.unwrap_or_default();
            collector.file_says(|facts| match name {
                "info" => facts.name = text,
                _ => facts.released = text,
            });
            Ok(())
        }
        "Orgc" => json.object(&mut |json, name| read_publisher(json, name, collector)).map(drop),
        "Tag" => json.array(&mut |json, _| read_tag_object(json, collector)).map(drop),
        _ => json.skip(),
    })
    .map(drop)
}

fn read_publisher(
    json: &mut Json,
    name: &str,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let text = json.text()?.unwrap_or_default();
    if name == "name" {
        collector.file_says(|facts| facts.publisher = text);
    }
    Ok(())
}

/// The traffic light stands in a tag.
fn read_tag(json: &mut Json, name: &str, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let text = json.text()?.unwrap_or_default().to_uppercase();
    if name == "name" && text.starts_with("TLP:") {
        collector.file_says(|facts| facts.handling = text);
    }
    Ok(())
}

fn read_attribute(json: &mut Json) -> Result<Attribute, ImportError> {
    let mut attribute = Attribute { position: Some(json.position()), ..Attribute::default() };
    json.object(&mut |json, name| {
        match name {
            "type" => attribute.kind = json.text()?.unwrap_or_default(),
            "value" => attribute.value = json.text()?.unwrap_or_default(),
            "comment" => attribute.comment = json.text()?.filter(|text| !text.is_empty()),
            "to_ids" => attribute.for_detection = json.flag()?,
            "deleted" => attribute.deleted = json.flag()?,
            _ => json.skip()?,
        }
        Ok(())
    })?;
    Ok(attribute)
}

/// The attributes of an object `file` are one entry; those of other objects stand alone.
fn read_object(json: &mut Json, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let mut attributes = Vec::new();
    let mut is_file = false;
    let mut deleted = false;
    json.object(&mut |json, name| {
        match name {
            "name" => is_file = json.text()?.is_some_and(|name| name == "file"),
            "deleted" => deleted = json.flag()?,
            "Attribute" => {
                json.array(&mut |json, _| {
                    attributes.push(read_attribute(json)?);
                    if attributes.len() < MOST_ATTRIBUTES {
                        return Ok(());
                    }
                    attributes.drain(..).try_for_each(|attribute| attribute.keep(collector))
                })?;
            }
            _ => json.skip()?,
        }
        Ok(())
    })?;
    attributes.iter_mut().for_each(|attribute| attribute.deleted |= deleted);
    match is_file && one_digest_each(&attributes) {
        true => keep_file(&attributes, collector),
        false => attributes.into_iter().try_for_each(|attribute| attribute.keep(collector)),
    }
}

/// Does the object describe one file, with one digest of each algorithm, all of them well-formed and for detection?
fn one_digest_each(attributes: &[Attribute]) -> bool {
    let mut digests = Digests::default();
    attributes.iter().filter_map(|one| Some((one, Algorithm::from_key(&one.kind)?))).all(
        |(one, algorithm)| {
            let first = digests.get(algorithm).is_none();
            let digest = read_digest(&one.value, algorithm).ok().flatten();
            digest.iter().for_each(|digest| put(&mut digests, algorithm, digest));
            first && digest.is_some() && one.for_detection && !one.deleted
        },
    )
}

fn keep_file(attributes: &[Attribute], collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let mut candidate = Candidate::default();
    let kept = attributes.iter().filter(|attribute| !attribute.deleted);
    kept.for_each(|attribute| attribute.put_into(&mut candidate));
    let position = attributes.iter().find_map(|attribute| attribute.position.clone());
    match position.filter(|_| !candidate.digests.is_empty()) {
        Some(position) => collector.accept(&position, candidate),
        None => Ok(()),
    }
}

impl Attribute {
    /// Puts what it says of a file into the entry of that file.
    fn put_into(&self, candidate: &mut Candidate) {
        match (self.kind.as_str(), Algorithm::from_key(&self.kind)) {
            (_, Some(algorithm)) => {
                if let Ok(Some(digest)) = read_digest(&self.value, algorithm) {
                    put(&mut candidate.digests, algorithm, &digest);
                }
            }
            ("filename", _) => candidate.name = candidate.name.take().or(Some(self.value.clone())),
            ("size-in-bytes", _) => candidate.size = self.value.trim().parse().ok(),
            _ => {}
        }
    }

    /// Returns kind, file name and value; kinds such as `filename|md5` have a name before their value.
    fn parts(&self) -> (&str, Option<String>, &str) {
        match (self.kind.strip_prefix("filename|"), self.value.rsplit_once('|')) {
            (Some(kind), Some((name, value))) => (kind, Some(name.to_owned()), value),
            _ => (self.kind.as_str(), None, self.value.as_str()),
        }
    }

    /// Takes an attribute that stands alone.
    fn keep(self, collector: &mut Collector<'_>) -> Result<(), ImportError> {
        let position = self.position.clone().unwrap_or(Position::Byte { byte: 0 });
        let (kind, name, value) = self.parts();
        let Some(algorithm) = Algorithm::from_key(kind) else {
            if OTHER_HASHES.contains(&kind) {
                collector
                    .reject(&position, RejectReason::UnsupportedAlgorithm { name: excerpt(kind) });
            } else {
                collector.leave_out("attributes that are no digests of files");
            }
            return Ok(());
        };
        if self.deleted || !self.for_detection {
            collector.leave_out("attributes that are deleted or not for detection");
            return Ok(());
        }
        match read_digest(value, algorithm) {
            Ok(digest) => {
                let comment = self.comment.clone();
                let mut candidate = Candidate { name, comment, ..Candidate::default() };
                digest.iter().for_each(|digest| put(&mut candidate.digests, algorithm, digest));
                collector.accept(&position, candidate)
            }
            Err(reason) => {
                collector.reject(&position, reason);
                Ok(())
            }
        }
    }
}
