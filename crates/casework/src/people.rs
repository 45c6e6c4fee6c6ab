//! Acts of people: what somebody did with an exhibit, written down.

use std::path::{Path, PathBuf};

use byte_source::Scratch;
use case_model::{Algorithm, RecordName, from_hex, to_hex};
use custody::content::{
    Claim, ContainerClaims, PeopleContent, Said, SaidDigest, StoredDigest, said_field, signed_with,
};
use custody::{Act, StoredEntry};
use evidence::open_container;

use crate::documents::documents;
use crate::ledger_check::origin;
use crate::personal_key::PersonalKey;
use crate::session::named;
use crate::small_file::read_small;
use crate::{CaseworkError, Session};

/// Claims of a container that an entry spells out, and characters of each: an entry holds 63 KiB.
const MAX_CLAIMS: usize = 100;
const MAX_CLAIM_CHARACTERS: usize = 200;

/// An act with everything that was said about it.
#[derive(Clone, Debug)]
pub struct WrittenAct {
    /// The act.
    pub act: Act,
    /// Why.
    pub reason: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// Fields and their values, as typed.
    pub fields: Vec<(&'static str, Vec<String>)>,
    /// Photographs, forms and receipts.
    pub documents: Vec<PathBuf>,
    /// The personal key that signs the entry: its file, id, name or holder.
    pub sign_with: Option<String>,
}

/// The entry that was written.
#[derive(Clone, Debug)]
pub struct WrittenEntry {
    /// As it was sealed.
    pub entry: StoredEntry,
    /// The name of the personal key that signed it.
    pub signed_by: Option<String>,
}

impl Session {
    /// Writes down what somebody did.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when something was said that no entry can hold.
    pub fn write_down(
        &mut self,
        name: &RecordName,
        act: &WrittenAct,
    ) -> Result<WrittenEntry, CaseworkError> {
        if act.act == Act::Correct {
            self.check_correction(name, act)?;
        }
        let key = act.sign_with.as_deref().map(|key| PersonalKey::find(self, key)).transpose()?;
        self.record(name)?;
        if let Some(key) = &key {
            key.name_in(self, name)?;
        }
        let mut entry = self.author().entry(content(act)?);
        if let Some(reason) = &act.reason {
            entry = entry.reason(reason.as_str());
        }
        if let Some(place) = &act.place {
            entry = entry.place(place.as_str());
        }
        if let Some(key) = &key {
            entry = signed_with(entry, &key.id());
        }
        let entry = named(name, entry);
        let written = self.act(name, |ledger| {
            let origin = origin(ledger)?;
            Ok(ledger.append_signed(&entry, |sealed| {
                key.as_ref().map(|key| key.sign(&origin, sealed)).transpose()
            })?)
        })?;
        Ok(WrittenEntry {
            entry: written,
            signed_by: key.as_ref().map(|key| key.name().to_owned()),
        })
    }

    /// A correction names an entry that is there.
    fn check_correction(
        &mut self,
        name: &RecordName,
        act: &WrittenAct,
    ) -> Result<(), CaseworkError> {
        let said = act.fields.iter().find(|(field, _)| *field == said_field::CORRECTS);
        let seq =
            entry_number(said.and_then(|(_, values)| values.first()).map_or("", String::as_str))?;
        match self.record(name)?.ledger.entry(seq)? {
            Some(_) => Ok(()),
            None => Err(CaseworkError::Request(format!(
                "{name} has no entry {seq}; `athar custody show` prints them"
            ))),
        }
    }
}

fn content(act: &WrittenAct) -> Result<PeopleContent, CaseworkError> {
    let mut container = None;
    let mut said = Vec::new();
    for (field, values) in &act.fields {
        let value = match (*field, values.as_slice()) {
            (said_field::DIGESTS, values) => Said::Digests(digests(values)?),
            (said_field::CORRECTS, [number]) => Said::Number(entry_number(number)?),
            (said_field::TEXT, [text]) => Said::Text(text_or_file(text)?),
            (said_field::IMAGE, [image]) => {
                container = claims(Path::new(image))?;
                Said::Text(image.clone())
            }
            (_, [value]) => Said::Text(value.clone()),
            (_, values) => Said::Texts(values.to_vec()),
        };
        said.push((*field, value));
    }
    Ok(PeopleContent { act: act.act, said, container, documents: documents(&act.documents)? })
}

/// `algorithm:hex` for each.
fn digests(values: &[String]) -> Result<Vec<SaidDigest>, CaseworkError> {
    let read = |text: &String| {
        let (name, digits) = text.split_once(':')?;
        let algorithm = Algorithm::from_key(name)?;
        let bytes = from_hex(digits).ok().filter(|bytes| bytes.len() == algorithm.length())?;
        Some(SaidDigest { algorithm: algorithm.key(), digest: to_hex(&bytes) })
    };
    let wrong = |text: &String| {
        CaseworkError::Request(format!(
            "--digest {text}: write the algorithm and the whole digest, as in sha256:9f86d081…; md5, sha1, sha256, blake3"
        ))
    };
    values.iter().map(|text| read(text).ok_or_else(|| wrong(text))).collect()
}

fn entry_number(text: &str) -> Result<u64, CaseworkError> {
    text.parse().map_err(|_| {
        CaseworkError::Request(format!(
            "--corrects-seq {text}: the number of an entry, as `athar custody show` prints it"
        ))
    })
}

/// Long words come from a file.
fn text_or_file(text: &str) -> Result<String, CaseworkError> {
    let Some(path) = text.strip_prefix('@') else { return Ok(text.to_owned()) };
    let bytes = read_small(Path::new(path))?;
    String::from_utf8(bytes).map_err(|_| CaseworkError::Request(format!("{path}: not UTF-8")))
}

/// Returns what the container of an image claims, when its file is there.
fn claims(path: &Path) -> Result<Option<ContainerClaims>, CaseworkError> {
    if !path.is_file() {
        return Ok(None);
    }
    let opened = open_container(path, &mut Scratch::new())?.image;
    let claims = opened.claims.iter().take(MAX_CLAIMS).map(|claim| Claim {
        field: claim.field.to_string(),
        value: claim.value.chars().take(MAX_CLAIM_CHARACTERS).collect(),
    });
    let stored = opened.stored_digests.iter().map(|stored| StoredDigest {
        algorithm: stored.algorithm.key(),
        digest: to_hex(&stored.digest),
        place: stored.place,
    });
    Ok(Some(ContainerClaims {
        format: opened.container.key(),
        size_bytes: opened.medium.len(),
        claims: claims.collect(),
        stored_digests: stored.collect(),
    }))
}
