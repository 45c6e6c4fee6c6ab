//! Mapping pairs (a run list): pairs of cluster count and signed distance to the start of the previous run.

use byte_source::{Expected, Problem, ProblemKind, Structure, length};
use words::term;

use crate::{Place, Run};

/// Reads the mapping pairs of one attribute into runs of bytes, to the terminating zero. Returns how many clusters they map;
/// what could not be read ends them and is reported.
pub(super) fn read(
    pairs: &Structure<'_>,
    cluster_bytes: u32,
    clusters_of_volume: u64,
    runs: &mut Vec<Run>,
    problems: &mut Vec<Problem>,
) -> u64 {
    let mut reader = Reader { rest: pairs.all(), lcn: 0 };
    let mut mapped = 0_u64;
    loop {
        // Every pair takes two bytes or more: the attribute's length bounds the loop.
        let pair = match reader.next() {
            Ok(Some(pair)) => pair,
            Ok(None) => return mapped,
            Err(kind) => {
                problems.push(pairs.damage(kind));
                return mapped;
            }
        };
        let end = pair.lcn.unwrap_or(0).saturating_add(pair.clusters);
        if end > clusters_of_volume && pair.lcn.is_some() {
            // Kept: what lies behind the end reads as bad.
            let expected = Expected::Within(0, clusters_of_volume);
            problems.push(pairs.wrong_value("end of a run (LCN)", expected, end));
        }
        let Some(run) = to_bytes(&pair, cluster_bytes) else {
            let expected = Expected::Rule(term!("ntfs.less-2-64-bytes"));
            problems.push(pairs.wrong_value("length of a run (clusters)", expected, pair.clusters));
            return mapped;
        };
        push(runs, run);
        mapped = mapped.saturating_add(pair.clusters);
    }
}

/// Adds a run, joined to the last one where it continues it.
pub(super) fn push(runs: &mut Vec<Run>, run: Run) {
    if run.length == 0 {
        return;
    }
    if let Some(last) = runs.last_mut() {
        let continues = match (last.place, run.place) {
            (Place::Hole, Place::Hole) => true,
            (Place::At(before), Place::At(here)) => before.checked_add(last.length) == Some(here),
            _ => false,
        };
        if let (true, Some(joined)) = (continues, last.length.checked_add(run.length)) {
            last.length = joined;
            return;
        }
    }
    runs.push(run);
}

struct Pair {
    clusters: u64,
    /// `None` for a hole.
    lcn: Option<u64>,
}

struct Reader<'a> {
    rest: &'a [u8],
    lcn: i64,
}

impl<'a> Reader<'a> {
    /// The next pair; `None` at the terminating zero.
    fn next(&mut self) -> Result<Option<Pair>, ProblemKind> {
        let header = self.take(1).and_then(|bytes| bytes.first().copied()).unwrap_or(0);
        if header == 0 {
            return Ok(None);
        }
        let (clusters, distance) = self.fields(header)?;
        let clusters = signed(clusters).and_then(|count| u64::try_from(count).ok());
        let Some(clusters) = clusters.filter(|count| *count > 0) else {
            return Err(ProblemKind::Inconsistent(term!("ntfs.run-no-length-negative-too")));
        };
        if distance.is_empty() {
            return Ok(Some(Pair { clusters, lcn: None }));
        }
        let lcn = signed(distance).and_then(|distance| self.lcn.checked_add(distance));
        let Some(lcn) = lcn.filter(|lcn| *lcn >= -1) else {
            return Err(ProblemKind::Inconsistent(term!("ntfs.run-begins-before-start-volume")));
        };
        self.lcn = lcn;
        // NTFS 1.2 wrote holes as LCN -1.
        Ok(Some(Pair { clusters, lcn: u64::try_from(lcn).ok() }))
    }

    /// The bytes of the number of clusters and of the distance, whose lengths the header has.
    #[inline]
    fn fields(&mut self, header: u8) -> Result<(&'a [u8], &'a [u8]), ProblemKind> {
        let length_bytes = usize::from(header & 15);
        let both = length_bytes.saturating_add(usize::from(header >> 4));
        let available = length(self.rest.len()).saturating_add(1);
        let wanted_end = length(both).saturating_add(1);
        let fields = self.take(both).ok_or(ProblemKind::OutOfBounds { wanted_end, available })?;
        Ok(fields.split_at_checked(length_bytes).unwrap_or_default())
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (now, later) = self.rest.split_at_checked(count)?;
        self.rest = later;
        Some(now)
    }
}

/// A little-endian two's complement number of up to 8 bytes; `None` for longer ones.
fn signed(bytes: &[u8]) -> Option<i64> {
    let fill = if bytes.last().is_some_and(|last| last & 0x80 != 0) { 0xff } else { 0 };
    let mut wide = [fill; 8];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(wide))
}

fn to_bytes(pair: &Pair, cluster_bytes: u32) -> Option<Run> {
    let cluster_bytes = u64::from(cluster_bytes);
    let length = pair.clusters.checked_mul(cluster_bytes)?;
    let place = match pair.lcn {
        None => Place::Hole,
        Some(lcn) => Place::At(lcn.checked_mul(cluster_bytes)?),
    };
    Some(Run { length, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(bytes: &[u8]) -> (Vec<Run>, u64, Vec<Problem>) {
        let mut runs = Vec::new();
        let mut problems = Vec::new();
        let pairs = Structure::new("mapping pairs", 0, bytes);
        let mapped = read(&pairs, 512, 0x1_0000, &mut runs, &mut problems);
        (runs, mapped, problems)
    }

    #[test]
    fn distances_are_signed_and_holes_keep_the_position() {
        // 0x30 clusters at 0x60; 0x10 hole; 0x10 at 0x160 (+0x100); 8 at 0x60 (-0x100)
        let (runs, mapped, problems) = runs(&[
            0x11, 0x30, 0x60, 0x01, 0x10, 0x21, 0x10, 0x00, 0x01, 0x21, 0x08, 0x00, 0xff, 0x00,
            0x99,
        ]);
        let at =
            |clusters: u64, lcn: u64| Run { length: clusters * 512, place: Place::At(lcn * 512) };
        let hole = Run { length: 0x10 * 512, place: Place::Hole };
        assert_eq!(runs, [at(0x30, 0x60), hole, at(0x10, 0x160), at(8, 0x60)]);
        assert_eq!(mapped, 0x58);
        assert!(problems.is_empty());
    }

    #[test]
    fn adjacent_runs_join_and_minus_one_is_a_hole() {
        let (joined, _, _) = runs(&[0x11, 2, 4, 0x11, 3, 2, 0]);
        assert_eq!(joined, [Run { length: 5 * 512, place: Place::At(4 * 512) }]);
        assert_eq!(runs(&[0x11, 2, 0xff, 0]).0, [Run { length: 1024, place: Place::Hole }]);
    }

    #[test]
    fn nonsense_ends_the_list_and_is_told() {
        for bytes in [
            &[0x11, 2][..],                                                // cut off
            &[0x11, 2, 0x80, 0],                                           // before the volume
            &[0x11, 0, 4, 0],                                              // no length
            &[0x19, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0],                      // nine bytes of length
            &[0x18, 1, 1, 1, 1, 1, 1, 1, 0x7f, 1, 0],                      // 2^63 clusters
            &[0x81, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0], // far behind the end
        ] {
            let (_, _, problems) = runs(bytes);
            assert!(!problems.is_empty(), "{bytes:x?}");
        }
    }
}
