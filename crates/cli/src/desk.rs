//! The lab that a command works in, opened when it is first needed.

use std::path::Path;

use case_model::{CaseId, Examiner, RecordName};
use casework::{Author, JudgedLedger, Session, case_id, system_user};
use custody::Tool;
use jiff::tz::TimeZone;
use lab::{Lab, LabError, LabSettings};
use serde_json::json;

use crate::arguments::Global;
use crate::exit::Failure;
use crate::output::Output;
use crate::passphrase::Terminal;

/// How the names of case files and of their copies end.
const CASE_FILES: [&str; 2] = [".db", ".athar-backup"];

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
            None => Session::open(
                &self.global.lab,
                author(self.global),
                Box::new(Terminal::new(self.global)),
            )?,
        };
        Ok(self.session.insert(session))
    }

    /// Opens the lab and names its case; or opens the file of a case alone, where a file is named and no case of the lab: without a lab,
    /// and without writing anything.
    pub(crate) fn open_case(&mut self, name: &str) -> Result<(&mut Session, CaseId), Failure> {
        let Some(path) = self.lone_file(name) else {
            let id = case_id(name)?;
            return Ok((self.open()?, id));
        };
        let session =
            Session::of_lone_case(path, author(self.global), Box::new(Terminal::new(self.global)))?;
        let id = session.lab().cases()?.into_iter().next();
        let id =
            id.ok_or_else(|| Failure::Check(format!("{}: it names no case", path.display())))?;
        Ok((self.session.insert(session), id))
    }

    /// Opens the lab, where there is one: what it recorded of a copy is compared. Else the file alone.
    pub(crate) fn open_file_or_lab(&mut self, what: &str) -> Result<&mut Session, Failure> {
        match Lab::open(&self.global.lab) {
            Err(LabError::NoLab(_)) => Ok(self.open_case(what)?.0),
            _ => self.open(),
        }
    }

    /// Returns the file that a name means, unless the lab has a case of that name.
    fn lone_file<'n>(&self, name: &'n str) -> Option<&'n Path> {
        let path = Path::new(name);
        let is_of_lab = CaseId::new(name).is_ok_and(|id| {
            Lab::open(&self.global.lab).is_ok_and(|lab| lab.case_path(&id).exists())
        });
        let looks_so =
            path.components().count() > 1 || CASE_FILES.iter().any(|end| name.ends_with(end));
        (looks_so && !is_of_lab && path.is_file()).then_some(path)
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
                false => output.warn(
                    &text,
                    &json!({ "event": "new-lab", "folder": folder.to_string_lossy() }),
                )?,
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

/// Opens the ledger that a user names to look at it: that of a case, of a case file alone, or the lab's own.
pub(crate) fn open_record(
    desk: &mut Desk<'_>,
    name: Option<&str>,
) -> Result<JudgedLedger, Failure> {
    Ok(match name {
        Some(name) => {
            let (session, id) = desk.open_case(name)?;
            session.look_at(&RecordName::Case(id))?
        }
        None => desk.open()?.look_at(&RecordName::Lab)?,
    })
}

/// The cases that a user names, each once; or all of the lab.
pub(crate) fn cases(
    session: &Session,
    names: &[String],
    all: bool,
) -> Result<Vec<CaseId>, Failure> {
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
