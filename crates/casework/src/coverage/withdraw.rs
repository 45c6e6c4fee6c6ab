//! Withdraws an item that was asked for and never read.

use case_model::{CaseId, RecordName};
use custody::content::ItemWithdrawContent;

use super::{ExhibitCoverage, ExhibitState};
use crate::quantities::counted;
use crate::{CaseworkError, Session};

/// Characters of an error that an entry spells out.
const ERROR_CHARACTERS: usize = 1_000;

/// An item that is no longer part of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawnItem {
    /// Its absolute path, as it was asked for.
    pub path: String,
    /// The number of the ledger's entry.
    pub seq: u64,
}

impl Session {
    /// Withdraws an item that was asked for and never read: the case can be complete without it. `wanted` is its name or its path.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when no such item is unread, several are, or a part of it is in the index; then nothing was done.
    pub fn withdraw_item(
        &mut self,
        id: &CaseId,
        wanted: &str,
        reason: &str,
    ) -> Result<WithdrawnItem, CaseworkError> {
        if reason.trim().is_empty() {
            return Err(CaseworkError::Request(
                "--reason is empty: say why the item is withdrawn".to_owned(),
            ));
        }
        let coverage = self.coverage(id)?;
        if coverage.being_scanned {
            return Err(CaseworkError::Request(format!(
                "case {id}: a program is scanning into it right now; nothing was done. Wait for its end"
            )));
        }
        let item = one_item(id, &coverage.exhibits, wanted)?;
        let unread = match &item.state {
            ExhibitState::Failed(error) => error.chars().take(ERROR_CHARACTERS).collect(),
            _ => "the scan was interrupted before it came to it".to_owned(),
        };
        let content = ItemWithdrawContent { image: item.path.clone(), unread };
        let entry = self.author().entry(content).reason(reason);
        let written = self.append(&RecordName::Case(id.clone()), entry)?;
        Ok(WithdrawnItem { path: item.path.clone(), seq: written.seq })
    }
}

/// Finds the one item that is meant.
fn one_item<'e>(
    id: &CaseId,
    exhibits: &'e [ExhibitCoverage],
    wanted: &str,
) -> Result<&'e ExhibitCoverage, CaseworkError> {
    let request =
        |text: String| CaseworkError::Request(format!("case {id}: {text}; nothing was done"));
    let is_meant = |exhibit: &&ExhibitCoverage| exhibit.name == wanted || exhibit.path == wanted;
    let meant: Vec<&ExhibitCoverage> = exhibits.iter().filter(is_meant).collect();
    let unread: Vec<&ExhibitCoverage> =
        meant.iter().copied().filter(|exhibit| exhibit.state != ExhibitState::Read).collect();
    match (unread.as_slice(), meant.is_empty()) {
        ([one], _) if one.image.is_some() => Err(request(format!(
            "{wanted}: a part of it is in the index, so it cannot be withdrawn; `athar scan --resume --case {id}` finishes it"
        ))),
        ([one], _) => Ok(one),
        ([], true) => {
            let names: Vec<&str> = exhibits
                .iter()
                .filter(|exhibit| exhibit.image.is_none())
                .map(|exhibit| exhibit.path.as_str())
                .collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Err(request(format!(
                "no item {wanted} was asked for; items that were never read: {names}"
            )))
        }
        ([], false) => Err(request(format!("{wanted} was read: what was read is not withdrawn"))),
        (several, _) => Err(request(format!(
            "{wanted} names {} never read; write the path of one, as `athar case show {id}` prints it",
            counted(several.len(), "item that was", "items that were")
        ))),
    }
}
