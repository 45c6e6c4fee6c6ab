//! The writer: JSON Canonicalization Scheme, RFC 8785.

use super::value::{Json, JsonError, MAX_DEPTH, MAX_INTEGER, Object};

/// The one byte sequence that RFC 8785 gives `value`: UTF-8, no white space, members sorted by the UTF-16 code units of their names.
///
/// # Errors
/// [`JsonError::TooDeep`].
pub fn canonical_bytes(value: &Json) -> Result<Vec<u8>, JsonError> {
    let mut out = String::new();
    write_value(&mut out, value, 0)?;
    Ok(out.into_bytes())
}

fn write_value(out: &mut String, value: &Json, depth: usize) -> Result<(), JsonError> {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Int(number) if number.unsigned_abs() > MAX_INTEGER.unsigned_abs() => {
            write_text(out, &number.to_string());
        }
        Json::Int(number) => out.push_str(&number.to_string()),
        Json::Text(text) => write_text(out, text),
        Json::List(items) => write_list(out, items, deeper(depth)?)?,
        Json::Object(members) => write_object(out, members, deeper(depth)?)?,
    }
    Ok(())
}

fn deeper(depth: usize) -> Result<usize, JsonError> {
    if depth < MAX_DEPTH { Ok(depth.saturating_add(1)) } else { Err(JsonError::TooDeep) }
}

fn write_list(out: &mut String, items: &[Json], depth: usize) -> Result<(), JsonError> {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_value(out, item, depth)?;
    }
    out.push(']');
    Ok(())
}

fn write_object(out: &mut String, members: &Object, depth: usize) -> Result<(), JsonError> {
    let mut sorted: Vec<_> = members.iter().collect();
    // The map is sorted by UTF-8 bytes, which puts U+E000..U+FFFF before the supplementary planes; UTF-16 does the opposite.
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(out, name);
        out.push(':');
        write_value(out, value, depth)?;
    }
    out.push('}');
    Ok(())
}

/// A string with the escapes of RFC 8785, section 3.2.2.2: the two-character ones where they exist, `\u00xx` for the other controls,
/// everything else as it is.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: impl Into<Json>) -> String {
        String::from_utf8(canonical_bytes(&value.into()).unwrap()).unwrap()
    }

    #[test]
    fn members_are_sorted_as_in_the_example_of_rfc_8785() {
        // Section 3.2.3: keys "\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"
        let value = Json::from([
            ("\u{20ac}", Json::from("Euro Sign")),
            ("\r", Json::from("Carriage Return")),
            ("\u{fb33}", Json::from("Hebrew Letter Dalet With Dagesh")),
            ("1", Json::from("One")),
            ("\u{1f600}", Json::from("Emoji: Grinning Face")),
            ("\u{80}", Json::from("Control")),
            ("\u{f6}", Json::from("Latin Small Letter O With Diaeresis")),
        ]);
        assert_eq!(
            written(value),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\
             \"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        );
    }

    #[test]
    fn strings_are_escaped_only_where_the_rfc_says() {
        assert_eq!(
            written("\u{8}\t\n\u{c}\r\"\\/\u{0}\u{1f}\u{7f}\u{2028}\u{202e}é/"),
            "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0000\\u001f\u{7f}\u{2028}\u{202e}é/\""
        );
    }

    #[test]
    fn integers_beyond_53_bits_become_strings() {
        assert_eq!(written(9_007_199_254_740_991_i64), "9007199254740991");
        assert_eq!(written(-9_007_199_254_740_991_i64), "-9007199254740991");
        assert_eq!(written(9_007_199_254_740_992_i64), "\"9007199254740992\"");
        assert_eq!(written(i64::MIN), "\"-9223372036854775808\"");
        assert_eq!(written(u64::MAX), "\"18446744073709551615\"");
        assert_eq!(Json::from(u64::MAX).as_u64(), Some(u64::MAX));
    }

    #[test]
    fn nesting_is_limited() {
        let nested =
            |levels: usize| (0..levels).fold(Json::Null, |inner, _| Json::List(vec![inner]));
        assert!(canonical_bytes(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(canonical_bytes(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep));
    }
}
