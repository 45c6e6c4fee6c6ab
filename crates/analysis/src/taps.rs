//! One stream on its way through all analysers.

use byte_source::Piece;

use crate::failure::guarded;
use crate::findings_of_analyser::panicked;
use crate::head::HeadGatherer;
use crate::saved_taps::{SavedTap, SavedTaps, StateNotSaved};
use crate::{
    Analysers, Findings, Head, MAX_HEAD_BYTES, MAX_STATE_BYTES, StreamAnalysis, StreamFacts, Wants,
};

/// The analysers of one stream: pieces in, findings out. It is used with the [`Analysers`] that it began with.
///
/// A stream of which only the start is wanted costs no allocation when its first piece has that start.
pub struct Taps {
    facts: StreamFacts,
    at: u64,
    head: HeadGatherer,
    /// Of the analysers that want all bytes.
    states: Vec<Tap>,
    findings: Findings,
}

struct Tap {
    analyser: u8,
    state: TapState,
}

enum TapState {
    Running(Box<dyn StreamAnalysis>),
    /// It wants no more bytes.
    Sated(Box<dyn StreamAnalysis>),
    Panicked,
}

impl Taps {
    /// Begins with a stream.
    #[must_use]
    pub fn begin(analysers: &Analysers, facts: StreamFacts) -> Self {
        let mut head = None;
        let mut states = Vec::new();
        let mut findings = Findings::default();
        for (number, analyser) in analysers.numbered() {
            match Analysers::wants(analyser, &facts) {
                Some(Wants::Nothing) => {}
                Some(Wants::Head(most)) => head = head.max(Some(head_bytes(most, &facts))),
                Some(Wants::All) => {
                    let state = match guarded(|| analyser.start(&facts)) {
                        Ok(None) => continue,
                        Ok(Some(state)) => TapState::Running(state),
                        Err(_) => TapState::Panicked,
                    };
                    states.push(Tap { analyser: number, state });
                }
                None => findings.append(panicked(number)),
            }
        }
        Self { facts, at: 0, head: HeadGatherer::new(head), states, findings }
    }

    /// Returns the bytes of the stream that were taken.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Takes the next piece of the stream.
    pub fn take(&mut self, analysers: &Analysers, piece: Piece<'_>) {
        if piece.is_empty() {
            return;
        }
        let facts = &self.facts;
        let findings = &mut self.findings;
        self.head.take(piece, |head| look_at_head(analysers, facts, head, findings));
        for tap in &mut self.states {
            tap.take(self.at, without_place(piece));
        }
        self.at = self.at.saturating_add(piece.len());
    }

    /// Ends the stream.
    #[must_use]
    pub fn finish(mut self, analysers: &Analysers) -> Findings {
        let facts = &self.facts;
        let findings = &mut self.findings;
        self.head.end(false, |head| look_at_head(analysers, facts, head, findings));
        for Tap { analyser, state } in self.states {
            let found = match state {
                TapState::Running(state) | TapState::Sated(state) => {
                    analysers.found(analyser, Findings::default(), |of_analyser| {
                        state.finish(of_analyser)
                    })
                }
                TapState::Panicked => panicked(analyser),
            };
            self.findings.append(found);
        }
        self.findings
    }

    /// Returns where the stream stands, for a checkpoint.
    ///
    /// # Errors
    /// When an analyser cannot save its state: the stream has to be read from its start after a break.
    pub fn save(&self, analysers: &Analysers) -> Result<SavedTaps, StateNotSaved> {
        // Nothing was taken: the start needs no state.
        let begun: &[Tap] = if self.at == 0 { &[] } else { &self.states };
        let states = begun.iter().map(|tap| tap.save(analysers)).collect::<Result<_, _>>()?;
        Ok(SavedTaps {
            fingerprint: analysers.fingerprint(),
            at: self.at,
            head: self.head.gathered().map(<[u8]>::to_vec),
            states,
            findings: self.findings.clone(),
        })
    }

    /// Continues where a stream of the same facts was saved. `None` when other analysers or versions saved it, or the state is damaged.
    #[must_use]
    pub fn restore(analysers: &Analysers, facts: StreamFacts, saved: &SavedTaps) -> Option<Self> {
        if saved.fingerprint != analysers.fingerprint() {
            return None;
        }
        let mut taps = Self::begin(analysers, facts);
        if saved.at == 0 {
            return Some(taps);
        }
        taps.restore_states(analysers, &saved.states)?;
        let wanted = taps.head.gathered().and(head_of_all(analysers, &facts));
        taps.head = restored_head(wanted, saved.head.as_deref())?;
        taps.at = saved.at;
        taps.findings = saved.findings.clone();
        Some(taps)
    }

