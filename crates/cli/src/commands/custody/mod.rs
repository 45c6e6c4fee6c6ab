//! `athar custody`.

use case_model::to_hex;
use case_store::{CaseFile, LedgerFile};
use custody::{ChainReport, StoredEntry};
use serde_json::{Value, json};

use crate::arguments::{Custody, Global};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::open_lab::{open, open_case};
use crate::output::Output;

/// A case's ledger or the lab's.
enum Opened {
    Case(CaseFile),
    Lab(LedgerFile),
}

impl Opened {
    fn open(global: &Global, case: Option<&String>) -> Result<Self, Failure> {
        let lab = open(global)?;
        Ok(match case {
            Some(case) => Self::Case(open_case(&lab, case)?),
            None => Self::Lab(lab.ledger()?),
        })
    }

    fn entries(&mut self) -> Result<Vec<StoredEntry>, Failure> {
        Ok(match self {
            Self::Case(case) => case.ledger().entries()?,
            Self::Lab(ledger) => ledger.ledger().entries()?,
        })
    }

    fn verify(&mut self) -> Result<ChainReport, Failure> {
        Ok(match self {
            Self::Case(case) => case.ledger().verify()?,
            Self::Lab(ledger) => ledger.ledger().verify()?,
        })
    }
}

pub(crate) fn run(global: &Global, command: &Custody, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Custody::Show { case } => {
            for entry in Opened::open(global, case.as_ref())?.entries()? {
                show(&entry, global.verbose, output)?;
            }
            Ok(Exit::Complete)
        }
        Custody::Verify { case } => verify(&Opened::open(global, case.as_ref())?.verify()?, output),
    }
}

fn show(entry: &StoredEntry, verbose: bool, output: &mut Output) -> Result<(), Failure> {
    // Whatever was done to the bytes, they are shown: as JSON when they are JSON, else escaped.
    let body = serde_json::from_slice::<Value>(&entry.body);
    if output.is_json() {
        let text = body.unwrap_or_else(|_| json!(String::from_utf8_lossy(&entry.body)));
        return output.object(&json!({ "seq": entry.seq, "prev": to_hex(&entry.prev), "hash": to_hex(&entry.hash), "body": text }));
    }
    let Ok(body) = body else {
        return output.line(&format!(
            "{:>5}  not readable: {}",
            entry.seq,
            safe(&String::from_utf8_lossy(&entry.body))
        ));
    };
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("?").to_owned();
    let declared = body.pointer("/actor/declared").and_then(Value::as_bool).unwrap_or(false);
    let actor = format!("{}{}", safe(&text("/actor/name")), if declared { "" } else { " (unauthenticated)" });
    output.line(&format!("{:>5}  {}  {:<17} {actor}", entry.seq, text("/time/start"), text("/act")))?;
    if let Some(Value::Object(fields)) = body.get("fields") {
        for (name, value) in fields {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let shown: String = if verbose { value } else { value.chars().take(150).collect() };
            output.line(&format!("       {name}: {}", safe(&shown)))?;
        }
    }
    output.line(&format!("       hash: {}", to_hex(&entry.hash)))
}

fn verify(report: &ChainReport, output: &mut Output) -> Result<Exit, Failure> {
    let (head, root) = (to_hex(&report.head.hash), to_hex(&report.root));
    if output.is_json() {
        let fault = report.fault.as_ref().map(ToString::to_string);
        output.object(&json!({ "entries": report.entries, "head": head, "root": root, "valid": fault.is_none(), "fault": fault }))?;
    } else if let Some(fault) = &report.fault {
        output.line(&format!("NOT VALID: {fault}"))?;
    } else {
        output.line(&format!("valid: {} entries, each bound to the one before", report.entries))?;
        output.line(&format!("  last entry  {head}"))?;
        output.line(&format!("  tree root   {root}"))?;
        output.remark("  A chain alone cannot show that its end was cut off: compare the root with one that is kept elsewhere.")?;
    }
    Ok(if report.fault.is_some() { Exit::Failed } else { Exit::Complete })
}
