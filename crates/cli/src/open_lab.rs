//! The lab, who acts in it, and its clock.

use case_model::{CaseId, Examiner, to_hex};
use case_store::{CaseFile, Lab, LabSettings};
use custody::{Act, EntryBody, Head, StoredEntry, Tool, parse_canonical};
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
    let scribe = scribe(global, &lab);
    let first = || {
        let settings = lab.settings();
        let entry = scribe.entry(Act::LabCreate).field("lab", settings.name.as_str());
        entry.field("origin", settings.origin.as_str())
    };
    lab.begin_ledger(first)?;
    let mut ledger = lab.ledger()?;
    // Only a lab that an older version was making when it was stopped.
    if ledger.ledger().head()? == Head::EMPTY {
        ledger.append(&first())?;
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
    let (mut case, _) = lab.create_case(id, &case_entry(lab, id, scribe))?;
    finish_creation(lab, &mut case, scribe)?;
    Ok(case)
}

/// Writes what a case that was made here lacks in both ledgers: the program may have been stopped when the file was there.
pub(crate) fn finish_creation(lab: &Lab, case: &mut CaseFile, scribe: &Scribe) -> Result<(), Failure> {
    let id = case.id().clone();
    let Some(first) = case.ledger().entry(1)? else { return Ok(()) };
    let origin = lab.settings().origin.as_str();
    if text_of(&first, "lab").as_deref() != Some(origin) {
        return Ok(());
    }
    let mut ledger = lab.ledger()?;
    // The case's ledger names the keys itself: it must be verifiable without the lab's.
    let lab_keys = ledger.ledger().standing(&[])?.record.keys;
    let case_keys = case.ledger().standing(&[])?.record.keys;
    for entry in lab_keys::missing_keys(&lab_keys, &case_keys, scribe) {
        case.append(&entry.case(id.as_str()))?;
    }
    // The lab's ledger knows where the case's begins: a case file that was replaced as a whole does not fit it any more.
    let hash = to_hex(&first.hash);
    let mut told = false;
    ledger.ledger().each(&mut |entry| {
        told = text_of(&entry, "first_entry").as_deref() == Some(&hash);
        !told
    })?;
    if !told {
        ledger.append(&case_entry(lab, &id, scribe).field("first_entry", hash))?;
    }
    Ok(())
}

fn case_entry(lab: &Lab, id: &CaseId, scribe: &Scribe) -> EntryBody {
    scribe.entry(Act::CaseCreate).case(id.as_str()).field("lab", lab.settings().origin.as_str())
}

fn text_of(entry: &StoredEntry, field: &str) -> Option<String> {
    let body = parse_canonical(&entry.body).ok()?;
    body.get("fields")?.get(field)?.as_text().map(str::to_owned)
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
