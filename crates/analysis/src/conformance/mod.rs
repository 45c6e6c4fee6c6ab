//! Tries whether an analyser keeps the contract of [`Analyser`], for the tests of every analyser.
//!
//! A sample is analysed as it is, then divided at every byte and into pieces of many lengths, with zeros as data and as [`byte_source::Piece::Zero`],
//! with empty pieces in between, saved and restored at every byte, from damaged states, and by another version.

mod every_byte;
mod other_version;
mod sample;
mod states;

use crate::{Analyser, Analysers, Findings, MAX_HEAD_BYTES, Taps, Wants};

pub use every_byte::EveryByte;
pub use sample::{Sample, SamplePiece};

use other_version::OtherVersion;
use sample::OwnedPiece;

/// Lengths of pieces into which samples are divided.
const PIECE_LENGTHS: [u64; 9] = [1, 2, 3, 7, 64, 511, 512, 513, 4096];

/// Places at which a sample is divided at most: all of a short one, evenly spread ones of a long one.
const MAX_SPLITS: u64 = 1200;

/// How an analyser breaks its contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{analyser}, sample {sample}: {how}")]
pub struct Divergence {
    /// The analyser.
    pub analyser: &'static str,
    /// The sample.
    pub sample: String,
    /// What was expected and what came.
    pub how: String,
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trials {
    /// Samples in which something was found.
    pub samples_with_findings: u64,
    /// Ways in which samples were divided.
    pub divisions: u64,
    /// States that were saved and restored.
    pub restored: u64,
    /// States that could not be saved, or were too large for a checkpoint.
    pub not_saved: u64,
    /// Damaged states that were refused.
    pub refused: u64,
}

/// Tries an analyser on samples; `new` makes it.
///
/// # Errors
/// The first divergence.
pub fn check(
    new: &dyn Fn() -> Box<dyn Analyser>,
    samples: &[Sample],
) -> Result<Trials, Divergence> {
    let analyser = new().name();
    let of = |how: String| {
        move |sample: &Sample| Divergence { analyser, sample: sample.name.clone(), how }
    };
    let mut trials = Trials::default();
    for sample in samples {
        let trial = Trial {
            analysers: together(new()).map_err(|how| of(how)(sample))?,
            other_version: together(Box::new(OtherVersion(new())))
                .map_err(|how| of(how)(sample))?,
            sample,
        };
        trial.run(&mut trials).map_err(|how| of(how)(sample))?;
    }
    Ok(trials)
}

fn together(analyser: Box<dyn Analyser>) -> Result<Analysers, String> {
    Analysers::new(vec![analyser]).map_err(|error| error.to_string())
}

/// One sample with one analyser.
struct Trial<'s> {
    analysers: Analysers,
    other_version: Analysers,
    sample: &'s Sample,
}

impl Trial<'_> {
    fn run(&self, trials: &mut Trials) -> Result<(), String> {
        self.check_wish()?;
        let whole = self.analysed(&self.sample.pieces());
        if whole.iter().any(crate::Finding::is_failure) {
            return Err(format!("it fails: {whole:?}"));
        }
        trials.samples_with_findings =
            trials.samples_with_findings.saturating_add(u64::from(!whole.is_empty()));
        for (how, pieces) in self.divisions() {
            trials.divisions = trials.divisions.saturating_add(1);
            let found = self.analysed(&pieces);
            if found != whole {
                return Err(format!("{how} gives {found:?}, the sample as it is {whole:?}"));
            }
        }
        for place in self.places() {
            self.check_state_at(place, &whole, trials)?;
        }
        Ok(())
    }

    fn check_wish(&self) -> Result<(), String> {
        for (_, analyser) in self.analysers.numbered() {
            let wants = analyser.wants(&self.sample.facts());
            if wants != analyser.wants(&self.sample.facts()) {
                return Err("what it wants changes from one question to the next".to_owned());
            }
            if matches!(wants, Wants::Head(most) if most > MAX_HEAD_BYTES) {
                return Err(format!(
                    "it wants {wants:?}, more than {MAX_HEAD_BYTES} bytes of the start"
                ));
            }
        }
        Ok(())
    }

    fn analysed(&self, pieces: &[OwnedPiece]) -> Findings {
        let mut taps = Taps::begin(&self.analysers, self.sample.facts());
        pieces.iter().for_each(|piece| taps.take(&self.analysers, piece.lend()));
        taps.finish(&self.analysers)
    }

    /// The sample divided in every way, each with words for it.
    fn divisions(&self) -> impl Iterator<Item = (String, Vec<OwnedPiece>)> {
        let sample = self.sample;
        let at_each_byte = self.places().map(move |place| {
            let (before, behind) = sample.split(place);
            (format!("a division at byte {place}"), [before, behind].concat())
        });
        divided_forms(sample).into_iter().chain(at_each_byte)
    }

    /// Places inside the sample.
    fn places(&self) -> impl Iterator<Item = u64> + use<> {
        let size = self.sample.size();
        let step = size.div_ceil(MAX_SPLITS).max(1);
        (1..size).step_by(usize::try_from(step).unwrap_or(usize::MAX))
    }
}

/// Returns the sample with its zeros in each form, whole and in pieces of each length.
fn divided_forms(sample: &Sample) -> Vec<(String, Vec<OwnedPiece>)> {
    let whole = sample.pieces();
    let as_data = whole.iter().map(OwnedPiece::zeros_as_data).collect::<Vec<_>>();
    let as_zeros = whole.iter().flat_map(OwnedPiece::data_as_zeros).collect::<Vec<_>>();
    let forms = [("zeros as data", as_data), ("zeros as zeros", as_zeros), ("no change", whole)];
    let mut divisions: Vec<(String, Vec<OwnedPiece>)> = Vec::new();
    for (form, pieces) in forms {
        for length in PIECE_LENGTHS {
            let divided = pieces.iter().flat_map(|piece| piece.divided(length)).collect::<Vec<_>>();
            let spread = divided.iter().flat_map(|piece| [OwnedPiece::Zero(0), piece.clone()]);
            divisions
                .push((format!("{form}, empty pieces and pieces of {length}"), spread.collect()));
            divisions.push((format!("{form}, pieces of {length}"), divided));
        }
        divisions.push((form.to_owned(), pieces));
    }
    divisions
}
