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
/// Control characters and the marks that reorder text are kept here and escaped by the display. Code-page names are decoded by
/// the file-system reader that knows the page; here their bytes above 127 are escaped.
#[must_use]
pub fn readable_name(raw: &[u8], encoding: NameEncoding) -> String {
    match encoding {
        NameEncoding::Bytes => readable_bytes(raw),
        NameEncoding::Utf16Le => readable_utf16(raw),
        NameEncoding::CodePage(_) => raw.iter().map(|byte| readable_byte(*byte)).collect(),
    }
}

fn readable_byte(byte: u8) -> String {
    if byte.is_ascii() { char::from(byte).to_string() } else { format!("\\x{byte:02x}") }
}

fn readable_bytes(raw: &[u8]) -> String {
    raw.utf8_chunks().fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
        text
    })
}

fn readable_utf16(raw: &[u8]) -> String {
    let pairs = raw.chunks_exact(2);
    let odd = pairs.remainder();
    let units = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let mut text: String = char::decode_utf16(units)
        .map(|unit| unit.map_or_else(|bad| format!("\\u{:04x}", bad.unpaired_surrogate()), String::from))
        .collect();
    text.extend(odd.iter().map(|byte| format!("\\x{byte:02x}")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_broken_name_is_lost() {
        assert_eq!(readable_name("صورة.jpg".as_bytes(), NameEncoding::Bytes), "صورة.jpg");
        assert_eq!(readable_name(b"a\xff\xfeb", NameEncoding::Bytes), "a\\xff\\xfeb");
        assert_eq!(readable_name(&[0x41, 0, 0, 0xd8, 0x42, 0, 7], NameEncoding::Utf16Le), "A\\ud800B\\x07");
    }
}
