//! `athar match`.

use std::io;
use std::path::Path;

use case_model::{CaseId, to_hex};
use case_store::{CaseFile, ContentCheck, Lab, MatchingIndex};
use custody::{Act, Json};
use hash_set::Library;
use pipeline::{CatPart, MatchReport, Scribe, SetMatch, cat, check_content, match_case};
use serde_json::json;

use super::hash_set::{import, is_ranking};
use crate::arguments::{Global, HashSetImport, Match};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::open_lab::{case_id, open, scribe};
use crate::output::Output;
use crate::quantities::grouped;

/// Entries that an entry of the ledger spells out; the rest is counted.
const MAX_LISTED: usize = 100;

pub(crate) fn run(global: &Global, arguments: &Match, output: &mut Output) -> Result<Exit, Failure> {
    let lab = open(global)?;
    let scribe = scribe(global, &lab);
    let cases = cases(&lab, arguments)?;
    let mut library = Library::open(&lab.hash_sets())?;
    let (mut sets, mut lists) = (Vec::new(), Exit::Complete);
    for wanted in &arguments.hash_set {
        let (digest, exit) = take_set(&lab, &mut library, wanted, &scribe, global, output)?;
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
    let (mut failed, mut incomplete) = (0, 0);
    for id in &cases {
        match one_case(&lab, id, &library, &sets, arguments, &scribe, output) {
            Ok(true) => {}
            Ok(false) => incomplete += 1,
            Err(failure) if failure.is_closed_pipe() => return Err(failure),
            // The other cases go on.
            Err(failure) => {
                failed += 1;
                report_failure(id, &failure, output)?;
            }
        }
    }
    Ok(match (failed, incomplete) {
        // Complete, but of a list some records were not looked up.
        (0, 0) => lists,
        (all, _) if all == cases.len() => Exit::Failed,
        _ => Exit::Incomplete,
    })
}

/// The cases to match, each once; all names are checked before anything is done.
fn cases(lab: &Lab, arguments: &Match) -> Result<Vec<CaseId>, Failure> {
    if arguments.all_cases {
        return Ok(lab.cases()?);
    }
    let mut cases = Vec::new();
    for name in &arguments.case {
        let id = case_id(name)?;
        if !cases.contains(&id) {
            cases.push(id);
        }
    }
    Ok(cases)
}

/// The content digest of a set that is there, or of a file that is imported first; [`Exit::Incomplete`] when records of that were rejected.
fn take_set(
    lab: &Lab,
    library: &mut Library,
    wanted: &str,
    scribe: &Scribe,
    global: &Global,
    output: &mut Output,
) -> Result<([u8; 32], Exit), Failure> {
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
            let imported = import(lab, library, &HashSetImport::of(wanted.into()), scribe, global, output)?;
            imported
                .map(|imported| (imported.set.digest, imported.exit))
                .ok_or_else(|| Failure::Usage(format!("--hash-set {wanted}: not imported")))
        }
        (Err(error), false) => Err(Failure::Usage(format!(
            "--hash-set {wanted}: no such file, and no such set in the lab ({error})"
        ))),
    }
}

fn report_failure(id: &CaseId, failure: &Failure, output: &mut Output) -> Result<(), Failure> {
    output.flush()?;
    if output.is_json() {
        return output
            .object(&json!({ "case": id.as_str(), "state": "failed", "error": failure.to_string() }));
    }
    eprintln!("athar: case {id}: {}; nothing was recorded in it", safe(&failure.to_string()));
    Ok(())
}

/// False when some content could not be checked.
fn one_case(
    lab: &Lab,
    id: &CaseId,
    library: &Library,
    sets: &[[u8; 32]],
    arguments: &Match,
    scribe: &Scribe,
    output: &mut Output,
) -> Result<bool, Failure> {
    let mut case = lab.open_case(id)?;
    let report = match_case(&mut case, library, sets, &arguments.supersedes, scribe)?;
    for set in &report.sets {
        print_set(id, set, &report, output)?;
    }
    match arguments.check_collisions {
        true => check_contents(&mut case, sets, scribe, output),
        false => Ok(true),
    }
}

