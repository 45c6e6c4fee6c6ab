//! Workers and the writer: rows are made on the workers and written by one thread, in the order of their parts.

use crossbeam_channel::{Receiver, Sender};
use rayon::Scope;

use super::pass::Sweep;
use super::schedule::MakeRows;
use crate::workers::parts::{PartWriter, take_in_order};

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

/// Hands what was made of each part from `first` on to `writer`, in the order of the parts, until the workers have ended. Returns how many
/// parts are written: fewer than there are when a worker ended early.
///
/// # Errors
/// The first error of making (in the order of the parts) or of `writer`; nothing more is begun then.
pub(crate) fn write_in_order<T, E>(
    sweep: &Sweep<'_>,
    made: Receiver<(usize, Result<T, E>)>,
    first: usize,
    writer: &mut dyn PartWriter<T, E>,
) -> Result<usize, E> {
    take_in_order(&made, first, writer, &|| sweep.part_written(), &|| sweep.stop())
}

/// Stops the workers of a sweep when the thread that writes leaves early; does nothing to workers that have ended.
pub(crate) struct StopOnDrop<'s>(pub(crate) &'s Sweep<'s>);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
