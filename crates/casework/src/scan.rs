//! Scans evidence into a case.

use std::fs::File;
use std::path::PathBuf;

use case_model::{CaseId, RecordName};
use case_store::InterruptedRun;
use custody::content::ScanInterruptedContent;
use hash_set::Library;
use pipeline::{Observer, ScanConfig, ScanError, ScanReport, scan};

use crate::open_actions::open_actions;
use crate::{CaseworkError, Session};

/// Characters of an error that an entry spells out.
const CAUSE_CHARACTERS: usize = 1_000;
const FOUND_BY_NEXT: &str =
    "the program was stopped before the scan ended; found when the next one began";

/// The right to scan a case, which one program has at a time. It ends with this value, or with the program.
#[derive(Debug)]
pub struct ScanTurn {
    id: CaseId,
    _lock: File,
}

impl ScanTurn {
    /// Returns the case.
    #[must_use]
    pub const fn case(&self) -> &CaseId {
        &self.id
    }
}

impl Session {
    /// Takes the right to scan a case, and closes earlier scans of it that never ended.
    ///
    /// # Errors
    /// [`CaseworkError::Closed`]; when another program is scanning the case: nothing was done. What keeps the entries from being written.
    pub fn begin_scan(&mut self, id: &CaseId) -> Result<ScanTurn, CaseworkError> {
        self.must_be_writable()?;
        self.refuse_closed(id)?;
        let Some(lock) = self.lab().lock_for_scan(id)? else {
            return Err(CaseworkError::Check(format!(
                "case {id}: another program is scanning into it right now, and a case takes one scan at a time; nothing was done. Wait for its end, name \
                 all images in one scan, or scan into another case (--case NAME)"
            )));
        };
        let name = RecordName::Case(id.clone());
        let author = self.author();
        let open = open_actions(&self.record(&name)?.ledger.entries()?);
        let entries = open
            .into_iter()
            .map(|open| author.entry(interrupted(open.seq, FOUND_BY_NEXT.to_owned())));
        let entries: Vec<_> = entries.collect();
        if !entries.is_empty() {
            self.append_entries(&name, entries)?;
        }
        Ok(ScanTurn { id: id.clone(), _lock: lock })
    }

    /// Scans items into a case and signs its ledger.
    ///
    /// # Errors
    /// That files of a hash set are gone: nothing was done. What ends the whole scan; the ledger then says that it was interrupted.
    pub fn scan(
        &mut self,
        turn: &ScanTurn,
        items: &[PathBuf],
        library: &Library,
        config: &ScanConfig,
        observer: &dyn Observer,
    ) -> Result<ScanReport, CaseworkError> {
        self.refuse_missing_sets(library)?;
        let author = self.author();
        let stop = self.stop().clone();
        self.countersign(&turn.id)?;
        self.seal_resume_state(&turn.id)?;
        let scanned = scan(self.case(&turn.id)?, items, library, config, &author, observer, &stop);
        let name = RecordName::Case(turn.id.clone());
        match scanned {
            Ok(report) => self.sign(&name).map(|_| report),
            Err(error) => {
                // The scan's error is the one to tell. An open action stays visible.
                let _ = self.record_interruption(&name, &error);
                Err(error.into())
            }
        }
    }

    fn record_interruption(
        &mut self,
        name: &RecordName,
        error: &ScanError,
    ) -> Result<(), CaseworkError> {
        let open = open_actions(&self.record(name)?.ledger.entries()?);
        let Some(open) = open.last() else { return Ok(()) };
        let cause = error.to_string().chars().take(CAUSE_CHARACTERS).collect();
        let entry = self.author().entry(interrupted(open.seq, cause));
        self.append(name, entry).map(drop)
    }

    /// Returns the one case of the lab with an interrupted scan.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when there is none, or several.
    pub fn interrupted_case(&mut self) -> Result<CaseId, CaseworkError> {
        let mut found = Vec::new();
        for id in self.lab().cases()? {
            if self.case(&id)?.interrupted_run()?.is_some() {
                found.push(id);
            } else {
                self.close_case(&id)?;
            }
        }
        if found.len() > 1 {
            let names: Vec<&str> = found.iter().map(CaseId::as_str).collect();
            return Err(CaseworkError::Request(format!(
                "--resume: scans of several cases were broken off ({}); name one with --case",
                names.join(", ")
            )));
        }
        found.pop().ok_or_else(|| {
            CaseworkError::Request(
                "--resume: no scan of this lab was broken off; nothing is to be finished"
                    .to_owned(),
            )
        })
    }
}

fn interrupted(seq: u64, cause: String) -> ScanInterruptedContent {
    ScanInterruptedContent { closes_seq: seq, image: format!("what entry {seq} lists"), cause }
}

/// Returns the items and settings of an interrupted scan.
///
/// # Errors
/// [`CaseworkError::Request`] when there is none, or when it did not keep its items; [`CaseworkError::Check`] when its settings cannot be
/// read.
pub fn resumed_request(
    id: &CaseId,
    interrupted: Option<InterruptedRun>,
    config: ScanConfig,
) -> Result<(Vec<PathBuf>, ScanConfig), CaseworkError> {
    let Some(run) = interrupted else {
        return Err(CaseworkError::Request(format!(
            "--resume: no scan of case {id} was broken off; nothing is to be finished"
        )));
    };
    if run.items.is_empty() {
        return Err(CaseworkError::Request(format!(
            "--resume: the scan of case {id} that was broken off was begun by an older version, which did not keep its items; name them: athar scan IMAGE… --case {id}"
        )));
    }
    let config = config.with_json(&run.configuration).ok_or_else(|| {
        CaseworkError::Check(format!(
            "--resume: the settings of the scan of case {id} cannot be read; name its items again"
        ))
    })?;
    Ok((run.items, config))
}

/// Returns how many items of an interrupted scan are not among `items`.
#[must_use]
pub fn items_left(interrupted: &InterruptedRun, items: &[PathBuf]) -> usize {
    let here = |item: &&PathBuf| {
        std::path::absolute(item).is_ok_and(|item| interrupted.items.contains(&item))
    };
    interrupted.items.len().saturating_sub(items.iter().filter(here).count())
}
