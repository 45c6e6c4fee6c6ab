//! How long a medium may be. A number in a header costs nothing to write, but every byte of the medium must be hashed.

use std::sync::Arc;

use byte_source::{Expected, Problem, ProblemKind, Section};
use words::term;

use crate::OpenedImage;

/// Bytes of a medium that its files do not hold, at most: VHDX, the largest of the sparse formats, ends at 64 TiB ([MS-VHDX] 2.6.2.4).
const MOST_UNSTORED_BYTES: u64 = 64 << 40;
/// Bytes that are read behind as many as the files hold when a medium is longer than that: its length is damaged or hostile.
/// One core hashes them in minutes, and what a disk really held lies among them.
const READ_UNSTORED_BYTES: u64 = 1 << 40;

/// Cuts a medium whose stated length its files cannot bear, and says so: hashing 8 EiB of nothing takes centuries.
pub(crate) fn limit(mut image: OpenedImage) -> OpenedImage {
    let stored = image.segments.iter().fold(0_u64, |sum, segment| sum.saturating_add(segment.bytes));
    let found = image.medium.len();
    if found <= stored.saturating_add(MOST_UNSTORED_BYTES) {
        return image;
    }
    let kind = ProblemKind::Value {
        field: "length of the medium in bytes",
        expected: Expected::Rule(term!("image.most-64-tib-more-files")),
        found,
    };
    image.problems.push(Problem::damage("container", 0, kind));
    let end = stored.saturating_add(READ_UNSTORED_BYTES);
    image.medium = Arc::new(Section::new(image.medium, 0..end));
    image.stated_bytes = Some(found);
    image
}
