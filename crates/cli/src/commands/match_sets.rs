//! `athar match`.

use std::path::Path;

use case_model::{CaseId, to_hex};
use case_store::{ContentCheck, EntryId};
use casework::{CheckedContent, Coverage, Session};
use hash_set::Library;
use pipeline::{MatchReport, SetMatch};
use serde_json::json;

use super::hash_set::{import, is_ranking};
use crate::arguments::{Global, HashSetImport, Match};
use crate::coverage::{self, coverage_json};
use crate::desk::{Desk, cases};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{counted, grouped};
use crate::stopping::Stopping;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    arguments: &Match,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let stopping = Stopping::listen(desk.global)?;
    desk.open()?.stop_on(stopping.token());
    let result = run_until(desk, arguments, output);
    output.flush()?;
    stopping.end(result, STOPPED, desk.global)
}

const STOPPED: &str = "every match that was printed is recorded, nothing else was changed";

fn run_until(desk: &mut Desk<'_>, arguments: &Match, output: &mut Output) -> Result<Exit, Failure> {
    let global = desk.global;
    let session = desk.open()?;
    // All names are checked before anything is done.
    let cases = cases(session, &arguments.case, arguments.all_cases)?;
    let mut library = Library::open(&session.lab().hash_sets())?;
    let mut sets = Vec::new();
    let mut lists = Exit::Complete;
    for wanted in &arguments.hash_set {
        let (digest, exit) = take_set(session, &mut library, wanted, global, output)?;
        if exit == Exit::Incomplete {
            lists = Exit::Incomplete;
        }
        if !sets.contains(&digest) {
            sets.push(digest);
        }
    }
    if cases.is_empty() {
        output.remark("The lab has no cases: nothing was matched.")?;
    }
    let mut failed = 0;
    let mut incomplete = 0;
    for id in &cases {
        match one_case(session, id, &library, &sets, arguments, output) {
            Ok(true) => {}
            Ok(false) => incomplete += 1,
            Err(failure) if failure.is_closed_pipe() || failure.is_stopped() => {
                return Err(failure);
            }
            // The other cases go on.
            Err(failure) => {
                failed += 1;
                report_failure(id, &failure, output)?;
            }
        }
        session.close_case(id)?;
    }
    Ok(match (failed, incomplete) {
        // Complete, but of a list some records were not looked up.
        (0, 0) => lists,
        (all, _) if all == cases.len() => Exit::Failed,
        _ => Exit::Incomplete,
    })
}

/// The content digest of a set that is there, or of a file that is imported first; [`Exit::Incomplete`] when records of that were rejected.
fn take_set(
    session: &mut Session,
    library: &mut Library,
    wanted: &str,
    global: &Global,
    output: &mut Output,
) -> Result<([u8; 32], Exit), Failure> {
    let missing: Vec<_> =
        session.missing_sets(library)?.into_iter().filter(|set| set.is_meant(wanted)).collect();
    // A name of the lab comes first: a file that happens to be called so must not take its place unseen.
    match (library.find(wanted), Path::new(wanted).is_file()) {
        (Ok(set), false) => Ok((set.digest, Exit::Complete)),
        (Ok(_), true) => Err(Failure::Usage(format!(
            "--hash-set {wanted}: there is a set of this name and a file; write ./{wanted} for the file, or the set's content digest"
        ))),
        (Err(_), true) => {
            if is_ranking(&HashSetImport::of(wanted.into())) {
                return Err(Failure::Usage(format!(
                    "--hash-set {wanted}: a Bloom filter answers 'maybe' and gives no hits; `athar hash-set import` takes it in, `athar hash-set rank` asks it"
                )));
            }
            let imported =
                import(session, library, &HashSetImport::of(wanted.into()), global, output)?;
            imported
                .map(|imported| (imported.set.digest, imported.exit))
                .ok_or_else(|| Failure::Usage(format!("--hash-set {wanted}: not imported")))
        }
        (Err(_), false) if !missing.is_empty() => Err(session.missing_error(&missing).into()),
        (Err(_), false) if library.sets().is_empty() => Err(Failure::Usage(format!(
            "--hash-set {wanted}: no such file; {}",
            coverage::NO_HASH_SET
        ))),
        (Err(error), false) => Err(Failure::Usage(format!(
            "--hash-set {wanted}: no such file, and no such set in the lab ({error})"
        ))),
    }
}

fn report_failure(id: &CaseId, failure: &Failure, output: &mut Output) -> Result<(), Failure> {
    output.flush()?;
    if output.is_json() {
        return output.object(
            &json!({ "case": id.as_str(), "state": "failed", "error": failure.to_string() }),
        );
    }
    crate::output::tell(&format!(
        "athar: case {id}: {}; nothing was recorded in it",
        safe(&failure.to_string())
    ));
    Ok(())
}

