//! Compares the rows of a mutant with those of the sound image: whatever is lost or other must be said, or be what was changed.

use std::ops::Range;

use disk_image::{Container, OpenedImage};
use filesystem::RecordId;

use super::outcome::{Dependence, MEDIUM, Outcome, StreamKey};
use super::overlay::{Overlay, bytes_of};
use super::rows::{Row, RowKey};

/// The virtual folder of the file system's own structures.
const OWN_STRUCTURES: &str = "/$Metadata/";

/// What became of one mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Everything as before.
    Same,
    /// Streams whose own bytes were changed (a bitmap, the MFT as a file) have them so, and all else is as before.
    Content,
    /// Something else than before, and problems, counts or unreadable bytes of that volume say so.
    Told,
    /// Something else than before, in what the change touched; no structure could tell.
    Touched,
    /// A record that the change touched is not there at all, in use or deleted, and nobody says so.
    Gone,
    /// A stream, a path or a record that the change did not touch is gone or other, and nobody says so.
    Silent,
    /// More was found than the limit.
    Over,
    /// The reader panicked.
    Panic,
}

impl Verdict {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Content => "content",
            Self::Told => "told",
            Self::Touched => "touched",
            Self::Gone => "gone",
            Self::Silent => "SILENT",
            Self::Over => "OVER",
            Self::Panic => "PANIC",
        }
    }
}

/// Something of the sound image that is not in the mutant as it was.
enum Loss<'c> {
    Stream(&'c StreamKey),
    Row(&'c RowKey, &'c Row),
}

impl Loss<'_> {
    fn volume(&self) -> u64 {
        match self {
            Self::Stream((start, ..)) | Self::Row((start, _), _) => *start,
        }
    }

    /// Whether the change hit the sectors that the lost thing hangs on.
    fn is_touched(&self, dependence: &Dependence, overlay: &Overlay) -> bool {
        match self {
            Self::Stream(key) => {
                hits(overlay, dependence.streams.get(key))
                    || hits(overlay, dependence.content.get(key))
            }
            Self::Row(key, row) => {
                // The file system's own structures have their names from the superblock.
                let is_own = row.paths.iter().all(|path| path.starts_with(OWN_STRUCTURES));
                let is_opening_hit =
                    || dependence.opening.iter().any(|sector| overlay.touches(&bytes_of(*sector)));
                hits(overlay, dependence.rows.get(key))
                    || hits(overlay, dependence.streams.get(&(key.0, key.1, 0)))
                    || is_own && is_opening_hit()
            }
        }
    }

    /// Whether it is a stream as long and as readable as before, of which the change hit the bytes and not the record.
    fn is_content(
        &self,
        clean: &Outcome,
        mutant: &Outcome,
        dependence: &Dependence,
        overlay: &Overlay,
    ) -> bool {
        let Self::Stream(key) = self else { return false };
        let (Some(was), Some(is)) = (clean.streams.get(key), mutant.streams.get(key)) else {
            return false;
        };
        (was.allocated, was.size, was.bad) == (is.allocated, is.size, is.bad)
            && hits(overlay, dependence.content.get(key))
            && !hits(overlay, dependence.streams.get(key))
    }

    /// Whether the mutant has no record in the lost thing's place; its generation is part of what may be changed.
    fn is_gone(&self, mutant: &Outcome) -> bool {
        let (start, number) = match self {
            Self::Stream((start, record, _)) => (*start, record.number),
            Self::Row((start, record), _) => (*start, record.number),
        };
        let all = (start, RecordId { number, generation: 0 })
            ..=(start, RecordId { number, generation: u64::MAX });
        mutant.rows.range(all).next().is_none()
    }

    fn name(&self, clean: &Outcome, mutant: &Outcome) -> String {
        match self {
            Self::Stream(key) => {
                let path = clean.rows.get(&(key.0, key.1)).and_then(|row| row.paths.first());
                format!(
                    "stream {key:?} {path:?}: {:?} {:?}",
                    clean.streams.get(key),
                    mutant.streams.get(key)
                )
            }
            Self::Row(key, row) => format!("row {key:?}: {row:?} {:?}", mutant.rows.get(key)),
        }
    }
}

