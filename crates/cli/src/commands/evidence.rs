//! `athar evidence verify`: reads media again and compares them with what was recorded.

use std::path::Path;
use words::{Language, stored_text};

use case_model::{CaseId, to_hex};
use case_store::ImageReport;
use casework::{MAX_LISTED, MediaRequest, MediumFinding, MediumState, Session, VerifiedImage};
use serde_json::{Value, json};

use crate::arguments::{Evidence, Global, VerifyEvidence};
use crate::desk::{Desk, cases};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::progress::Progress;
use crate::quantities::grouped;
use crate::stopping::Stopping;

const STOPPED: &str = "what was verified to its end is recorded; nothing is known of the medium that was being read, \
    nor of those after it";

/// How many media were read again, and how many of them are not as recorded.
#[derive(Default)]
struct Count {
    checked: u64,
    alarms: u64,
}

pub(crate) fn run(desk: &mut Desk<'_>, command: &Evidence, output: &mut Output) -> Result<Exit, Failure> {
    let Evidence::Verify(arguments) = command;
    let global = desk.global;
    let stopping = Stopping::listen(global)?;
    let session = desk.open()?;
    session.stop_on(stopping.token());
    let (mut count, mut failed) = (Count::default(), 0_u64);
    for id in cases(session, &arguments.cases, arguments.all)? {
        let verified = verify_case(global, session, &id, arguments, &mut count, output);
        if let Err(failure) = verified.and_then(|()| Ok(session.close_case(&id)?)) {
            if failure.is_stopped() {
                output.flush()?;
                return stopping.end(Err(failure), STOPPED, global);
            }
            failed += 1;
            eprintln!("athar: case {id}: {failure}");
        }
    }
    let Count { checked, alarms } = count;
    let text = format!(
        "{checked} media read again, {alarms} of them not as recorded; {failed} cases could not be opened."
    );
    output.remark(&text)?;
    Ok(match (alarms + failed, checked) {
        (0, _) => Exit::Complete,
        (_, 0) if failed > 0 => Exit::Failed,
        _ => Exit::Incomplete,
    })
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
    let progress = Progress::new(global);
    let verified = session.verify_media(id, &request, &progress, &mut |report, verified| {
        progress.clear();
        let path = safe(&report.path);
        match verified {
            VerifiedImage::Recent => output.remark(&format!("{path}: read not long ago; left out")),
            VerifiedImage::NoMedium => {
                output.remark(&format!("{path}: a folder has no medium digest; it is not read again"))
            }
            VerifiedImage::Unfinished => {
                output.remark(&format!("{path}: its scan did not come to its end; scan it first"))
            }
            VerifiedImage::Read(from, finding) => {
                count.checked += 1;
                count.alarms += u64::from(finding.state != MediumState::Agrees);
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
            .map(|(start, length, why)| json!({ "start": start, "length": length, "why": stored_text(why, Language::English) }))
            .collect();
        return output.object(&json!({
            "case": id.as_str(), "image": report.path, "read_from": path.to_string_lossy(), "good": finding.state == MediumState::Agrees,
            "result": finding.state.key(), "expected_sha256": report.sha256.as_deref().map(to_hex), "found_sha256": finding.sha256.as_deref().map(to_hex),
            "unreadable": unreadable, "wrong": finding.wrong,
        }));
    }
    let alarm = if finding.state == MediumState::Agrees { "" } else { "ALARM  " };
    output.line(&format!("{alarm}{}  {}: {}", id, safe(&path.to_string_lossy()), finding.state.key()))?;
    for wrong in &finding.wrong {
        output.line(&format!("  {}", safe(wrong)))?;
    }
    for (start, length, why) in finding.unreadable.iter().take(MAX_LISTED) {
        output.line(&format!(
            "  UNREADABLE    bytes {start} to {} ({} bytes): {}",
            start.saturating_add(length.saturating_sub(1)),
            grouped(*length),
            safe(&stored_text(why, Language::English))
        ))?;
    }
    Ok(())
}
