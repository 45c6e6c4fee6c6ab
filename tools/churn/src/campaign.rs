//! Many disks, several at a time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::disk::Recipe;
use crate::examine::{Examined, Examiner};
use crate::figures::Figures;

/// The recipes of a campaign, and how many are tried at a time.
#[derive(Debug)]
pub struct Campaign {
    /// Tried in this order.
    pub recipes: Vec<Recipe>,
    /// Disks at a time.
    pub workers: usize,
    /// No further disk is begun after this moment; the figures say how many were.
    pub until: Option<Instant>,
}

/// Examines every disk; calls `look_at` for each that differs or whose incomplete scan a rule excuses, as soon as it is found.
pub fn campaign(
    examiner: &Examiner,
    campaign: &Campaign,
    look_at: impl Fn(&Recipe, &Examined) + Sync,
) -> Figures {
    let waiting = Mutex::new(campaign.recipes.iter().collect::<VecDeque<_>>());
    let figures = Mutex::new(Figures::default());
    let work = || {
        loop {
            // A statement of its own: the lock is not held while the disk is examined.
            let next = lock(&waiting).pop_front();
            let Some(recipe) = next else { break };
            if campaign.until.is_some_and(|until| Instant::now() >= until) {
                break;
            }
            match examiner.examine(recipe) {
                Ok(examined) => {
                    if !examined.verdict.differences.is_empty()
                        || examined.verdict.excused.is_some()
                    {
                        look_at(recipe, &examined);
                    }
                    lock(&figures).add(recipe.system.name, &examined);
                }
                Err(failure) => {
                    let line = format!("{} seed {}: {failure}", recipe.system.name, recipe.seed);
                    lock(&figures).not_built.push(line);
                }
            }
        }
    };
    thread::scope(|scope| (0..campaign.workers.max(1)).for_each(|_| drop(scope.spawn(work))));
    figures.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// A worker that panicked has left nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
