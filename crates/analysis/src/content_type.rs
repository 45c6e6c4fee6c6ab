//! The first analyser: the content type of a stream by its first bytes.

use crate::{Analyser, FindingsOfAnalyser, Head, StreamFacts, Wants};

/// Recognises the MIME type from the first 8 KiB (crate `infer`: signatures, no guess without one).
pub struct ContentType {
    /// Asked first.
    images: fn(&[u8]) -> Option<&'static str>,
    version: &'static str,
}

impl ContentType {
    /// Without images of disks.
    pub const PLAIN: Self = Self { images: |_| None, version: "1" };

    /// Returns the analyser that asks `images` first: what begins as an image of a disk is one.
    #[must_use]
    pub fn with_images(images: fn(&[u8]) -> Option<&'static str>) -> Self {
        Self { images, version: "2" }
    }

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
        self.version
    }

    fn keys(&self) -> &'static [&'static str] {
        &[Self::TYPE]
    }

    fn wants(&self, facts: &StreamFacts) -> Wants {
        if facts.size == 0 { Wants::Nothing } else { Wants::Head(Self::HEAD_BYTES) }
    }

    fn head(&self, _: &StreamFacts, head: Head<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        let other = || infer::get(head.bytes).map(|kind| kind.mime_type());
        if let Some(content_type) = (self.images)(head.bytes).or_else(other) {
            findings.add(Self::TYPE, content_type);
        }
    }
}
