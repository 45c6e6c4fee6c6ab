//! A line of `md5sum` and its kin, taken apart.

use case_model::{NameEncoding, readable_name};

/// One line, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SumLine {
    /// The algorithm as a tag says.
    pub(super) tag: Option<String>,
    pub(super) digest: String,
    name: Vec<u8>,
}

impl SumLine {
    /// The name, for people; `None` when there is none.
    pub(super) fn readable_name(&self) -> Option<String> {
        (!self.name.is_empty()).then(|| readable_name(&self.name, NameEncoding::Bytes))
    }

    /// Tells whether `line`, which this is, leaves no doubt about what is its name: a tag, an escaped line, or the mark of binary reading.
    pub(super) fn has_sure_name(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii();
        let behind = line.get(self.digest.len()..).unwrap_or_default();
        self.tag.is_some() || line.starts_with(b"\\") || behind.starts_with(b" *")
    }

    /// Takes a line apart; `None` when it has neither form.
    pub(crate) fn parse(line: &[u8], escapes: bool) -> Option<Self> {
        let (escaped, line) = match line.strip_prefix(b"\\") {
            Some(rest) if escapes => (true, rest),
            _ => (false, line),
        };
        let mut parsed = Self::parse_plain(line).or_else(|| Self::parse_tag(line))?;
        if escaped {
            parsed.name = unescape(&parsed.name);
        }
        Some(parsed)
    }

    fn parse_plain(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii_start();
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        // MD5 is the shortest digest; a word of hexadecimal letters is no digest.
        let (digest, rest) = line.split_at_checked(digits).filter(|_| digits >= 32)?;
        let rest = match rest {
            [] => rest,
            [b' ' | b'\t', name @ ..] => name,
            _ => return None,
        };
        let name = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"*")).unwrap_or(rest);
        Some(Self {
            tag: None,
            digest: String::from_utf8(digest.to_vec()).ok()?,
            name: name.to_vec(),
        })
    }

    fn parse_tag(line: &[u8]) -> Option<Self> {
        let open = line.iter().position(|&byte| byte == b'(')?;
        let (tag, rest) = line.split_at_checked(open)?;
        // Names may hold ")= ": the digest is what follows the last one.
        let close = rest.windows(2).rposition(|pair| pair == b")=" || pair == b") ")?;
        let name = rest.get(1..close)?;
        let digest =
            rest.get(close.checked_add(1)?..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii();
        let tag = String::from_utf8(tag.trim_ascii().to_vec()).ok()?;
        let digits = digest.len() >= 32 && digest.iter().all(u8::is_ascii_hexdigit);
        (is_tag(&tag) && digits).then(|| Self {
            tag: Some(tag),
            digest: String::from_utf8_lossy(digest).into_owned(),
            name: name.to_vec(),
        })
    }
}

/// Tells whether a text may be the name of an algorithm.
fn is_tag(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    !text.is_empty() && text.bytes().all(allowed)
}

/// `\\` is a backslash, `\n` a line feed, `\r` a carriage return; anything else stays.
fn unescape(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = match (byte, after.first()) {
            (b'\\', Some(b'\\')) => Some(b'\\'),
            (b'\\', Some(b'n')) => Some(b'\n'),
            (b'\\', Some(b'r')) => Some(b'\r'),
            _ => None,
        };
        plain.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { after.get(1..).unwrap_or_default() } else { after };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";

    fn parsed(line: &str) -> (Option<String>, String, String) {
        let line = SumLine::parse(line.as_bytes(), true).unwrap();
        assert_eq!(line.digest, MD5);
        (line.tag, line.digest, String::from_utf8(line.name).unwrap())
    }

    #[test]
    fn every_form_that_coreutils_and_bsd_write() {
        assert_eq!(parsed(&format!("{MD5}  a b")).2, "a b");
        assert_eq!(parsed(&format!("{MD5} *a")).2, "a");
        assert_eq!(parsed(&format!("{MD5} a")).2, "a");
        assert_eq!(parsed(MD5).2, "");
        assert_eq!(parsed(&format!("\\{MD5}  a\\\\b\\nc\\x")).2, "a\\b\nc\\x");
        assert_eq!(
            parsed(&format!("MD5 (a) = b) = {MD5}")),
            (Some("MD5".into()), MD5.into(), "a) = b".into())
        );
        assert_eq!(parsed(&format!("\\MD5 (a\\nb) = {MD5}")).2, "a\nb");
        assert_eq!(parsed(&format!("MD5(a)= {MD5}")).0.as_deref(), Some("MD5"));
        assert_eq!(parsed(&format!("BLAKE2b-256 (a) = {MD5}")).0.as_deref(), Some("BLAKE2b-256"));
        for bad in ["", "0123  a", "MD5 (a) = xyz", "(a) = 900150983cd24fb0d6963f7d28e17f72"] {
            assert_eq!(SumLine::parse(bad.as_bytes(), true), None, "{bad}");
        }
    }
}
