//! One line of `data/log.jsonl`: `{"body":…,"hash":hex,"prev":hex,"seq":n}` in canonical form, the body's exact text as a string.

use case_model::{from_hex, to_hex};

use crate::entry::StoredEntry;
use crate::json::{Json, JsonError, canonical_bytes, parse_canonical};
use crate::merkle::Hash;

/// The longest line that is read: an escape makes six bytes of one.
pub(super) const MAX_LINE_BYTES: usize = crate::entry::MAX_BODY_BYTES * 6 + 1_024;

/// The line of a row, with its newline. A body that is no text (it was tampered with) is written in hexadecimal digits as
/// `body_hex`, so that nothing is lost; such a line does not verify.
///
/// # Errors
/// None for any row; the type is the writer's.
pub(super) fn write_line(entry: &StoredEntry) -> Result<Vec<u8>, JsonError> {
    let body = match std::str::from_utf8(&entry.body) {
        Ok(text) => ("body", Json::from(text)),
        Err(_) => ("body_hex", Json::from(to_hex(&entry.body))),
    };
    let line = Json::from([
        ("seq", Json::from(entry.seq)),
        ("prev", Json::from(to_hex(&entry.prev))),
        ("hash", Json::from(to_hex(&entry.hash))),
        body,
    ]);
    let mut line = canonical_bytes(&line)?;
    line.push(b'\n');
    Ok(line)
}

/// Returns a hash; upper-case digits would be another text of the same one.
fn hash_of(digits: &str) -> Option<Hash> {
    if digits.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return None;
    }
    from_hex(digits).ok()?.try_into().ok()
}

/// Reads a line without its newline; `None` for anything that is not written as above.
pub(super) fn parse_line(line: &[u8]) -> Option<StoredEntry> {
    let line = parse_canonical(line).ok()?;
    let Json::Object(members) = &line else { return None };
    let text = |name: &str| members.get(name).and_then(Json::as_text);
    let hash = |name: &str| hash_of(text(name)?);
    let seq = match members.get("seq") {
        Some(Json::Int(seq)) => u64::try_from(*seq).ok()?,
        _ => return None,
    };
    let entry = StoredEntry {
        seq,
        prev: hash("prev")?,
        body: text("body")?.as_bytes().to_vec(),
        hash: hash("hash")?,
    };
    (members.len() == 4).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_goes_to_a_line_and_back_whatever_its_text_holds() {
        let body = "{\"t\":\"\u{2028}\\n\u{7f}\u{202e}ملف\"}\u{0}\n".as_bytes().to_vec();
        let entry = StoredEntry { seq: 7, prev: [1; 32], body, hash: [2; 32] };
        let line = write_line(&entry).unwrap();
        let (newline, text) = line.split_last().unwrap();
        assert_eq!((*newline, text.contains(&b'\n')), (b'\n', false));
        assert_eq!(parse_line(text), Some(entry.clone()));
        assert!(parse_line(&line).is_none());
        let tampered = StoredEntry { body: vec![0xff], ..entry };
        let line = write_line(&tampered).unwrap();
        assert!(String::from_utf8_lossy(&line).contains("\"body_hex\":\"ff\""));
        assert_eq!(parse_line(&line[..line.len() - 1]), None);
    }
}
