//! The lab that a command works in, opened when it is first needed.

use case_model::{CaseId, Examiner, RecordName};
use casework::{Author, Session, case_id, system_user};
use custody::Tool;
use jiff::tz::TimeZone;
use lab::LabSettings;
use serde_json::json;

use crate::arguments::Global;
use crate::exit::Failure;
use crate::output::Output;
use crate::passphrase::Terminal;

/// Where a command works: what was said for every command, and the session once there is one.
pub(crate) struct Desk<'g> {
    pub(crate) global: &'g Global,
    session: Option<Session>,
}

impl<'g> Desk<'g> {
    pub(crate) fn new(global: &'g Global) -> Self {
        Self { global, session: None }
    }

    /// Opens the lab that is there.
    pub(crate) fn open(&mut self) -> Result<&mut Session, Failure> {
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                Session::open(&self.global.lab, author(self.global), Box::new(Terminal::new(self.global)))?
            }
        };
        Ok(self.session.insert(session))
    }

    /// Opens the lab; creates it on first use, and says so.
    pub(crate) fn open_or_create(&mut self, output: &mut Output) -> Result<&mut Session, Failure> {
        let settings = || LabSettings::of_new_lab(TimeZone::system().iana_name().unwrap_or("UTC"));
        let holder = Box::new(Terminal::new(self.global));
        let (session, created) =
            Session::open_or_create(&self.global.lab, settings, author(self.global), holder)?;
        let session = self.session.insert(session);
        if created {
            let folder = session.lab().folder();
            let text = format!(
                "New lab in {}; its name, zone and language are in {}.",
                folder.display(),
                folder.join("lab.toml").display()
            );
            // Said whatever was asked for: a lab in the wrong place has neither the hash sets nor the cases of the right one.
            match output.shows_remarks() {
                true => output.line(&text)?,
                false => {
                    output.warn(&text, &json!({ "event": "new-lab", "folder": folder.to_string_lossy() }))?
                }
            }
        }
        Ok(session)
    }

    /// Takes the session away, to end it.
    pub(crate) fn leave(self) -> Option<Session> {
        self.session
    }
}

/// The ledger that a user names: that of a case, or the lab's own.
pub(crate) fn record_name(case: Option<&str>) -> Result<RecordName, Failure> {
    Ok(match case {
        Some(case) => RecordName::Case(case_id(case)?),
        None => RecordName::Lab,
    })
}

/// The cases that a user names, each once; or all of the lab.
pub(crate) fn cases(session: &Session, names: &[String], all: bool) -> Result<Vec<CaseId>, Failure> {
    if all {
        return Ok(session.lab().cases()?);
    }
    let mut cases = Vec::new();
    for name in names {
        let id = case_id(name)?;
        if !cases.contains(&id) {
            cases.push(id);
        }
    }
    Ok(cases)
}

fn author(global: &Global) -> Author {
    let declared = global.examiner.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let examiner = match declared {
        Some(name) => Examiner { name: name.to_owned(), declared: true },
        None => system_user(),
    };
    Author { examiner, tool: tool() }
}

/// The program itself.
fn tool() -> Tool {
    Tool {
        name: "athar".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: env!("ATHAR_COMMIT").to_owned(),
        build: concat!(env!("ATHAR_PROFILE"), " ", env!("ATHAR_TARGET")).to_owned(),
    }
}
