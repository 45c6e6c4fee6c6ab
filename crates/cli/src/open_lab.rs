//! The lab, who acts in it, and its clock.

use case_model::{CaseId, Examiner, to_hex};
use case_store::{CaseFile, Lab, LabSettings};
use custody::{Act, EntryBody, Head, KeyHistory, Tool};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::Scribe;

use crate::arguments::Global;
use crate::exit::Failure;
use crate::lab_keys;
use crate::output::Output;

/// Opens the lab; makes it on first use, says so, and writes the first entry of its ledger.
pub(crate) fn open_or_create(global: &Global, output: &mut Output) -> Result<Lab, Failure> {
    let (lab, created) = Lab::open_or_create(&global.lab, new_settings)?;
    let lab = global.opened_lab.get_or_init(|| lab).clone();
    let mut ledger = lab.ledger()?;
    let scribe = scribe(global, &lab);
    // Also after a crash between making the folder and its first entry.
    if ledger.ledger().head()? == Head::EMPTY {
        let entry = scribe
            .entry(Act::LabCreate)
            .field("lab", lab.settings().name.as_str())
            .field("origin", lab.settings().origin.as_str());
        ledger.append(&entry)?;
    }
    lab_keys::make_log_key(&lab, &mut ledger, &scribe)?;
    if created {
        let settings = lab.folder().join("lab.toml");
        output.remark(&format!(
            "New lab in {}; its name, zone and language are in {}.",
            lab.folder().display(),
            settings.display()
        ))?;
    }
    Ok(lab)
}

/// Opens the lab that is there.
pub(crate) fn open(global: &Global) -> Result<Lab, Failure> {
    let lab = Lab::open(&global.lab)?;
    Ok(global.opened_lab.get_or_init(|| lab).clone())
}

/// Opens a case that is there.
pub(crate) fn open_case(lab: &Lab, name: &str) -> Result<CaseFile, Failure> {
    Ok(lab.open_case(&case_id(name)?)?)
}

/// Checks a case's name.
pub(crate) fn case_id(name: &str) -> Result<CaseId, Failure> {
    CaseId::new(name).map_err(|error| Failure::Usage(error.to_string()))
}

/// Makes a case with the first entry of its ledger, and says so in the lab's.
pub(crate) fn create_case(lab: &Lab, id: &CaseId, scribe: &Scribe) -> Result<CaseFile, Failure> {
    let mut case = lab.create_case(id)?;
    let entry = |case: &CaseId| -> EntryBody {
        scribe.entry(Act::CaseCreate).case(case.as_str()).field("lab", lab.settings().origin.as_str())
    };
    let first = case.append(&entry(id))?;
    let mut ledger = lab.ledger()?;
    // The case's ledger names the keys itself: it must be verifiable without the lab's.
    let lab_keys = ledger.ledger().standing(&[])?.record.keys;
    for entry in lab_keys::missing_keys(&lab_keys, &KeyHistory::default(), scribe) {
        case.append(&entry.case(id.as_str()))?;
    }
    // The lab's ledger knows where the case's begins: a case file that was replaced as a whole does not fit it any more.
    ledger.append(&entry(id).field("first_entry", to_hex(&first.hash)))?;
    Ok(case)
}

/// Who acts, with which program, by which clock.
pub(crate) fn scribe(global: &Global, lab: &Lab) -> Scribe {
    let zone = lab.settings().zone.clone();
    let time_zone = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
    Scribe {
        examiner: examiner(global),
        tool: tool(),
        zone,
        now_ns: Box::new(now_ns),
        offset: Box::new(move |ns| offset(&time_zone, ns)),
    }
}

/// The program itself.
pub(crate) fn tool() -> Tool {
    Tool {
        name: "athar".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: env!("ATHAR_COMMIT").to_owned(),
        build: concat!(env!("ATHAR_PROFILE"), " ", env!("ATHAR_TARGET")).to_owned(),
    }
}

fn examiner(global: &Global) -> Examiner {
    match global.examiner.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => Examiner { name: name.to_owned(), declared: true },
        None => Examiner { name: system_user(), declared: false },
    }
}

/// The user as the system's password file names the process's owner; its number where it has no name. `$USER` is anybody's to set.
fn system_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let file = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = file.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}

pub(crate) fn now_ns() -> i64 {
    i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

fn offset(zone: &TimeZone, ns: i64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(ns)).unwrap_or(Timestamp::UNIX_EPOCH);
    let seconds = zone.to_offset(time).seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn new_settings() -> LabSettings {
    let mut random = [0_u8; 8];
    // Without randomness the origin is only less unique; the settings can be edited before the first checkpoint.
    let _ = getrandom::fill(&mut random);
    let zone = TimeZone::system().iana_name().unwrap_or("UTC").to_owned();
    LabSettings {
        name: "athar lab".to_owned(),
        origin: format!("athar.lab/{}", to_hex(&random)),
        zone,
        language: "en".to_owned(),
    }
}