    /// Restores the analysers that want all bytes. `None` unless they are those that were saved.
    fn restore_states(&mut self, analysers: &Analysers, saved: &[SavedTap]) -> Option<()> {
        let same = |(tap, saved): (&Tap, &SavedTap)| tap.analyser == saved.analyser;
        if self.states.len() != saved.len() || !self.states.iter().zip(saved).all(same) {
            return None;
        }
        for (tap, saved) in self.states.iter_mut().zip(saved) {
            tap.state = restored(analysers, &self.facts, saved)?;
        }
        Some(())
    }
}

impl Tap {
    fn take(&mut self, at: u64, piece: Piece<'_>) {
        let TapState::Running(state) = &mut self.state else { return };
        match guarded(|| state.take(at, piece).is_break()) {
            Ok(false) => {}
            Ok(true) => {
                if let TapState::Running(state) =
                    std::mem::replace(&mut self.state, TapState::Panicked)
                {
                    self.state = TapState::Sated(state);
                }
            }
            Err(_) => {
                let broken = std::mem::replace(&mut self.state, TapState::Panicked);
                // OK to ignore: the failure is reported already.
                let _ = guarded(|| drop(broken));
            }
        }
    }

    fn save(&self, analysers: &Analysers) -> Result<SavedTap, StateNotSaved> {
        let (state, is_sated) = match &self.state {
            TapState::Running(state) => (Some(state), false),
            TapState::Sated(state) => (Some(state), true),
            TapState::Panicked => (None, false),
        };
        let name = analysers.get(self.analyser).map_or("", |analyser| analyser.name());
        let state = state.map(|state| saved_state(name, state.as_ref())).transpose()?;
        Ok(SavedTap { analyser: self.analyser, state, is_sated })
    }
}

/// Returns the state of an analysis, as far as a checkpoint takes it.
fn saved_state(name: &'static str, state: &dyn StreamAnalysis) -> Result<Vec<u8>, StateNotSaved> {
    let bytes = guarded(|| state.save()).ok().flatten().ok_or(StateNotSaved::Never(name))?;
    match bytes.len() {
        length if length > MAX_STATE_BYTES => Err(StateNotSaved::TooLarge(name, length)),
        _ => Ok(bytes),
    }
}

fn restored(analysers: &Analysers, facts: &StreamFacts, saved: &SavedTap) -> Option<TapState> {
    let Some(bytes) = &saved.state else { return Some(TapState::Panicked) };
    let analyser = analysers.get(saved.analyser)?;
    let state = guarded(|| analyser.restore(facts, bytes)).ok().flatten()?;
    Some(if saved.is_sated { TapState::Sated(state) } else { TapState::Running(state) })
}

/// Restores the start of a stream, of which `wanted` bytes are wanted. `None` when it has as many: it was done, and would be saved as none.
fn restored_head(wanted: Option<usize>, saved: Option<&[u8]>) -> Option<HeadGatherer> {
    let Some(bytes) = saved else { return Some(HeadGatherer::new(None)) };
    let wanted = wanted.filter(|wanted| bytes.len() < *wanted)?;
    Some(HeadGatherer::after(Some(wanted), bytes.to_vec()))
}

/// Calls the analysers that want the start of the stream.
fn look_at_head(
    analysers: &Analysers,
    facts: &StreamFacts,
    head: Head<'_>,
    findings: &mut Findings,
) {
    for (number, analyser) in analysers.numbered() {
        let Some(Wants::Head(most)) = Analysers::wants(analyser, facts) else { continue };
        let head = head.first(head_bytes(most, facts));
        let found =
            analysers.found(number, Findings::default(), |found| analyser.head(facts, head, found));
        findings.append(found);
    }
}

/// Bytes of the longest head that an analyser wants; `None` when none wants one.
fn head_of_all(analysers: &Analysers, facts: &StreamFacts) -> Option<usize> {
    let heads =
        analysers.numbered().filter_map(|(_, analyser)| match Analysers::wants(analyser, facts) {
            Some(Wants::Head(most)) => Some(head_bytes(most, facts)),
            _ => None,
        });
    heads.max()
}

fn head_bytes(most: usize, facts: &StreamFacts) -> usize {
    most.min(MAX_HEAD_BYTES).min(usize::try_from(facts.size).unwrap_or(usize::MAX))
}

/// An analyser must not depend on where bytes lie: copies of the same bytes are analysed once.
fn without_place(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Data { bytes, .. } => Piece::Data { bytes, at: u64::MAX },
        other => other,
    }
}
