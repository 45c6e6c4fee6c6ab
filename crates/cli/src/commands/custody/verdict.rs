//! How every verification ends: its exit code, and against whom its verdict protects.

use custody::{Guarantee, Guarantees, Standing};
use serde_json::json;

use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Returns the exit code of a verdict.
pub(super) const fn exit_of(standing: Standing) -> Exit {
    match standing {
        Standing::Proved => Exit::Complete,
        Standing::Consistent => Exit::Incomplete,
        Standing::NotValid => Exit::Failed,
    }
}

/// Says against whom a verdict protects.
pub(super) fn print_guarantees(
    standing: Standing,
    guarantees: &Guarantees,
    output: &mut Output,
) -> Result<(), Failure> {
    for guarantee in guarantees.all() {
        output.line(&format!("  outside       {}", safe(&guarantee.to_string())))?;
    }
    if standing == Standing::Consistent {
        output.line("  protects      against accidents, and against people who cannot write where this record is. Who can, could have")?;
        output.line("                written all of it anew: give the lab's public key (--key) or a checkpoint kept outside (--against)")?;
    }
    Ok(())
}

/// Returns the guarantees for machines.
pub(super) fn guarantees_json(guarantees: &Guarantees) -> serde_json::Value {
    let each = guarantees.all().iter().map(|guarantee| {
        let (kind, name) = match guarantee {
            Guarantee::Key { name, .. } => ("key", name),
            Guarantee::Witness { name, .. } => ("witness", name),
            Guarantee::Kept { name, .. } => ("checkpoint", name),
        };
        json!({ "kind": kind, "name": name, "entries": guarantee.entries() })
    });
    each.collect()
}
