//! States of analysers: saved, restored, damaged, of another version.

use std::ops::ControlFlow;

use super::{OwnedPiece, Trial, Trials};
use crate::failure::guarded;
use crate::saved_taps::SavedTap;
use crate::{Finding, Findings, SavedTaps, StreamAnalysis, Taps};

/// Bytes of a state that are changed one by one at most, evenly spread.
const MAX_CHANGES: usize = 40;
/// States of one sample that are damaged: one in so many.
const DAMAGED_ONE_IN: u64 = 16;

impl Trial<'_> {
    /// Saves and restores at a place of the sample.
    pub(super) fn check_state_at(
        &self,
        place: u64,
        whole: &Findings,
        trials: &mut Trials,
    ) -> Result<(), String> {
        let (before, behind) = self.sample.split(place);
        let mut taps = Taps::begin(&self.analysers, self.sample.facts());
        before.iter().for_each(|piece| taps.take(&self.analysers, piece.lend()));
        let Ok(saved) = taps.save(&self.analysers) else {
            trials.not_saved = trials.not_saved.saturating_add(1);
            return Ok(());
        };
        if taps.save(&self.analysers).as_ref() != Ok(&saved) {
            return Err(format!("the state at byte {place} differs when it is saved twice"));
        }
        let found = self.found_after(place, &saved, &behind)?;
        if found != *whole {
            return Err(format!(
                "restored at byte {place} it finds {found:?}, without a break {whole:?}"
            ));
        }
        trials.restored = trials.restored.saturating_add(1);
        if trials.restored.is_multiple_of(DAMAGED_ONE_IN) {
            self.check_damaged(&saved, &behind, trials)
        } else {
            Ok(())
        }
    }

    /// Restores the state of a place, which another version must refuse, and returns what is found from there on.
    fn found_after(
        &self,
        place: u64,
        saved: &SavedTaps,
        behind: &[OwnedPiece],
    ) -> Result<Findings, String> {
        if Taps::restore(&self.other_version, self.sample.facts(), saved).is_some() {
            return Err(format!("another version takes the state of byte {place}"));
        }
        let Some(mut restored) = Taps::restore(&self.analysers, self.sample.facts(), saved) else {
            return Err(format!("its own state of byte {place} is refused"));
        };
        if restored.position() != place || restored.save(&self.analysers).as_ref() != Ok(saved) {
            return Err(format!("the state of byte {place} is another one when it is restored"));
        }
        behind.iter().for_each(|piece| restored.take(&self.analysers, piece.lend()));
        Ok(restored.finish(&self.analysers))
    }

    /// A damaged state is refused or gives other findings; it never makes the analyser panic.
    fn check_damaged(
        &self,
        saved: &SavedTaps,
        behind: &[OwnedPiece],
        trials: &mut Trials,
    ) -> Result<(), String> {
        for SavedTap { analyser, state, .. } in &saved.states {
            let (Some(state), Some(analyser)) = (state, self.analysers.get(*analyser)) else {
                continue;
            };
            for damaged in damaged(state) {
                let how = || format!("it panics after the damaged state {damaged:02x?}");
                let restored = guarded(|| analyser.restore(&self.sample.facts(), &damaged));
                let Some(state) = restored.map_err(|_| how())? else {
                    trials.refused = trials.refused.saturating_add(1);
                    continue;
                };
                if self.panics_after(state, saved.at, behind) {
                    return Err(how());
                }
            }
        }
        Ok(())
    }

    /// Hands the rest of the sample to an analysis. Returns whether it panics.
    fn panics_after(
        &self,
        mut state: Box<dyn StreamAnalysis>,
        from: u64,
        behind: &[OwnedPiece],
    ) -> bool {
        let mut at = from;
        for piece in behind.iter().map(OwnedPiece::lend).filter(|piece| !piece.is_empty()) {
            match guarded(|| state.take(at, piece)) {
                Err(_) => return true,
                Ok(ControlFlow::Break(())) => break,
                Ok(ControlFlow::Continue(())) => at = at.saturating_add(piece.len()),
            }
        }
        let found = self.analysers.found(0, Findings::default(), |found| state.finish(found));
        found.iter().any(Finding::is_failure)
    }
}

fn damaged(state: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new(), [state, &[0]].concat(), vec![0xff; state.len()]];
    let step = state.len().div_ceil(MAX_CHANGES).max(1);
    for place in (0..state.len()).step_by(step) {
        all.push(state.get(..place).unwrap_or_default().to_vec());
        let mut changed = state.to_vec();
        if let Some(byte) = changed.get_mut(place) {
            *byte = !*byte;
        }
        all.push(changed);
    }
    all.retain(|damaged| damaged != state);
    all
}
