//! The first analyser: the content type of a stream by its first bytes.

use crate::{Analyser, FindingsOfAnalyser, Head, StreamFacts, Wants};

/// Recognises the MIME type from the first 8 KiB (crate `infer`: signatures, no guess without one).
pub struct ContentType;

impl ContentType {
    /// The analyser's name.
    pub const NAME: &'static str = "content-type";
    /// The key of its one finding, a MIME type.
    pub const TYPE: &'static str = "type";
    /// Bytes from the start of a stream that its type is recognised by.
    pub const HEAD_BYTES: usize = 8 << 10;
}

impl Analyser for ContentType {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn version(&self) -> &str {
        "1"
    }

    fn keys(&self) -> &'static [&'static str] {
        &[Self::TYPE]
    }

    fn wants(&self, facts: &StreamFacts) -> Wants {
        if facts.size == 0 { Wants::Nothing } else { Wants::Head(Self::HEAD_BYTES) }
    }

    fn head(&self, _: &StreamFacts, head: Head<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        if let Some(kind) = infer::get(head.bytes) {
            findings.add(Self::TYPE, kind.mime_type());
        }
    }
}
