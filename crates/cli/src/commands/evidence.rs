//! `athar evidence verify`: reads media again and compares them with what was recorded.

use std::path::Path;
use words::{Language, stored_text};

use case_model::{CaseId, UnreadableRange, to_hex};
use case_store::ImageReport;
use casework::{
    CaseworkError, MAX_LISTED, MediaRequest, MediumFinding, MediumState, Session, VerifiedImage,
};
use serde_json::{Value, json};

use crate::arguments::{Evidence, Global, VerifyEvidence};
use crate::desk::{Desk, cases};
use crate::display::{safe, safe_lines};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::progress::Progress;
use crate::quantities::{counted, exact_bytes};
use crate::stopping::Stopping;

const STOPPED: &str = "what was verified to its end is recorded; nothing is known of the medium that was being read, \
    nor of those after it";

/// What became of media and cases.
#[derive(Default)]
struct Count {
    /// Media that were looked for.
    checked: u64,
    /// Media that are not as recorded: different or damaged.
    not_as_recorded: u64,
    /// Media that are not there.
    missing: u64,
    /// Items that cannot be compared: containers of files alone, and scans without an end.
    not_compared: u64,
    /// Cases that the lab does not have.
    unknown_cases: u64,
    /// Cases that could not be opened or written.
    failed_cases: u64,
}

impl Count {
    /// A medium that is not as recorded is worse than one that nobody could look at.
    const fn exit(&self) -> Exit {
        match self {
            Self { not_as_recorded: 1.., .. } => Exit::Failed,
            Self { unknown_cases: 1.., .. } => Exit::Usage,
            Self { failed_cases: 1.., checked: 0, .. } => Exit::Failed,
            Self { missing: 0, not_compared: 0, failed_cases: 0, .. } => Exit::Complete,
            _ => Exit::Incomplete,
        }
    }
}

pub(crate) fn run(
    desk: &mut Desk<'_>,
    command: &Evidence,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Evidence::Verify(arguments) = command;
    let global = desk.global;
    let stopping = Stopping::listen(global)?;
    let session = desk.open()?;
    session.stop_on(stopping.token());
    let mut count = Count::default();
    for id in cases(session, &arguments.cases, arguments.all)? {
        let verified = verify_case(global, session, &id, arguments, &mut count, output);
        if let Err(failure) = verified.and_then(|()| Ok(session.close_case(&id)?)) {
            if failure.is_stopped() {
                output.flush()?;
                return stopping.end(Err(failure), STOPPED, global);
            }
            let is_unknown = matches!(failure, Failure::Work(CaseworkError::NoCase(_)));
            count.unknown_cases += u64::from(is_unknown);
            count.failed_cases += u64::from(!is_unknown);
            crate::output::tell(&safe_lines(&format!("athar: case {id}: {failure}")));
        }
    }
    output.remark(&format!(
        "{} read again, {} of them not as recorded; {} not found, {} not compared; {} could not be opened.",
        counted(count.checked - count.missing, "medium", "media"),
        count.not_as_recorded,
        count.missing,
        counted(count.not_compared, "item", "items"),
        counted(count.unknown_cases + count.failed_cases, "case", "cases")
    ))?;
    Ok(count.exit())
}

fn verify_case(
    global: &Global,
    session: &mut Session,
    id: &CaseId,
    arguments: &VerifyEvidence,
    count: &mut Count,
    output: &mut Output,
) -> Result<(), Failure> {
    let request = MediaRequest {
        older_than: arguments.older_than,
        at: arguments.at.as_deref(),
        threads: global.worker_threads(),
    };
    let progress = Progress::new(global, &[]);
    let verified = session.verify_media(id, &request, &progress, &mut |report, verified| {
        progress.clear();
        let path = safe(&report.path);
        match verified {
            VerifiedImage::Recent => output.remark(&format!("{path}: read not long ago; left out")),
            VerifiedImage::NoMedium => {
                count.not_compared += 1;
                output.remark(&format!(
                    "{path}: files without a medium have no digest of one; it is not read again"
                ))
            }
            VerifiedImage::Unfinished => {
                count.not_compared += 1;
                output.remark(&format!("{path}: its scan did not come to its end; scan it first"))
            }
            VerifiedImage::Read(from, finding) => {
                count.checked += 1;
                match finding.state {
                    MediumState::Agrees => {}
                    MediumState::Missing => count.missing += 1,
                    MediumState::Different | MediumState::Damaged => count.not_as_recorded += 1,
                }
                print(id, report, from, finding, output)
            }
        }
    });
    progress.clear();
    verified?
}

fn print(
    id: &CaseId,
    report: &ImageReport,
    path: &Path,
    finding: &MediumFinding,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.is_json() {
        let unreadable: Vec<Value> = finding
            .unreadable
            .iter()
            .map(|range| json!({ "start": range.offset, "length": range.length, "why": stored_text(&range.why, Language::English) }))
            .collect();
        return output.object(&json!({
            "case": id.as_str(), "image": report.path, "read_from": path.to_string_lossy(), "good": finding.state == MediumState::Agrees,
            "result": finding.state.key(), "expected_sha256": report.sha256.as_deref().map(to_hex), "found_sha256": finding.sha256.as_deref().map(to_hex),
            "unreadable": unreadable, "wrong": finding.wrong,
        }));
    }
    let alarm = if finding.state == MediumState::Agrees { "" } else { "ALARM  " };
    output.line(&format!(
        "{alarm}{}  {}: {}",
        id,
        safe(&path.to_string_lossy()),
        finding.state.key()
    ))?;
    for wrong in &finding.wrong {
        output.line(&format!("  {}", safe(wrong)))?;
    }
    for UnreadableRange { offset: start, length, why } in finding.unreadable.iter().take(MAX_LISTED)
    {
        output.line(&format!(
            "  UNREADABLE    bytes {start} to {} ({}): {}",
            start.saturating_add(length.saturating_sub(1)),
            exact_bytes(*length),
            safe(&stored_text(why, Language::English))
        ))?;
    }
    Ok(())
}
