//! Which case a name means, and what is said of a name that means none.

use case_model::CaseId;
use name_pattern::nearest;

use crate::unknown_case::UnknownCase;
use crate::{CaseworkError, Session};

/// Names that are offered in the place of one that means nothing.
const OFFERED: usize = 3;

impl Session {
    /// Returns names of cases of the lab that look like this one, the most alike first.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn cases_like(&self, name: &str) -> Result<Vec<String>, CaseworkError> {
        let cases = self.lab().cases()?;
        let names = cases.iter().map(CaseId::as_str).filter(|other| *other != name);
        Ok(nearest(name, names, OFFERED).into_iter().map(str::to_owned).collect())
    }

    /// Returns what is said of a name that means no case.
    pub(crate) fn unknown_case(&mut self, id: &CaseId) -> Result<CaseworkError, CaseworkError> {
        let known = self.knowledge()?;
        let renamed = known.and_then(|known| known.renamed(id.as_str())).map(|former| {
            format!("it is called {} now (entry {} of the lab's ledger)", former.to, former.said_by)
        });
        let past = match renamed {
            Some(renamed) => Some(renamed),
            None => self.knowledge()?.and_then(|known| known.last_removed(id.as_str())).map(|removed| {
                format!(
                    "it was removed {} ({}; entry {} of the lab's ledger); `athar custody verify {id}` checks the record of it that is kept",
                    removed.time, removed.reason, removed.said_by
                )
            }),
        };
        let near = if past.is_some() { Vec::new() } else { self.cases_like(id.as_str())? };
        let lab = self.lab().folder().to_owned();
        let unknown = UnknownCase { name: id.as_str().to_owned(), lab, past, near };
        Ok(CaseworkError::NoCase(Box::new(unknown)))
    }
}
