//! Asking long work to stop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks long work to stop. Clones belong together: what stops one stops all.
///
/// Work looks at it wherever it picks its next part. It then stores where it stands, where it can, and ends. A request is never taken back.
#[derive(Clone)]
pub struct StopToken(Arc<Inner>);

struct Inner {
    requested: AtomicBool,
    condition: Box<dyn Fn() -> bool + Send + Sync>,
}

impl StopToken {
    /// Returns a token that [`StopToken::request`] alone sets.
    #[must_use]
    pub fn new() -> Self {
        Self::when(|| false)
    }

    /// Returns a token that is set, too, when `condition` was true once. Workers ask it at each look: it must be quick.
    #[must_use]
    pub fn when(condition: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { requested: AtomicBool::new(false), condition: Box::new(condition) }))
    }

    /// Asks for the stop.
    pub fn request(&self) {
        self.0.requested.store(true, Ordering::Relaxed);
    }

    /// Returns whether the work shall stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        if self.0.requested.load(Ordering::Relaxed) {
            return true;
        }
        let now = (self.0.condition)();
        if now {
            self.request();
        }
        now
    }
}

impl Default for StopToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for StopToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StopToken").field(&self.0.requested.load(Ordering::Relaxed)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn a_request_reaches_all_clones_and_is_never_taken_back() {
        let token = StopToken::new();
        let clone = token.clone();
        assert!(!clone.is_requested());
        token.request();
        assert!(clone.is_requested() && token.is_requested());
        let looks = AtomicU32::new(0);
        // True at the third look only.
        let third = StopToken::when(move || looks.fetch_add(1, Ordering::Relaxed) == 2);
        let seen: Vec<bool> = (0..5).map(|_| third.is_requested()).collect();
        assert_eq!(seen, [false, false, true, true, true]);
    }
}