/// False when the case is not covered whole, or some content could not be checked.
fn one_case(
    session: &mut Session,
    id: &CaseId,
    library: &Library,
    sets: &[[u8; 32]],
    arguments: &Match,
    output: &mut Output,
) -> Result<bool, Failure> {
    let report = session.match_sets(id, library, sets, &arguments.supersedes)?;
    let covered = session.coverage(id)?;
    for set in &report.sets {
        print_set(id, set, &report, &covered, output)?;
    }
    if !output.is_json() {
        coverage::say(&covered, output)?;
    }
    let checked = match arguments.check_collisions {
        true => check_contents(session, id, sets, output)?,
        false => true,
    };
    Ok(checked && covered.is_complete())
}

fn print_set(
    id: &CaseId,
    set: &SetMatch,
    report: &MatchReport,
    covered: &Coverage,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&json!({
            "case": id.as_str(), "state": "matched", "set": set.name, "version": set.version, "digest": to_hex(&set.digest),
            "files": set.files, "new_hits": set.new_hits, "hits_before": set.hits_before,
            "possible_collisions": set.possible_collisions, "other_sizes": set.other_sizes, "withdrawn": set.withdrawn,
            "withdrawn_before": set.withdrawn_before, "unclear": set.unclear, "index_digest": to_hex(&report.index_digest),
            "coverage": coverage_json(covered),
        }));
    }
    let mut text = format!(
        "{id}: {} {}: {} listed",
        safe(&set.name),
        safe(&set.version),
        counted(set.files, "file", "files")
    );
    text = text.replace(" : ", ": ");
    text += &match (set.new_hits, set.hits_before) {
        (0, 0) => String::new(),
        (0, before) => {
            format!(
                ", {} recorded already: nothing was added",
                counted(before, "hit is", "hits are")
            )
        }
        (new, 0) => format!(", {}", counted(new, "new hit", "new hits")),
        (new, before) => {
            format!(
                ", {}, {} recorded already",
                counted(new, "new hit", "new hits"),
                grouped(before)
            )
        }
    };
    output.line(&text)?;
    let mut also = |count: u64, one: &str, many: &str, words: &str| match count {
        0 => Ok(()),
        count => output.line(&format!("  {} {words}", counted(count, one, many))),
    };
    also(
        set.possible_collisions,
        "hit",
        "hits",
        "in part only: one digest agrees, another does not: POSSIBLE COLLISION, compare the contents",
    )?;
    also(
        set.other_sizes,
        "hit",
        "hits",
        "with another size than the set says: ALARM, the set is wrong or a digest is forged",
    )?;
    also(
        set.withdrawn,
        "file",
        "files",
        "that an earlier version listed and this one does not: shown as withdrawn, the hits stay",
    )?;
    also(set.withdrawn_before, "file was", "files were", "marked as withdrawn before")?;
    for other in &set.unclear {
        output.line(&format!(
            "  the case has hits of {}, which the lab no longer has: if this set takes its place, say --supersedes",
            safe(other)
        ))?;
    }
    Ok(())
}

/// Reads the content of every hit of these sets again. False when some could not be read.
fn check_contents(
    session: &mut Session,
    id: &CaseId,
    sets: &[[u8; 32]],
    output: &mut Output,
) -> Result<bool, Failure> {
    let checked = session.check_contents(id, sets, &mut |row, checked| match checked {
        CheckedContent::Read(check) => print_check(id, row, check, output),
        CheckedContent::Unreadable(why) => print_unreadable(id, row, why, output),
    })??;
    output.remark(&format!(
        "{id}: content of {} read again, {} with marks of an attack on SHA-1, {} not as indexed, {} not readable",
        counted(checked.read, "file", "files"), checked.sha1_attacks, checked.changed, checked.unreadable
    ))?;
    Ok(checked.is_good())
}

fn print_check(
    id: &CaseId,
    row: EntryId,
    check: &ContentCheck,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&json!({ "case": id.as_str(), "entry": row.number(), "agrees_with_index": check.agrees,
                                      "sha1_collision_attack": check.sha1_collision, "repeated_byte": check.repeated_byte }));
    }
    if check.sha1_collision {
        output.line(&format!(
            "{id}: entry {row}: MARKS OF AN ATTACK ON SHA-1: its SHA-1 identifies nothing; use SHA-256"
        ))?;
    }
    if !check.agrees {
        output.line(&format!(
            "{id}: entry {row}: the bytes are not those that were indexed: the evidence has changed"
        ))?;
    }
    if let Some(byte) = check.repeated_byte {
        output.line(&format!(
            "{id}: entry {row}: nothing but the byte {byte:#04x}: the match says little"
        ))?;
    }
    Ok(())
}

fn print_unreadable(
    id: &CaseId,
    row: EntryId,
    why: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&json!({ "case": id.as_str(), "entry": row.number(), "error": why }));
    }
    output.flush()?;
    crate::output::tell(&format!("athar: case {id}: entry {row}: {}", safe(why)));
    Ok(())
}