/// Whether the change hit any of these sectors.
fn hits(overlay: &Overlay, sectors: Option<&Vec<Range<u64>>>) -> bool {
    let bytes = |range: &Range<u64>| bytes_of(range.start).start..bytes_of(range.end).start;
    sectors.into_iter().flatten().any(|range| overlay.touches(&bytes(range)))
}

pub(super) fn judge(
    clean: &Outcome,
    mutant: &Outcome,
    dependence: &Dependence,
    overlay: &Overlay,
) -> (Verdict, String) {
    if mutant.over {
        return (Verdict::Over, String::new());
    }
    let losses = losses(clean, mutant);
    let mut verdict = (Verdict::Same, None);
    let mut told_of = 0_u64;
    let mut untouched = 0_u64;
    for loss in &losses {
        let one = if loss.is_content(clean, mutant, dependence, overlay) {
            Verdict::Content
        } else if told(clean, mutant, loss.volume()) {
            told_of += 1;
            Verdict::Told
        } else if !loss.is_touched(dependence, overlay) {
            untouched += 1;
            Verdict::Silent
        } else if loss.is_gone(mutant) {
            Verdict::Gone
        } else {
            Verdict::Touched
        };
        if one > verdict.0 || verdict.1.is_none() {
            verdict = (one, Some(loss));
        }
    }
    let what = match verdict.1 {
        None => String::new(),
        Some(worst) => format!(
            "{}: {} other, {told_of} told, {untouched} silent, e.g. {}",
            overlay.differences(),
            losses.len(),
            worst.name(clean, mutant)
        ),
    };
    (verdict.0, what)
}

/// Streams and rows in use that the mutant does not show as they were.
fn losses<'c>(clean: &'c Outcome, mutant: &Outcome) -> Vec<Loss<'c>> {
    let streams = clean
        .streams
        .iter()
        .filter(|(key, state)| {
            state.allocated && !mutant.streams.get(key).is_some_and(|found| found.is_same(state))
        })
        .map(|(key, _)| Loss::Stream(key));
    let rows = clean
        .rows
        .iter()
        .filter(|(key, row)| {
            row.allocated && !mutant.rows.get(key).is_some_and(|found| shows(found, row))
        })
        .map(|(key, row)| Loss::Row(key, row));
    streams.chain(rows).collect()
}

/// Whether a row shows all that it did. An orphan says itself that its directory is lost; a name more is no loss.
fn shows(found: &Row, sound: &Row) -> bool {
    found.kind == sound.kind
        && found.allocated
        && (found.orphan || found.paths.is_superset(&sound.paths))
}

/// Whether problems, counts, parts, or unreadable bytes that the sound image does not have are of this volume, or of the division.
fn told(clean: &Outcome, mutant: &Outcome, volume: u64) -> bool {
    let of_it = |start: u64| start == volume || start == MEDIUM;
    mutant.problems.iter().any(|(problem, count)| {
        of_it(problem.0) && clean.problems.get(problem).is_none_or(|was| was < count)
    }) || mutant.counts.iter().any(|(start, expected, found)| of_it(*start) && expected != found)
        || mutant.parts != clean.parts
        || mutant.streams.iter().any(|(key, state)| {
            of_it(key.0) && clean.streams.get(key).map_or(0, |was| was.bad) < state.bad
        })
}

pub(super) fn judge_container(
    clean: &(Outcome, OpenedImage),
    found: Option<&(Outcome, OpenedImage)>,
) -> Verdict {
    let Some((outcome, image)) = found else { return Verdict::Told };
    if outcome.over {
        return Verdict::Over;
    }
    let same = clean
        .0
        .streams
        .iter()
        .all(|(key, state)| outcome.streams.get(key).is_some_and(|found| found.is_same(state)));
    let other = image.problems != clean.1.problems || image.medium.len() != clean.1.medium.len();
    let volumes = || clean.0.streams.keys().map(|(start, ..)| *start);
    match (same, other || volumes().any(|start| told(&clean.0, outcome, start)), image.container) {
        (true, _, _) => Verdict::Same,
        (false, true, _) => Verdict::Told,
        // Whatever an EWF image holds has a checksum.
        (false, false, Container::Ewf) => Verdict::Silent,
        (false, false, _) => Verdict::Touched,
    }
}
