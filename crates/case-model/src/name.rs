//! Names as they are on disk, and as people can read them.

/// How the raw bytes of a name are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameEncoding {
    /// Bytes, by convention UTF-8 (ext, host folders).
    Bytes,
    /// UTF-16 units, little-endian (NTFS, FAT long names, exFAT). May hold unpaired surrogates.
    Utf16Le,
    /// Bytes of a DOS code page (FAT short names); the number is the code page.
    CodePage(u16),
}

impl NameEncoding {
    /// The word in columns: `bytes`, `utf-16le`, `cp437`.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Bytes => "bytes".to_owned(),
            Self::Utf16Le => "utf-16le".to_owned(),
            Self::CodePage(number) => format!("cp{number}"),
        }
    }
}

/// A readable form of a raw name: what is valid as it is, each invalid byte as `\xNN`, each unpaired surrogate as `\uNNNN`.
/// A backslash that would look like the start of such a code, or of the display's `\u{NN}`, is `\x5c`: names that differ stay
/// different. Control characters and the marks that reorder text are kept here and escaped by the display. Code-page names are decoded by
/// the file-system reader that knows the page; here their bytes above 127 are escaped.
#[must_use]
pub fn readable_name(raw: &[u8], encoding: NameEncoding) -> String {
    let mut text = String::with_capacity(raw.len());
    push_readable(raw, encoding, &mut text);
    text
}

/// Appends the form of [`readable_name`] to a text.
pub fn push_readable(raw: &[u8], encoding: NameEncoding, text: &mut String) {
    match encoding {
        NameEncoding::Bytes => push_bytes(raw, text),
        NameEncoding::Utf16Le => push_utf16(raw, text),
        NameEncoding::CodePage(_) => raw.iter().for_each(|byte| push_byte(*byte, text)),
    }
}

fn push_byte(byte: u8, text: &mut String) {
    if byte.is_ascii() {
        text.push(char::from(byte))
    } else {
        text.push_str(&format!("\\x{byte:02x}"))
    }
}

fn push_bytes(raw: &[u8], text: &mut String) {
    for chunk in raw.utf8_chunks() {
        push_text(chunk.valid(), text);
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
}

/// Appends valid text; a backslash before what would look like a code of [`readable_name`] is escaped.
fn push_text(valid: &str, text: &mut String) {
    let mut rest = valid;
    while let Some((before, behind)) = rest.split_once('\\') {
        text.push_str(before);
        text.push_str(if looks_like_code(behind) { "\\x5c" } else { "\\" });
        rest = behind;
    }
    text.push_str(rest);
}

/// Does what follows a backslash make a code of it: `xNN`, `uNNNN`, `u{`?
fn looks_like_code(behind: &str) -> bool {
    let is_hex = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match behind.as_bytes() {
        [b'x', digits @ ..] => digits.get(..2).is_some_and(is_hex),
        [b'u', b'{', ..] => true,
        [b'u', digits @ ..] => digits.get(..4).is_some_and(is_hex),
        _ => false,
    }
}

fn push_utf16(raw: &[u8], text: &mut String) {
    let pairs = raw.chunks_exact(2);
    let odd = pairs.remainder();
    let units = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    // Names hardly ever have a backslash: it is looked for before anything is copied.
    let has_backslash = units.clone().any(|unit| unit == u16::from(b'\\'));
    let mut valid = String::new();
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(c) if has_backslash => valid.push(c),
            Ok(c) => text.push(c),
            Err(bad) => {
                push_text(&std::mem::take(&mut valid), text);
                text.push_str(&format!("\\u{:04x}", bad.unpaired_surrogate()));
            }
        }
    }
    push_text(&valid, text);
    odd.iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_broken_name_is_lost() {
        assert_eq!(readable_name("صورة.jpg".as_bytes(), NameEncoding::Bytes), "صورة.jpg");
        assert_eq!(readable_name(b"a\xff\xfeb", NameEncoding::Bytes), "a\\xff\\xfeb");
        assert_eq!(
            readable_name(&[0x41, 0, 0, 0xd8, 0x42, 0, 7], NameEncoding::Utf16Le),
            "A\\ud800B\\x07"
        );
    }

    #[test]
    fn text_that_looks_like_an_escape_is_told_from_one() {
        let bytes = |raw: &[u8]| readable_name(raw, NameEncoding::Bytes);
        assert_eq!(bytes(b"\\xff\\xfe"), "\\x5cxff\\x5cxfe");
        assert_eq!(bytes(b"\\x5c"), "\\x5cx5c");
        assert_eq!(bytes(b"\\\xff"), "\\\\xff", "a backslash and an invalid byte");
        assert_eq!(bytes(b"\\\\xff"), "\\\\x5cxff", "two backslashes and text");
        assert_eq!(bytes(b"C:\\xp\\users\\xFF"), "C:\\xp\\users\\xFF");
        let utf16 = |text: &str, units: &[u16]| {
            let raw: Vec<u8> = text
                .encode_utf16()
                .chain(units.iter().copied())
                .flat_map(u16::to_le_bytes)
                .collect();
            readable_name(&raw, NameEncoding::Utf16Le)
        };
        assert_eq!(utf16("\\ud800", &[]), "\\x5cud800");
        assert_eq!(utf16("\\u", &[0xd800]), "\\u\\ud800");
        assert_eq!(utf16("\\u{85}", &[]), "\\x5cu{85}");
    }
}
