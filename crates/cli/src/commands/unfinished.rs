//! Scans that were broken off, and finishing them.

use std::path::PathBuf;

use case_store::{BrokenOffRun, CaseFile, Lab};
use pipeline::ScanConfig;

use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::short_time;

/// The one case of the lab with a scan that was broken off.
pub(super) fn broken_off_case(lab: &Lab) -> Result<CaseFile, Failure> {
    let mut found = Vec::new();
    for id in lab.cases()? {
        let case = lab.open_case(&id)?;
        if case.broken_off_run()?.is_some() {
            found.push(case);
        }
    }
    if found.len() > 1 {
        let names: Vec<&str> = found.iter().map(|case| case.id().as_str()).collect();
        let names = names.join(", ");
        return Err(Failure::Usage(format!(
            "--resume: scans of several cases were broken off ({names}); name one with --case"
        )));
    }
    found.pop().ok_or_else(|| {
        Failure::Usage("--resume: no scan of this lab was broken off; nothing is to be finished".to_owned())
    })
}

/// The items of the scan that was broken off, and its settings.
pub(super) fn what_to_finish(
    case: &CaseFile,
    unfinished: Option<BrokenOffRun>,
    config: ScanConfig,
) -> Result<(Vec<PathBuf>, ScanConfig), Failure> {
    let id = case.id();
    let Some(run) = unfinished else {
        return Err(Failure::Usage(format!(
            "--resume: no scan of case {id} was broken off; nothing is to be finished"
        )));
    };
    if run.items.is_empty() {
        return Err(Failure::Usage(format!(
            "--resume: the scan of case {id} that was broken off was begun by an older version, which did not keep its items; name them: athar scan IMAGE… --case {id}"
        )));
    }
    let config = config.with_json(&run.configuration).ok_or_else(|| {
        Failure::Check(format!(
            "--resume: the settings of the scan of case {id} cannot be read; name its items again"
        ))
    })?;
    Ok((run.items, config))
}

/// Says that an earlier scan of the case was broken off, when this one does not finish it.
pub(super) fn tell_unfinished(
    case: &CaseFile,
    unfinished: Option<BrokenOffRun>,
    items: &[PathBuf],
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(run) = unfinished else { return Ok(()) };
    let here = |item: &PathBuf| std::path::absolute(item).is_ok_and(|item| run.items.contains(&item));
    let left = run.items.len().saturating_sub(items.iter().filter(|item| here(item)).count());
    if left == 0 {
        return Ok(());
    }
    output.remark(&format!(
        "The scan of {} was broken off; {left} of its items are not named now. To finish it afterwards: athar scan --resume --case {}",
        short_time(run.started_ns),
        case.id()
    ))
}
