//! `athar hash-set export`.

use case_model::{Algorithm, to_hex};
use casework::Session;
use hash_set::{ExportFormat, Library, SetInfo};
use serde_json::json;

use super::{find, title};
use crate::arguments::{ExportSet, SetForm};
use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::{counted, grouped};

pub(super) fn export(
    session: &mut Session,
    arguments: &ExportSet,
    output: &mut Output,
) -> Result<(), Failure> {
    let library = Library::open(&session.lab().hash_sets())?;
    let set = find(&library, &arguments.set)?;
    let format = form(set, arguments)?;
    let exported = session.export_set(&library, set, format, &arguments.to)?;
    let to = arguments.to.to_string_lossy();
    if output.is_json() {
        return output.object(
            &json!({ "digest": to_hex(&set.digest), "to": to, "written": exported.written,
                                      "left_out": exported.left_out }),
        );
    }
    let left_out = match (exported.left_out, format) {
        (0, _) => String::new(),
        (count, ExportFormat::Kdb) => {
            format!("; {} without MD5 (or with one written already) left out", grouped(count))
        }
        (count, _) => format!("; {} without such a digest left out", grouped(count)),
    };
    output.remark(&format!(
        "{} of {} written to {to}{left_out}.",
        counted(exported.written, "entry", "entries"),
        title(set)
    ))?;
    if !set.handling.is_empty() {
        output.remark(&format!("Handling: {}.", crate::display::safe(&set.handling)))?;
    }
    if format == ExportFormat::Csv && !set.category_scheme.is_empty() {
        let scheme = crate::display::safe(&set.category_scheme);
        output
            .remark(&format!("To import it as the same set, say --category-scheme '{scheme}'."))?;
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
