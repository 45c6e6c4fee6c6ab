//! The property list: XML that holds the block tables under `resource-fork`, `blkx`.

/// Block tables of an image: one a partition, and one for each table of partitions.
const MOST_TABLES: usize = 4096;

/// An entry of `blkx`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, as in `disk image (Apple_HFS : 4)`.
    pub(super) name: String,
    /// Its data; `None` when they are no base64.
    pub(super) data: Option<Vec<u8>>,
}

/// The entries of `blkx`, in order.
pub(super) fn block_tables(text: &str) -> Vec<Entry> {
    let Some((_, rest)) = text.split_once("<key>blkx</key>") else { return Vec::new() };
    let Some((array, _)) = rest.split_once("</array>") else { return Vec::new() };
    array.split("<dict>").skip(1).take(MOST_TABLES).map(entry).collect()
}

fn entry(dict: &str) -> Entry {
    let value = |key: &str, tag: &str| {
        let (_, rest) = dict.split_once(&format!("<key>{key}</key>"))?;
        let (_, rest) = rest.split_once(&format!("<{tag}>"))?;
        rest.split_once(&format!("</{tag}>")).map(|(value, _)| value)
    };
    let name = value("Name", "string").or_else(|| value("CFName", "string")).unwrap_or_default();
    Entry { name: name.replace("&amp;", "&"), data: value("Data", "data").and_then(base64) }
}

/// Base64 (RFC 4648) with white space in it.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let six = match byte {
            b'A'..=b'Z' => byte.checked_sub(b'A')?,
            b'a'..=b'z' => byte.checked_sub(b'a')?.checked_add(26)?,
            b'0'..=b'9' => byte.checked_sub(b'0')?.checked_add(52)?,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count = count.checked_add(1)?;
        if count == 4 {
            let [_, three @ ..] = bits.to_be_bytes();
            out.extend_from_slice(&three);
            (bits, count) = (0, 0);
        }
    }
    let [_, first, second, _] =
        bits.checked_shl(6_u32.checked_mul(4_u32.checked_sub(count)?)?)?.to_be_bytes();
    match count {
        2 => out.push(first),
        3 => out.extend_from_slice(&[first, second]),
        _ => {}
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_rfc() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm 9v\n\tYg==", "foob"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(base64("Zm9*"), None);
    }

    #[test]
    fn only_entries_of_blkx_are_tables() {
        let text = "<key>blkx</key><array><dict><key>Data</key><data>Zg==</data><key>Name</key><string>a &amp; b</string></dict>\
            </array><key>plst</key><array><dict><key>Data</key><data>Zm8=</data></dict></array>";
        assert_eq!(block_tables(text), [Entry { name: "a & b".to_owned(), data: Some(b"f".to_vec()) }]);
    }
}