fn print_set(id: &CaseId, set: &SetMatch, report: &MatchReport, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&json!({
            "case": id.as_str(), "state": "matched", "set": set.name, "version": set.version, "digest": to_hex(&set.digest),
            "files": set.files, "new_hits": set.new_hits, "hits_before": set.hits_before,
            "possible_collisions": set.possible_collisions, "other_sizes": set.other_sizes, "withdrawn": set.withdrawn,
            "withdrawn_before": set.withdrawn_before, "unclear": set.unclear, "index_digest": to_hex(&report.index_digest),
        }));
    }
    let mut text =
        format!("{id}: {} {}: {} files listed", safe(&set.name), safe(&set.version), grouped(set.files));
    text = text.replace(" : ", ": ");
    text += &match (set.new_hits, set.hits_before) {
        (0, 0) => String::new(),
        (0, before) => format!(", all {} hits are recorded already: nothing was added", grouped(before)),
        (new, 0) => format!(", {} new hits", grouped(new)),
        (new, before) => format!(", {} new hits, {} recorded already", grouped(new), grouped(before)),
    };
    output.line(&text)?;
    let mut also = |count: u64, words: &str| match count {
        0 => Ok(()),
        count => output.line(&format!("  {} {words}", grouped(count))),
    };
    also(
        set.possible_collisions,
        "hits in part only: one digest agrees, another does not: POSSIBLE COLLISION, compare the contents",
    )?;
    also(
        set.other_sizes,
        "hits with another size than the set says: ALARM, the set is wrong or a digest is forged",
    )?;
    also(
        set.withdrawn,
        "files that an earlier version listed and this one does not: shown as withdrawn, their hits stay",
    )?;
    also(set.withdrawn_before, "files were marked as withdrawn before")?;
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
    case: &mut CaseFile,
    sets: &[[u8; 32]],
    scribe: &Scribe,
    output: &mut Output,
) -> Result<bool, Failure> {
    let (started, code_page, id) = (scribe.now(), case.code_page()?, case.id().clone());
    let mut checks = Vec::new();
    let mut unreadable = 0_u64;
    for row in case.hit_entries(sets)? {
        match check(case, row, code_page)? {
            Ok(check) => {
                print_check(&id, row, &check, output)?;
                checks.push((row, check));
            }
            Err(why) => {
                unreadable += 1;
                print_unreadable(&id, row, &why, output)?;
            }
        }
    }
    let count =
        |is: fn(&ContentCheck) -> bool| checks.iter().filter(|(_, check)| is(check)).count().to_string();
    let marked = checks.iter().filter(|(_, check)| check.sha1_collision || !check.agrees);
    let marked = marked.take(MAX_LISTED).map(|(row, _)| Json::from(row.to_string()));
    let entry = scribe
        .entry_since(Act::Verify, started)
        .case(id.as_str())
        .field("subject", "content of the files that hash sets list, read again from the evidence")
        .field("result", format!("{} read, {unreadable} not readable", checks.len()))
        .field("sets", Json::List(sets.iter().take(MAX_LISTED).map(|set| Json::from(to_hex(set))).collect()))
        .field("sha1_collision_attacks", count(|check| check.sha1_collision))
        .field("one_byte_repeated", count(|check| check.repeated_byte.is_some()))
        .field("other_digests_than_indexed", count(|check| !check.agrees))
        .field("first_marked_entries", Json::List(marked.collect()));
    case.transaction(|ledger, connection| {
        let index = MatchingIndex::new(connection);
        checks.iter().try_for_each(|(row, check)| index.record_check(*row, check))?;
        ledger.append(&entry)
    })?;
    output.remark(&format!(
        "{id}: content of {} files read again, {} with marks of an attack on SHA-1, {} not as indexed, {unreadable} not readable",
        checks.len(),
        count(|check| check.sha1_collision),
        count(|check| !check.agrees)
    ))?;
    Ok(unreadable == 0 && checks.iter().all(|(_, check)| check.agrees))
}

/// Reads one entry; the inner error says why it cannot be read.
fn check(case: &CaseFile, row: i64, code_page: u16) -> Result<Result<ContentCheck, String>, Failure> {
    let Some((digests, _)) = case.matching_index().stream(row)? else {
        return Ok(Err("not in the index any more".to_owned()));
    };
    let Some(entry) = case.stored_entry(row)? else {
        return Ok(Err("not in the index any more".to_owned()));
    };
    let read = check_content(&digests, |out| {
        let report = cat(&entry, CatPart::Content, code_page, out)?;
        match report.bad_bytes {
            0 => Ok(()),
            bad => Err(io::Error::other(format!("{bad} bytes could not be read")).into()),
        }
    });
    Ok(read.map_err(|error| error.to_string()))
}

fn print_check(id: &CaseId, row: i64, check: &ContentCheck, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&json!({ "case": id.as_str(), "entry": row, "agrees_with_index": check.agrees,
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
        output
            .line(&format!("{id}: entry {row}: nothing but the byte {byte:#04x}: the match says little"))?;
    }
    Ok(())
}

fn print_unreadable(id: &CaseId, row: i64, why: &str, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&json!({ "case": id.as_str(), "entry": row, "error": why }));
    }
    output.flush()?;
    eprintln!("athar: case {id}: entry {row}: {}", safe(why));
    Ok(())
}
