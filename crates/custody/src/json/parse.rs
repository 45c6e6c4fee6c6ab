//! The reader: accepts nothing but the canonical form.

use serde_json::Value;

use super::canonical::canonical_bytes;
use super::value::{Json, JsonError, MAX_INTEGER};

/// Reads bytes that must be in the form of RFC 8785: whatever the writer would write differently (white space, another order or
/// escape, a member twice, a float) is refused.
///
/// # Errors
/// What keeps the bytes from being canonical JSON.
pub fn parse_canonical(bytes: &[u8]) -> Result<Json, JsonError> {
    // serde_json refuses more than 128 levels, so neither reading nor converting can exhaust the stack.
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| JsonError::Syntax(error.to_string()))?;
    let json = convert(value)?;
    let canonical = canonical_bytes(&json)?;
    if canonical == bytes {
        return Ok(json);
    }
    let same = canonical.iter().zip(bytes).take_while(|(ours, theirs)| ours == theirs).count();
    Err(JsonError::NotCanonical { at: same })
}

fn convert(value: Value) -> Result<Json, JsonError> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Number(number) => {
            let integer = number.as_i64();
            let exact = integer.filter(|one| one.unsigned_abs() <= MAX_INTEGER.unsigned_abs());
            Json::Int(exact.ok_or_else(|| JsonError::Number(number.to_string()))?)
        }
        Value::String(text) => Json::Text(text),
        Value::Array(items) => {
            Json::List(items.into_iter().map(convert).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| Ok((name, convert(value)?)));
            Json::Object(members.collect::<Result<_, JsonError>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        assert!(parse_canonical(br#"{"a":[1,-2,"x",null,true],"b":{}}"#).is_ok());
        let refused: [(&[u8], &str); 9] = [
            (br#"{"b":1,"a":2}"#, "not in canonical form (RFC 8785): byte 2 differs"),
            (br#"{"a": 1}"#, "not in canonical form (RFC 8785): byte 5 differs"),
            (br#"{"a":1,"a":1}"#, "not in canonical form (RFC 8785): byte 6 differs"),
            (br#"{"a":"\u0041"}"#, "not in canonical form (RFC 8785): byte 6 differs"),
            (br#"{"a":1.5}"#, "the number 1.5 is no integer within ±(2^53 − 1)"),
            (
                br#"{"a":9007199254740992}"#,
                "the number 9007199254740992 is no integer within ±(2^53 − 1)",
            ),
            (br#"{"a":-0}"#, "the number -0.0 is no integer within ±(2^53 − 1)"),
            (b"{\"a\":1}\n", "not in canonical form (RFC 8785): byte 7 differs"),
            (b"{", "not JSON: EOF while parsing an object at line 1 column 1"),
        ];
        for (bytes, sentence) in refused {
            assert_eq!(parse_canonical(bytes).unwrap_err().to_string(), sentence);
        }
        assert!(matches!(parse_canonical(b"\"\xff\""), Err(JsonError::Syntax(_))));
        assert!(matches!(parse_canonical(&[b'['; 60_000]), Err(JsonError::Syntax(_))));
    }
}
