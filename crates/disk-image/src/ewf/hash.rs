//! The sections `hash` (MD5), `digest` (MD5 and SHA-1) and `xhash` (libewf's XML): digests of the medium.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use case_model::{Algorithm, from_hex};
use codec::{Codec, Decoders, Undecodable};
use words::term;

use super::section::Section;
use crate::StoredDigest;
use crate::problems::{check_adler32, inconsistent, unreadable};
use crate::xml::{Part, Parts, unescaped};

/// Bytes of a `hash` section: MD5 (16), unknown (16), Adler-32 (4).
const HASH_BYTES: u64 = 36;
/// Bytes of a `digest` section: MD5 (16), SHA-1 (20), padding (40), Adler-32 (4).
const DIGEST_BYTES: u64 = 80;
/// Bytes of XML that are decoded: libewf writes about 200.
const MOST_XML_BYTES: usize = 64 << 10;

/// Reads a `hash`, `digest` or `xhash` section of a segment file that begins at byte `start` of the image into `digests`; what of it is not
/// understood is added to `notes`.
///
/// # Errors
/// The [`Problem`] for which nothing of it can be relied on.
pub(super) fn read(
    source: &dyn Source,
    start: u64,
    section: &Section,
    scratch: &mut Scratch,
    digests: &mut Vec<StoredDigest>,
    notes: &mut Vec<Problem>,
) -> Result<(), Problem> {
    let found = match section.kind {
        "hash" => plain("EWF hash section", HASH_BYTES, source, start, section, scratch)?,
        "digest" => plain("EWF digest section", DIGEST_BYTES, source, start, section, scratch)?,
        _ => xml(source, start, section, scratch, notes)?,
    };
    digests.extend(found.into_iter().filter(|found| found.digest.iter().any(|byte| *byte != 0)));
    Ok(())
}

fn plain(
    name: &'static str,
    bytes: u64,
    source: &dyn Source,
    start: u64,
    section: &Section,
    scratch: &mut Scratch,
) -> Result<Vec<StoredDigest>, Problem> {
    let at = section.data().start;
    let place = start.saturating_add(at);
    let bytes = read_vec(source, at, bytes, scratch).map_err(unreadable(name, place))?;
    let hash = Structure::new(name, place, &bytes);
    check_adler32(&hash, hash.len().saturating_sub(4))?;
    let stored =
        |algorithm, digest: &[u8]| StoredDigest { algorithm, digest: digest.to_vec(), place: name };
    let mut found = vec![stored(Algorithm::Md5, hash.bytes(0, 16)?)];
    if section.kind == "digest" {
        found.push(stored(Algorithm::Sha1, hash.bytes(16, 20)?));
    }
    Ok(found)
}

fn xml(
    source: &dyn Source,
    start: u64,
    section: &Section,
    scratch: &mut Scratch,
    notes: &mut Vec<Problem>,
) -> Result<Vec<StoredDigest>, Problem> {
    const NAME: &str = "EWF xhash section";
    let text = decode(NAME, source, start, section, MOST_XML_BYTES, scratch)?;
    let text = String::from_utf8_lossy(&text);
    let place = start.saturating_add(section.data().start);
    let (leaves, fault) = leaves(&text);
    notes.extend(fault.map(|kind| Problem::damage(NAME, place, kind)));
    let mut found = Vec::new();
    for (tag, value) in leaves {
        match stored_digest(&tag, &value) {
            Ok((algorithm, digest)) => found.push(StoredDigest { algorithm, digest, place: NAME }),
            Err(kind @ ProblemKind::Inconsistent(_)) => {
                notes.push(Problem::damage(NAME, place, kind))
            }
            Err(kind) => notes.push(Problem::note(NAME, place, kind)),
        }
    }
    Ok(found)
}

/// Returns the digest of an element.
///
/// # Errors
/// That the element is unknown, or that its value is no digest.
fn stored_digest(tag: &str, value: &str) -> Result<(Algorithm, Vec<u8>), ProblemKind> {
    let all = [("md5", Algorithm::Md5), ("sha1", Algorithm::Sha1), ("sha256", Algorithm::Sha256)];
    let known = all.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(tag));
    let (_, algorithm) = known.ok_or_else(|| ProblemKind::unknown(term!("ewf.element"), tag))?;
    let digest = from_hex(value).ok().filter(|digest| digest.len() == algorithm.length());
    let broken = ProblemKind::Inconsistent(term!("ewf.stored-digest-not-hexadecimal-another"));
    digest.map(|digest| (algorithm, digest)).ok_or(broken)
}

/// Elements of a text that are looked at: libewf writes some twenty.
const MOST_LEAVES: usize = 1024;

/// The elements without others inside, with their texts where these are not empty, and where the XML is not understood.
pub(super) fn leaves(text: &str) -> (Vec<(String, String)>, Option<ProblemKind>) {
    let mut leaves = Vec::new();
    let fault = find_leaves(text, &mut leaves).err();
    (leaves, fault)
}

/// Adds the elements that hold nothing but text.
///
/// # Errors
/// What ends the reading before the end.
fn find_leaves(text: &str, leaves: &mut Vec<(String, String)>) -> Result<(), ProblemKind> {
    let mut parts = Parts::of(text);
    let mut leaf = None;
    while let Some(part) = parts.next()? {
        match part {
            Part::Open(tag) => leaf = Some((tag, "")),
            Part::Text(text) => leaf = leaf.map(|(tag, _)| (tag, text)),
            Part::Close(tag) => {
                let closed = leaf.take().filter(|(open, text)| *open == tag && !text.is_empty());
                leaves.extend(closed.map(|(tag, text)| (tag.to_owned(), unescaped(text))));
            }
            Part::Empty(_) => {}
        }
        if leaves.len() >= MOST_LEAVES {
            return Err(too_many_leaves());
        }
    }
    Ok(())
}

fn too_many_leaves() -> ProblemKind {
    let limit = byte_source::length(MOST_LEAVES);
    ProblemKind::LimitReached { what: term!("ewf.elements-xml-text"), limit }
}

/// Decodes a section whose data is a zlib stream.
///
/// # Errors
/// The [`Problem`] when it cannot be read or decoded.
pub(super) fn decode(
    name: &'static str,
    source: &dyn Source,
    start: u64,
    section: &Section,
    most: usize,
    scratch: &mut Scratch,
) -> Result<Vec<u8>, Problem> {
    let data = section.data();
    let place = start.saturating_add(data.start);
    let count = data.end.saturating_sub(data.start).min(byte_source::length(most));
    let packed = read_vec(source, data.start, count, scratch).map_err(unreadable(name, place))?;
    let mut out = Vec::new();
    match scratch.tools().get::<Decoders>().decode(Codec::Zlib, &packed, most, &mut out) {
        Ok(()) => Ok(out),
        Err(Undecodable) => {
            Err(inconsistent(name, place, term!("ewf.zlib-stream-broken-longer-limit")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_found_and_trimmed() {
        let text = "<xhash><md5> 00ff </md5><sha1></sha1></xhash>";
        assert_eq!(leaves(text), (vec![("md5".to_owned(), "00ff".to_owned())], None));
        assert!(leaves("<xhash><md5>00</md5><x").1.is_some());
    }
}
