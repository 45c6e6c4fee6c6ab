//! `athar hash-set diff`.

use case_model::to_hex;
use hash_set::{Change, Library};
use report::set_entry_json;
use serde_json::json;

use super::describe::entry_line;
use super::{find, title};
use crate::arguments::DiffSets;
use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::grouped;

pub(super) fn diff(
    library: &Library,
    arguments: &DiffSets,
    output: &mut Output,
) -> Result<(), Failure> {
    let old = find(library, &arguments.old)?;
    let new = find(library, &arguments.new)?;
    let mut failure = None;
    let difference = library.diff(&old.digest, &new.digest, &mut |change| {
        if arguments.summary || failure.is_some() {
            return;
        }
        failure = print_change(&change, output).err();
    })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if output.is_json() {
        return output.object(&json!({
            "old": to_hex(&old.digest), "new": to_hex(&new.digest), "added": difference.added,
            "removed": difference.removed, "changed": difference.changed, "unchanged": difference.unchanged,
        }));
    }
    output.line(&format!(
        "{} → {}: {} added, {} withdrawn, {} changed, {} unchanged",
        title(old),
        title(new),
        grouped(difference.added),
        grouped(difference.removed),
        grouped(difference.changed),
        grouped(difference.unchanged),
    ))
}

fn print_change(change: &Change, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&match change {
            Change::Added(new) => json!({ "change": "added", "entry": set_entry_json(new) }),
            Change::Removed(old) => json!({ "change": "withdrawn", "entry": set_entry_json(old) }),
            Change::Changed { old, new } => {
                json!({ "change": "changed", "old": set_entry_json(old), "entry": set_entry_json(new) })
            }
        });
    }
    match change {
        Change::Added(new) => output.line(&format!("+ {}", entry_line(new))),
        Change::Removed(old) => output.line(&format!("- {}", entry_line(old))),
        Change::Changed { old, new } => {
            output.line(&format!("< {}", entry_line(old)))?;
            output.line(&format!("> {}", entry_line(new)))
        }
    }
}
