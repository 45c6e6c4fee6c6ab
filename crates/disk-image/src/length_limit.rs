//! How long a medium may be. A number in a header, and a hole in a raw file, cost nothing to write, but every byte of the medium must be hashed.

use std::sync::Arc;

use byte_source::{Expected, Problem, ProblemKind, Section};
use words::term;

use crate::{Container, OpenedImage};

/// Bytes of a medium that its files do not hold, at most: VHDX, the largest of the sparse formats, ends at 64 TiB ([MS-VHDX] 2.6.2.4).
const MOST_UNSTORED_BYTES: u64 = 64 << 40;
/// Bytes that are read behind as many as the files hold when a medium is longer than that: its length is damaged or hostile.
/// One core hashes them in minutes, and what a disk really held lies among them.
const READ_UNSTORED_BYTES: u64 = 1 << 40;

/// Cuts a medium whose stated length its files cannot bear, and says so: hashing 8 EiB of nothing takes centuries.
pub(crate) fn limit(mut image: OpenedImage) -> OpenedImage {
    let stored = match image.container {
        // The files are the medium: their holes store nothing.
        Container::Raw | Container::SplitRaw => image.medium.stored_len(),
        _ => image.segments.iter().fold(0_u64, |sum, segment| sum.saturating_add(segment.bytes)),
    };
    let found = image.medium.len();
    if found <= stored.saturating_add(MOST_UNSTORED_BYTES) {
        return image;
    }
    image.problems.push(Problem::damage(
        "container",
        0,
        ProblemKind::Value {
            field: "length of the medium in bytes",
            expected: Expected::Rule(term!("image.most-64-tib-more-files")),
            found,
        },
    ));
    let end = stored.saturating_add(READ_UNSTORED_BYTES);
    image.medium = Arc::new(Section::new(image.medium, 0..end.min(found)));
    image.stated_bytes = Some(found);
    image
}

#[cfg(test)]
mod tests {
    use std::ops::{ControlFlow, Range};

    use byte_source::{Piece, Scratch, Source, Visitor};

    use super::*;
    use crate::raw;

    /// A raw file of one hole.
    struct Hole {
        len: u64,
        stored: u64,
    }

    impl Source for Hole {
        fn len(&self) -> u64 {
            self.len
        }

        fn stored_len(&self) -> u64 {
            self.stored
        }

        fn visit(
            &self,
            range: Range<u64>,
            _: &mut Scratch,
            each: &mut Visitor<'_>,
        ) -> ControlFlow<()> {
            each(Piece::Zero(range.end - range.start))
        }
    }

    #[test]
    fn a_raw_file_of_holes_is_cut_where_hashing_would_not_end_and_that_is_said() {
        let opened =
            |len, stored| limit(raw::single("disk.raw", Arc::new(Hole { len, stored }), "a test"));
        for (len, stored) in [(1 << 46, 0), (1 << 62, 1 << 62), ((1 << 46) + 4096, 4096)] {
            let image = opened(len, stored);
            assert_eq!((image.medium.len(), image.problems.len()), (len, 0));
        }
        let image = opened(1 << 62, 1 << 20);
        assert_eq!(image.medium.len(), (1 << 40) + (1 << 20));
        assert_eq!(image.stated_bytes, Some(1 << 62));
        let [problem] = image.problems.as_slice() else { panic!("{:?}", image.problems) };
        assert!(
            problem.to_string().contains("at most 64 TiB more than the files hold"),
            "{problem}"
        );
    }
}
