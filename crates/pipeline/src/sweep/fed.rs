//! Workers and the writer: rows are made on the workers and written here, in the order of their parts.

use std::collections::BTreeMap;

use crossbeam_channel::unbounded;
use rayon::ThreadPool;

use super::schedule::{MakeRows, Sweep};

/// Runs a sweep on all workers of the pool. `rows` makes what is written of a part out of the results of its streams; `write` takes it on
/// this thread, in the order of the parts.
///
/// # Errors
/// The first error of `rows` (in the order of the parts) or of `write`; nothing more is begun then.
pub(crate) fn sweep_into<T: Send, E: Send>(
    sweep: &Sweep<'_>,
    pool: &ThreadPool,
    rows: &MakeRows<'_, Result<T, E>>,
    mut write: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let (done, finished) = unbounded();
    pool.in_place_scope(|scope| {
        for _ in 0..pool.current_num_threads().max(1) {
            let done = done.clone();
            scope.spawn(move |_| {
                sweep.work(&|part, results, tools| {
                    let made = rows(part, results, tools);
                    let go_on = made.is_ok();
                    done.send((part, made)).is_ok() && go_on
                });
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let mut turn = 0;
        let mut result = Ok(());
        for (part, made) in finished {
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
    })
}
