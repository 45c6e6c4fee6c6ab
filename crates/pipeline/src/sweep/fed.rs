//! Workers and the writer: rows are made on the workers and written by one thread, in the order of their parts.

use std::collections::BTreeMap;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
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

/// Takes what was made of the parts.
pub(crate) trait PartWriter<T, E> {
    /// Takes a part; they come in order.
    fn write(&mut self, part: usize, made: T) -> Result<(), E>;

    /// Called after each part, and when none has come for a while.
    fn between_parts(&mut self) -> Result<(), E>;
}

/// How long to wait for a part before the writer is asked whether it has something else to do.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hands what was made of each part from `first` on to `writer`, in the order of the parts, until the workers have ended.
///
/// # Errors
/// The first error of making (in the order of the parts) or of `writer`; nothing more is begun then.
pub(crate) fn write_in_order<T, E>(
    sweep: &Sweep<'_>,
    made: Receiver<(usize, Result<T, E>)>,
    first: usize,
    writer: &mut dyn PartWriter<T, E>,
) -> Result<(), E> {
    let mut waiting = BTreeMap::new();
    let mut turn = first;
    let mut result = Ok(());
    loop {
        match made.recv_timeout(PATIENCE) {
            Ok((part, made)) => drop(waiting.insert(part, made)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return result,
        }
        while let Some(made) = waiting.remove(&turn) {
            if result.is_ok() {
                result = made.and_then(|made| writer.write(turn, made));
            }
            turn += 1;
            sweep.part_written();
        }
        if result.is_ok() {
            result = writer.between_parts();
        }
        if result.is_err() {
            sweep.stop();
        }
    }
}

/// Stops the workers of a sweep when the thread that writes leaves early; does nothing to workers that have ended.
pub(crate) struct StopOnDrop<'s>(pub(crate) &'s Sweep<'s>);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
