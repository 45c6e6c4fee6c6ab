//! Workers and the writer: rows are made on the workers and written by one thread, in the order of their parts.

use std::collections::BTreeMap;

use crossbeam_channel::{Receiver, Sender};
use rayon::Scope;

use super::schedule::{MakeRows, Sweep};

/// Starts the workers of a sweep. `rows` makes what is to be written of a part out of the results of its streams, once the sweep is allowed to
/// ([`Sweep::open_rows`]).
pub(crate) fn spawn_workers<'f, T: Send + 'f, E: Send + 'f>(
    scope: &Scope<'f>,
    workers: usize,
    sweep: &'f Sweep<'f>,
    rows: &'f MakeRows<'f, Result<T, E>>,
    done: Sender<(usize, Result<T, E>)>,
) {
    for _ in 0..workers.max(1) {
        let done = done.clone();
        scope.spawn(move |_| {
            sweep.work(&|part, results, tools| {
                let made = rows(part, results, tools);
                let go_on = made.is_ok();
                done.send((part, made)).is_ok() && go_on
            });
        });
    }
}

/// Hands what was made of each part to `write`, in the order of the parts, until the workers have ended.
///
/// # Errors
/// The first error of making (in the order of the parts) or of `write`; nothing more is begun then.
pub(crate) fn write_in_order<T, E>(
    sweep: &Sweep<'_>,
    made: Receiver<(usize, Result<T, E>)>,
    mut write: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let mut waiting = BTreeMap::new();
    let mut turn = 0;
    let mut result = Ok(());
    for (part, made) in made {
        waiting.insert(part, made);
        while let Some(made) = waiting.remove(&turn) {
            if result.is_ok() {
                result = made.and_then(|made| write(turn, made));
                if result.is_err() {
                    sweep.stop();
                }
            }
            turn += 1;
            sweep.part_written();
        }
    }
    result
}

/// Stops the workers of a sweep when the thread that writes leaves early; does nothing to workers that have ended.
pub(crate) struct StopOnDrop<'s>(pub(crate) &'s Sweep<'s>);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
