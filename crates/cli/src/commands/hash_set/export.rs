//! `athar hash-set export`.

use case_model::{Algorithm, to_hex};
use case_store::Lab;
use custody::Act;
use hash_set::{ExportFormat, Library, SetInfo};
use serde_json::json;

use super::{find, title};
use crate::arguments::{ExportSet, Global, SetForm};
use crate::exit::Failure;
use crate::open_lab::scribe;
use crate::output::Output;
use crate::quantities::grouped;

pub(super) fn export(
    lab: &Lab,
    arguments: &ExportSet,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let library = Library::open(&lab.hash_sets())?;
    let set = find(&library, &arguments.set)?;
    let format = form(set, arguments)?;
    let exported = library
        .export(&set.digest, format, &arguments.to)
        .map_err(|error| Failure::Check(error.to_string()))?;
    crate::durable::make_durable(&arguments.to)
        .map_err(|error| Failure::Check(format!("{}: {error}", arguments.to.display())))?;
    let to = arguments.to.to_string_lossy();
    // Sets may be restricted: the ledger knows that one left the lab.
    let entry = scribe(global, lab)
        .entry(Act::Note)
        .field("text", format!("hash set {} was exported", set.name))
        .field("set", set.name.as_str())
        .field("version", set.version.as_str())
        .field("set_digest", to_hex(&set.digest))
        .field("handling", set.handling.as_str())
        .field("to", to.as_ref())
        .field("entries", exported.written.to_string());
    lab.ledger()?.append(&entry)?;
    if output.is_json() {
        return output.object(&json!({ "digest": to_hex(&set.digest), "to": to, "written": exported.written,
                                      "left_out": exported.left_out }));
    }
    let left_out = match (exported.left_out, format) {
        (0, _) => String::new(),
        (count, ExportFormat::Kdb) => {
            format!("; {} without MD5 (or with one written already) left out", grouped(count))
        }
        (count, _) => format!("; {} without such a digest left out", grouped(count)),
    };
    output.remark(&format!(
        "{} entries of {} written to {to}{left_out}.",
        grouped(exported.written),
        title(set)
    ))?;
    if !set.handling.is_empty() {
        output.remark(&format!("Handling: {}.", crate::display::safe(&set.handling)))?;
    }
    if format == ExportFormat::Csv && !set.category_scheme.is_empty() {
        let scheme = crate::display::safe(&set.category_scheme);
        output.remark(&format!("To import it as the same set, say --category-scheme '{scheme}'."))?;
    }
    Ok(())
}

/// The form, with the algorithm for sums.
fn form(set: &SetInfo, arguments: &ExportSet) -> Result<ExportFormat, Failure> {
    match (arguments.format, arguments.algorithm) {
        (SetForm::Csv, None) => Ok(ExportFormat::Csv),
        (SetForm::Kdb, None | Some(Algorithm::Md5)) => Ok(ExportFormat::Kdb),
        (SetForm::Sums, said) => {
            let strongest = [Algorithm::Sha256, Algorithm::Blake3, Algorithm::Sha1, Algorithm::Md5];
            let algorithm = said.or_else(|| strongest.into_iter().find(|one| set.count(*one) > 0));
            match algorithm.filter(|one| set.count(*one) > 0) {
                Some(algorithm) => Ok(ExportFormat::Sums(algorithm)),
                None => Err(Failure::Usage(format!("{} has no such digests", title(set)))),
            }
        }
        (SetForm::Csv, Some(_)) => {
            Err(Failure::Usage("--algorithm goes with --format sums; a table holds all".to_owned()))
        }
        (SetForm::Kdb, Some(_)) => Err(Failure::Usage("a .kdb is keyed by MD5".to_owned())),
    }
}
