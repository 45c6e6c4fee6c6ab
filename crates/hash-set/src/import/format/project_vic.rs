//! Project VIC / CAID / VICS JSON (OData), versions 1.2, 1.3 and 2.0: a hash set or a case.
//!
//! ```text
//! {"odata.metadata" (1.x) or "@odata.context" (2.0): "http://…#Media", "value": [Media, …]}                   a hash set
//! {"@odata.context": "http://…#Cases", "value": [{"CaseNumber": …, "Media": [Media, …]}, …]}                  a case
//! Media: {"MediaID": 7, "Category": 1, "MD5": "…", "SHA1": "…", "MediaSize": 3, "MediaFiles": [{"FileName": …}],
//!         "AlternativeHashes": [{"HashName": "SHA256", "HashValue": "…"}], "Series": …, "Comments": …, …}
//! ```
//!
//! The data model itself is not public; this is what exporters write. Category numbers belong to the scheme that the context names.

use case_model::Algorithm;

use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{put, read_digest};
use crate::import::reading::{Json, SourceFile};
use crate::{ImportError, RejectReason};

/// Members that name the scheme.
pub(crate) const CONTEXTS: [&str; 2] = ["odata.metadata", "@odata.context"];
/// Scheme of a file that names none before its media.
const UNKNOWN_SCHEME: &str = "project-vic:not-said";

/// Reads all records.
pub(super) fn read(source: &SourceFile, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let mut json = Json::new(source)?;
    collector.file_says(|facts| facts.category_scheme = UNKNOWN_SCHEME.to_owned());
    json.object(&mut |json, name| match name {
        name if CONTEXTS.contains(&name) => {
            let context = json.text()?.unwrap_or_default();
            collector.file_says(|facts| facts.category_scheme = context);
            Ok(())
        }
        "value" => json.array(&mut |json, _| read_item(json, true, collector)).map(drop),
        _ => json.skip(),
    })?;
    json.end()
}

/// Reads a medium, or a case with its media.
fn read_item(
    json: &mut Json,
    may_be_case: bool,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let position = json.position();
    let mut candidate = Candidate::default();
    let mut fault = None;
    let mut is_case = false;
    let is_object = json.object(&mut |json, name| {
        if name == "Media" && may_be_case {
            is_case = true;
            return json.array(&mut |json, _| read_item(json, false, collector)).map(drop);
        }
        fault = fault.take().or(read_member(json, name, &mut candidate, collector)?);
        Ok(())
    })?;
    match fault {
        _ if is_case => {}
        _ if !is_object => collector.reject(&position, RejectReason::NoDigest),
        Some(reason) => collector.reject(&position, reason),
        None => {
            if let Some(category) = &candidate.category {
                candidate.disposition = collector.disposition_of_category(category);
            }
            collector.accept(&position, candidate)?;
        }
    }
    Ok(())
}

/// Reads a member of a medium. What it gives back rejects the medium.
fn read_member(
    json: &mut Json,
    name: &str,
    candidate: &mut Candidate,
    collector: &mut Collector<'_>,
) -> Result<Option<RejectReason>, ImportError> {
    match name {
        "MD5" | "SHA1" | "SHA256" => return read_digest_member(json, name, candidate),
        "Category" => candidate.category = json.text()?,
        "MediaSize" => read_size(json, candidate, collector)?,
        "RelativeFilePath" => candidate.name = candidate.name.take().or(filled(json)?),
        "MediaFiles" => _ = json.array(&mut |json, _| read_file(json, candidate))?,
        "AlternativeHashes" => return read_alternatives(json, candidate),
        "Comments" | "Series" => {
            if let Some(text) = filled(json)? {
                candidate.add_comment(&format!("{name}: {text}"));
            }
        }
        "VictimIdentified" | "OffenderIdentified" | "IsDistributed" => {
            if json.flag()? {
                candidate.add_comment(name);
            }
        }
        _ => json.skip()?,
    }
    Ok(None)
}

/// Reads the size of a file; one that is no number is not used.
fn read_size(
    json: &mut Json,
    candidate: &mut Candidate,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let size = json.text()?.filter(|text| !text.trim().is_empty());
    candidate.size = size.as_ref().and_then(|text| text.trim().parse().ok());
    if size.is_some() && candidate.size.is_none() {
        collector.size_not_used();
    }
    Ok(())
}

/// Reads an element of `MediaFiles`: the first name stays.
fn read_file(json: &mut Json, candidate: &mut Candidate) -> Result<(), ImportError> {
    let read = json.object(&mut |json, name| match name {
        "FileName" => filled(json).map(|name| candidate.name = candidate.name.take().or(name)),
        _ => json.skip(),
    });
    read.map(drop)
}

fn filled(json: &mut Json) -> Result<Option<String>, ImportError> {
    Ok(json.text()?.filter(|text| !text.trim().is_empty()))
}

fn read_digest_member(
    json: &mut Json,
    name: &str,
    candidate: &mut Candidate,
) -> Result<Option<RejectReason>, ImportError> {
    let text = json.text()?.unwrap_or_default();
    let algorithm = Algorithm::from_key(name);
    Ok(algorithm.and_then(|algorithm| match read_digest(&text, algorithm) {
        Ok(digest) => {
            digest.iter().for_each(|digest| put(&mut candidate.digests, algorithm, digest));
            None
        }
        Err(reason) => Some(reason),
    }))
}

/// Digests by other algorithms; those that are never computed of evidence (PhotoDNA, say) are passed over.
fn read_alternatives(
    json: &mut Json,
    candidate: &mut Candidate,
) -> Result<Option<RejectReason>, ImportError> {
    let mut fault = None;
    json.array(&mut |json, _| {
        let mut name = String::new();
        let mut value = String::new();
        json.object(&mut |json, member| {
            let text = json.text()?.unwrap_or_default();
            match member {
                "HashName" => name = text,
                "HashValue" => value = text,
                _ => {}
            }
            Ok(())
        })?;
        if let Some(algorithm) = Algorithm::from_key(&name) {
            match read_digest(&value, algorithm) {
                Ok(digest) => {
                    digest.iter().for_each(|one| put(&mut candidate.digests, algorithm, one))
                }
                Err(reason) => _ = fault.get_or_insert(reason),
            }
        }
        Ok(())
    })?;
    Ok(fault)
}
