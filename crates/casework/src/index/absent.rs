//! Values of a question that are nowhere in a case.

use case_model::{CaseId, to_hex};
use case_store::Filter;

use crate::{CaseworkError, Session};

/// Makes the filter that has one value alone.
type FilterOf = fn(String) -> Filter;

/// A value of a question that nothing in the case has, whatever else was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentValue {
    /// The condition: `name`, `path`, `type`, `set`, `severity`, `uid`, `disposition`, or a digest's algorithm.
    pub condition: &'static str,
    /// The value.
    pub value: String,
}

impl Session {
    /// Returns the values of a filter that nothing in the case has. Of a condition with one value only when `nothing_found`: else it has
    /// been found.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn absent_values(
        &mut self,
        id: &CaseId,
        filter: &Filter,
        nothing_found: bool,
    ) -> Result<Vec<AbsentValue>, CaseworkError> {
        let case = self.case(id)?;
        let mut absent = Vec::new();
        for (several, value, alone) in single_conditions(filter) {
            if (several || nothing_found) && !case.has_matching(&alone)? {
                absent.push(value);
            }
        }
        Ok(absent)
    }
}

/// Each value of a filter, with whether it is one of several, and a filter of it alone.
fn single_conditions(filter: &Filter) -> Vec<(bool, AbsentValue, Filter)> {
    let mut all = Vec::new();
    let mut push = |several: bool, condition, value: String, alone| {
        all.push((several, AbsentValue { condition, value }, alone));
    };
    if let Some((algorithm, digest)) = &filter.digest {
        let alone = Filter { digest: filter.digest.clone(), ..Filter::default() };
        push(false, algorithm, to_hex(digest), alone);
    }
    for path in &filter.paths {
        let alone = Filter { paths: vec![path.clone()], ..Filter::default() };
        push(filter.paths.len() > 1, "path", path.pattern.clone(), alone);
    }
    for uid in &filter.uids {
        let alone = Filter { uids: vec![*uid], ..Filter::default() };
        push(filter.uids.len() > 1, "uid", uid.to_string(), alone);
    }
    for severity in &filter.severities {
        let alone = Filter { severities: vec![*severity], ..Filter::default() };
        push(filter.severities.len() > 1, "severity", severity.key().to_owned(), alone);
    }
    for disposition in &filter.dispositions {
        let alone = Filter { dispositions: vec![*disposition], ..Filter::default() };
        push(filter.dispositions.len() > 1, "disposition", disposition.key().to_owned(), alone);
    }
    let lists: [(&'static str, &Vec<String>, FilterOf); 3] = [
        ("name", &filter.names, |value| Filter { names: vec![value], ..Filter::default() }),
        ("type", &filter.types, |value| Filter { types: vec![value], ..Filter::default() }),
        ("set", &filter.sets, |value| Filter { sets: vec![value], ..Filter::default() }),
    ];
    for (condition, values, alone) in lists {
        for value in values {
            push(values.len() > 1, condition, value.clone(), alone(value.clone()));
        }
    }
    all
}
