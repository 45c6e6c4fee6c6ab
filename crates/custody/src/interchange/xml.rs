//! Text in XML 1.0.

use case_model::to_hex;

/// Character data with escapes; characters that XML 1.0 does not have (section 2.2) become U+FFFD.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Readers would turn it into a line feed.
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push_str(if c == '\t' { "&#9;" } else { "&#10;" }),
            c if is_allowed(c) => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

/// The bytes as hexadecimal digits if XML cannot carry them as text.
pub(super) fn bytes_if_not_text(bytes: &[u8]) -> Option<String> {
    let is_text = std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_allowed));
    (!is_text).then(|| to_hex(bytes))
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_carry_is_replaced_and_said() {
        assert_eq!(escaped("<a&\"b\">\r\n\t"), "&lt;a&amp;&quot;b&quot;&gt;&#13;&#10;&#9;");
        assert_eq!(escaped("a\u{0}\u{1f}\u{fffe}ملف"), "a\u{fffd}\u{fffd}\u{fffd}ملف");
        assert_eq!(bytes_if_not_text("ملف\n".as_bytes()), None);
        assert_eq!(bytes_if_not_text(b"a\x01").as_deref(), Some("6101"));
        assert_eq!(bytes_if_not_text(b"\xff").as_deref(), Some("ff"));
    }
}
