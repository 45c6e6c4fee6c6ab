//! Makes `src/zero_states.bin` anew: `cargo run --release -p hash-engine --example zero_states > crates/hash-engine/src/zero_states.bin`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a generator")]

use std::io::Write;

use hash_engine::{MessageState, Selection, ZERO_STEP_BYTES, ZERO_STEPS};

fn main() {
    let zeros = vec![0; 1 << 20];
    let mut state = MessageState::new(Selection::FILES);
    let mut out = std::io::stdout().lock();
    for _ in 0..ZERO_STEPS {
        (0..ZERO_STEP_BYTES >> 20).for_each(|_| state.update(&zeros));
        // Version, digests and length stand before the chaining values, the check behind them.
        out.write_all(&state.to_bytes()[10..78]).unwrap();
    }
}
