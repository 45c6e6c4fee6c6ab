//! `athar custody add`: what people did, written down.

use std::path::Path;

use byte_source::Scratch;
use case_model::{Algorithm, from_hex, to_hex};
use custody::{Act, EntryBody, Json};
use evidence::open_container;
use serde_json::json;

use super::documents::documents;
use super::opened::Opened;
use super::personal_key::PersonalKey;
use crate::arguments::{AddAct, Global};
use crate::exit::{Exit, Failure};
use crate::open_lab::scribe;
use crate::output::Output;

/// Claims of a container that an entry spells out, and characters of each: an entry holds 63 KiB.
const MAX_CLAIMS: usize = 100;
const MAX_CLAIM_CHARACTERS: usize = 200;

pub(super) fn run(global: &Global, arguments: &AddAct, output: &mut Output) -> Result<Exit, Failure> {
    let mut opened = Opened::for_work(global, arguments.case.as_deref())?;
    check_correction(arguments, &mut opened)?;
    let key =
        arguments.sign_with.as_deref().map(|key| PersonalKey::find(global, &opened.lab, key)).transpose()?;
    let scribe = scribe(global, &opened.lab);
    if let Some(key) = &key {
        key.name_in(&mut opened, &scribe)?;
    }
    let entry = opened.named(body(arguments, scribe.entry(arguments.act))?);
    let origin = opened.ledger().origin()?;
    let written = opened.transaction(|ledger, _| {
        ledger.append_signed(&entry, |sealed| key.as_ref().map(|key| key.sign(&origin, sealed)).transpose())
    })?;
    let (seq, hash, name) = (written.seq, to_hex(&written.hash), &opened.name);
    let signed_by = key.as_ref().map(PersonalKey::name);
    if output.is_json() {
        output.object(&json!({ "record": name.to_string(), "seq": seq, "act": arguments.act.key(), "hash": hash, "signed_by": signed_by }))?;
    } else {
        let signed =
            signed_by.map_or(String::new(), |name| format!(", signed by {}", crate::display::safe(name)));
        output.remark(&format!("Entry {seq} of {name}: {}{signed}", arguments.act))?;
    }
    Ok(Exit::Complete)
}

fn body(arguments: &AddAct, mut entry: EntryBody) -> Result<EntryBody, Failure> {
    if let Some(reason) = &arguments.reason {
        entry = entry.reason(reason.as_str());
    }
    if let Some(place) = &arguments.place {
        entry = entry.place(place.as_str());
    }
    for (field, values) in &arguments.fields {
        entry = match (*field, values.as_slice()) {
            ("digests", values) => entry.field(*field, digests(values)?),
            ("corrects_seq", [number]) => entry.field(*field, entry_number(number)?),
            ("text", [text]) => entry.field(*field, text_or_file(text)?),
            ("image", [image]) => with_claims(entry, image)?,
            (_, [value]) => entry.field(*field, value.as_str()),
            (_, values) => entry
                .field(*field, Json::List(values.iter().map(|value| Json::from(value.as_str())).collect())),
        };
    }
    if !arguments.documents.is_empty() {
        entry = entry.field("documents", documents(&arguments.documents)?);
    }
    Ok(entry)
}

/// `algorithm:hex` for each.
fn digests(values: &[String]) -> Result<Json, Failure> {
    let read = |text: &String| {
        let (name, digits) = text.split_once(':')?;
        let algorithm = Algorithm::from_key(name)?;
        let bytes = from_hex(digits).ok().filter(|bytes| bytes.len() == algorithm.length())?;
        Some(Json::from([("algorithm", Json::from(algorithm.key())), ("digest", Json::from(to_hex(&bytes)))]))
    };
    let digest = |text: &String| {
        let wrong = || {
            Failure::Usage(format!(
                "--digest {text}: write the algorithm and the whole digest, as in sha256:9f86d081…; md5, sha1, sha256, blake3"
            ))
        };
        read(text).ok_or_else(wrong)
    };
    Ok(Json::List(values.iter().map(digest).collect::<Result<_, _>>()?))
}

fn entry_number(text: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| {
        Failure::Usage(format!(
            "--corrects-seq {text}: the number of an entry, as `athar custody show` prints it"
        ))
    })
}

/// Long words come from a file.
fn text_or_file(text: &str) -> Result<String, Failure> {
    match text.strip_prefix('@') {
        Some(path) => {
            let bytes = super::read_small(Path::new(path))?;
            String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{path}: not UTF-8")))
        }
        None => Ok(text.to_owned()),
    }
}

/// The image's name and, when the file is there, what its container claims: copied in as claimed, verified by nobody.
fn with_claims(entry: EntryBody, image: &str) -> Result<EntryBody, Failure> {
    let entry = entry.field("image", image);
    let path = Path::new(image);
    if !path.is_file() {
        return Ok(entry);
    }
    let opened = open_container(path, &mut Scratch::new())?.image;
    let claims = opened.claims.iter().take(MAX_CLAIMS).map(|claim| {
        let value: String = claim.value.chars().take(MAX_CLAIM_CHARACTERS).collect();
        Json::from([("field", Json::from(claim.field.to_string())), ("value", Json::from(value))])
    });
    let stored = opened.stored_digests.iter().map(|stored| {
        Json::from([
            ("algorithm", Json::from(stored.algorithm.key())),
            ("digest", Json::from(to_hex(&stored.digest))),
            ("place", Json::from(stored.place)),
        ])
    });
    Ok(entry
        .field("format", opened.container.key())
        .field("size_bytes", opened.medium.len())
        .field("claimed_by_container", Json::List(claims.collect()))
        .field("stored_digests", Json::List(stored.collect())))
}

/// A correction names an entry that is there.
fn check_correction(arguments: &AddAct, opened: &mut Opened) -> Result<(), Failure> {
    if arguments.act != Act::Correct {
        return Ok(());
    }
    let named = arguments.fields.iter().find(|(field, _)| *field == "corrects_seq");
    let seq = entry_number(named.and_then(|(_, values)| values.first()).map_or("", String::as_str))?;
    let name = opened.name.clone();
    match opened.ledger().entry(seq)? {
        Some(_) => Ok(()),
        None => Err(Failure::Usage(format!("{name} has no entry {seq}; `athar custody show` prints them"))),
    }
}
