//! What the lab's ledger says of cases that were closed, renamed or removed.

use case_model::from_hex;
use custody::{EntryView, Hash};

/// Hexadecimal digits of the first entry's hash in the name of a kept record.
const NAME_DIGITS: usize = 16;

/// A case that nothing is scanned into any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedCase {
    /// The entry of the lab's ledger that says so.
    pub said_by: u64,
    /// When, as the entry writes it: UTC.
    pub time: String,
    /// Why.
    pub reason: String,
}

/// A name that a case had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormerName {
    /// The name that it got then.
    pub(crate) to: String,
    /// The entry of the lab's ledger that says so.
    pub(crate) said_by: u64,
}

/// A case whose index was removed; its record stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedCase {
    /// Its name.
    pub name: String,
    /// The entry of the lab's ledger that says so.
    pub said_by: u64,
    /// When, as the entry writes it: UTC.
    pub time: String,
    /// Why.
    pub reason: String,
    /// The number of entries of its ledger.
    pub entries: u64,
    /// The hash of the last of them; `None` when the entry does not name it.
    pub head: Option<Hash>,
    /// The hash of the first of them.
    pub first: Option<Hash>,
}

impl ClosedCase {
    pub(crate) fn of(view: &EntryView, said_by: u64) -> Self {
        let (time, reason) = time_and_reason(view);
        Self { said_by, time, reason }
    }
}

impl RemovedCase {
    pub(crate) fn of(name: &str, view: &EntryView, said_by: u64) -> Self {
        let (time, reason) = time_and_reason(view);
        Self {
            name: name.to_owned(),
            said_by,
            time,
            reason,
            entries: view.number_of_entries().unwrap_or(0),
            head: view.head().and_then(hash),
            first: view.first_entry().and_then(hash),
        }
    }

    /// Returns the file name of the kept record, in the lab's folder of removed cases.
    #[must_use]
    pub fn file_name(&self) -> String {
        kept_name(&self.name, self.first.as_ref())
    }
}

/// Returns the file name of the record of a removed case. Two cases of one name begin with different entries.
pub(crate) fn kept_name(name: &str, first: Option<&Hash>) -> String {
    let digits = first.map_or(String::new(), |first| case_model::to_hex(first));
    format!("{name}.{}.ledger", digits.get(..NAME_DIGITS).unwrap_or("unknown"))
}

fn time_and_reason(view: &EntryView) -> (String, String) {
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (owned(view.written()), owned(view.reason()))
}

pub(crate) fn hash(digits: &str) -> Option<Hash> {
    from_hex(digits).ok()?.try_into().ok()
}
