//! Matches hash sets against cases from their index, and reads the content of hits again.

use std::io;

use case_model::{CaseId, RecordName};
use case_store::{CaseFile, ContentCheck, EntryId};
use custody::content::{ContentsVerifyContent, DecimalText};
use hash_set::Library;
use look::{CatError, CatPart, cat};
use pipeline::{MatchReport, ScanError, check_content, match_case};

use crate::quantities::exact_bytes;
use crate::{CaseworkError, Session};

/// Sets and entries that an entry of the ledger spells out; the rest is counted.
const MAX_LISTED: usize = 100;

/// What became of reading one content again.
#[derive(Clone, Debug)]
pub enum CheckedContent {
    /// It was read.
    Read(ContentCheck),
    /// It could not be read, because of this.
    Unreadable(String),
}

/// What reading the content of hits again showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentsChecked {
    /// Contents that were read.
    pub read: u64,
    /// Contents that could not be read.
    pub unreadable: u64,
    /// Contents with marks of an attack on SHA-1.
    pub sha1_attacks: u64,
    /// Contents of one byte, repeated.
    pub one_byte: u64,
    /// Contents that are not those that were indexed.
    pub changed: u64,
}

impl ContentsChecked {
    /// Returns whether every content was read and is what was indexed.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.unreadable == 0 && self.changed == 0
    }

    fn count(&mut self, check: &ContentCheck) {
        self.read += 1;
        self.sha1_attacks += u64::from(check.sha1_collision);
        self.one_byte += u64::from(check.repeated_byte.is_some());
        self.changed += u64::from(!check.agrees);
    }
}

impl Session {
    /// Matches sets (content digests) against a case. `supersedes` names sets whose place each of them takes.
    ///
    /// # Errors
    /// When the case or a set cannot be read or the case cannot be written: nothing is recorded then.
    pub fn match_sets(
        &mut self,
        id: &CaseId,
        library: &Library,
        sets: &[[u8; 32]],
        supersedes: &[String],
    ) -> Result<MatchReport, CaseworkError> {
        let author = self.author();
        let stop = self.stop().clone();
        self.countersign(id)?;
        self.seal_resume_state(id)?;
        let report = match_case(self.case(id)?, library, sets, supersedes, &author, &stop)?;
        self.sign(&RecordName::Case(id.clone()))?;
        Ok(report)
    }

    /// Reads the content of every hit of these sets again, and records what it showed. `each` takes the row of the entry and the result;
    /// what it says ends the work, and nothing is recorded.
    ///
    /// # Errors
    /// When the case cannot be read or written. That `each` stopped is the inner error.
    pub fn check_contents<E>(
        &mut self,
        id: &CaseId,
        sets: &[[u8; 32]],
        each: &mut dyn FnMut(EntryId, &CheckedContent) -> Result<(), E>,
    ) -> Result<Result<ContentsChecked, E>, CaseworkError> {
        let author = self.author();
        let started = author.now();
        let stop = self.stop().clone();
        self.countersign(id)?;
        self.seal_resume_state(id)?;
        let case = self.case(id)?;
        let code_page = case.code_page()?;
        let mut checks = Vec::new();
        let mut tally = ContentsChecked::default();
        for row in case.hit_entries(sets)? {
            if stop.is_requested() {
                return Err(ScanError::Stopped.into());
            }
            let checked = check(case, row, code_page)?;
            if let Err(stopped) = each(row, &checked) {
                return Ok(Err(stopped));
            }
            match checked {
                CheckedContent::Unreadable(_) => tally.unreadable += 1,
                CheckedContent::Read(check) => {
                    tally.count(&check);
                    checks.push((row, check));
                }
            }
        }
        case.transaction(|transaction| {
            transaction.resealing(|transaction| {
                let index = transaction.matching_index();
                checks.iter().try_for_each(|(row, check)| index.record_check(*row, check))
            })?;
            let digests = (transaction.digest()?, transaction.case_frame()?);
            let content = content(sets, &checks, &tally, digests);
            transaction.ledger().append(&author.entry_since(content, started).case(id.as_str()))
        })?;
        self.sign(&RecordName::Case(id.clone()))?;
        Ok(Ok(tally))
    }
}

fn content(
    sets: &[[u8; 32]],
    checks: &[(EntryId, ContentCheck)],
    tally: &ContentsChecked,
    (manifest, case_frame): ([u8; 32], [u8; 32]),
) -> ContentsVerifyContent {
    let marked = checks.iter().filter(|(_, check)| check.sha1_collision || !check.agrees);
    let rows = marked
        .take(MAX_LISTED)
        .map(|(row, _)| DecimalText(u64::try_from(row.number()).unwrap_or_default()));
    ContentsVerifyContent {
        subject: "content of the files that hash sets list, read again from the evidence",
        result: format!("{} read, {} not readable", tally.read, tally.unreadable),
        sets: sets.iter().take(MAX_LISTED).copied().collect(),
        sha1_collision_attacks: DecimalText(tally.sha1_attacks),
        one_byte_repeated: DecimalText(tally.one_byte),
        other_digests_than_indexed: DecimalText(tally.changed),
        first_marked_entries: rows.collect(),
        manifest,
        case_frame: Some(case_frame),
    }
}

fn check(case: &CaseFile, row: EntryId, code_page: u16) -> Result<CheckedContent, CaseworkError> {
    let gone = || CheckedContent::Unreadable("not in the index any more".to_owned());
    let Some((digests, _)) = case.matching_index().stream(row)? else { return Ok(gone()) };
    let Some(entry) = case.stored_entry(row)? else { return Ok(gone()) };
    let read: Result<_, CatError> = check_content(&digests, |out| {
        let report = cat(&entry, CatPart::Content, code_page, out)?;
        match report.bad_bytes {
            0 => Ok(()),
            bad => Err(io::Error::other(format!("{} could not be read", exact_bytes(bad))).into()),
        }
    });
    Ok(match read {
        Ok(check) => CheckedContent::Read(check),
        Err(error) => CheckedContent::Unreadable(error.to_string()),
    })
}
