//! From bytes of a volume to bytes of the medium.

use byte_source::Problem;
use case_model::Exactness;
use filesystem::{FileSystem, Place, Run, Stream};
use volume::Extent;

/// Maps byte offsets of a volume to the medium.
#[derive(Clone, Copy, Debug)]
pub struct OnMedium<'v> {
    /// The extents of the volume.
    pub extents: &'v [Extent],
}

/// Consecutive bytes of a stream on the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediumExtent {
    /// Length in bytes.
    pub length: u64,
    /// Byte offset on the medium; `None` for a hole, or where nobody knows.
    pub at: Option<u64>,
}

/// Where a stream lies on the medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediumExtents {
    /// The extents, in the order of the stream.
    pub extents: Vec<MediumExtent>,
    /// Whether they are the content of the stream.
    pub exactness: Exactness,
}

impl OnMedium<'_> {
    /// The byte on the medium that a byte of the volume is.
    #[must_use]
    pub fn at(&self, offset: u64) -> u64 {
        let mut left = offset;
        for extent in self.extents {
            if left < extent.length {
                return extent.start.saturating_add(left);
            }
            left = left.saturating_sub(extent.length);
        }
        // Past the end of the volume: as if the last extent went on.
        self.extents
            .last()
            .map_or(offset, |last| last.start.saturating_add(last.length).saturating_add(left))
    }

    /// Returns a problem of the volume with its offset on the medium, which is where people look for it.
    #[must_use]
    pub fn place(&self, problem: Problem) -> Problem {
        Problem { at: self.at(problem.at), ..problem }
    }

    /// Returns where a stream lies on the medium, up to the end of its last allocation unit; `None` where its layout does
    /// not say.
    #[must_use]
    pub fn extents_of(
        &self,
        file_system: &dyn FileSystem,
        stream: &Stream,
    ) -> Option<MediumExtents> {
        let found = file_system.extents(stream)?;
        let extents = self.runs(&found.runs);
        (!extents.is_empty()).then_some(MediumExtents { extents, exactness: found.exactness })
    }

    fn runs(&self, runs: &[Run]) -> Vec<MediumExtent> {
        let mut extents = Vec::new();
        runs.iter().for_each(|run| self.run(run, &mut extents));
        extents
    }

    /// A run of the volume as runs of the medium.
    fn run(&self, run: &Run, out: &mut Vec<MediumExtent>) {
        let Place::At(start) = run.place else {
            out.push(MediumExtent { length: run.length, at: None });
            return;
        };
        let mut done = 0;
        while done < run.length {
            let at = start.saturating_add(done);
            let length = self.left_in_extent(at).min(run.length.saturating_sub(done)).max(1);
            out.push(MediumExtent { length, at: Some(self.at(at)) });
            done = done.saturating_add(length);
        }
    }

    fn left_in_extent(&self, offset: u64) -> u64 {
        let mut left = offset;
        for extent in self.extents {
            if left < extent.length {
                return extent.length.saturating_sub(left);
            }
            left = left.saturating_sub(extent.length);
        }
        u64::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_over_two_extents_of_a_volume_is_two_extents_of_the_medium() {
        let extents = [Extent { start: 1000, length: 100 }, Extent { start: 5000, length: 100 }];
        let medium = OnMedium { extents: &extents };
        assert_eq!(
            [medium.at(0), medium.at(99), medium.at(100), medium.at(250)],
            [1000, 1099, 5000, 5150]
        );
        let runs =
            vec![Run { length: 40, place: Place::At(80) }, Run { length: 8, place: Place::Hole }];
        let found: Vec<_> = medium.runs(&runs).iter().map(|run| (run.length, run.at)).collect();
        assert_eq!(found, [(20, Some(1080)), (20, Some(5000)), (8, None)]);
    }
}
