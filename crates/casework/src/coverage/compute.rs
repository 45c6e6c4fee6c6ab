//! Computes the coverage of a case from its index and its ledger.

use std::path::Path;

use case_model::{CaseId, Disposition};
use case_store::{CaseFile, ImageGaps, ImageState, NestedReport};

use super::history::{History, UnreadCause};
use super::{Coverage, ExhibitCoverage, ExhibitState, Gap, LookedUp};
use crate::{CaseworkError, Session};

impl Session {
    /// Returns what answers about a case cover.
    ///
    /// # Errors
    /// As [`Session::case`]; what SQLite says.
    pub fn coverage(&mut self, id: &CaseId) -> Result<Coverage, CaseworkError> {
        let being_scanned = self.lab().is_being_scanned(id)?;
        of_case(self.case(id)?, being_scanned)
    }

    /// Returns the coverage of a case that is only looked at, see [`Session::case_as_it_is`].
    ///
    /// # Errors
    /// What SQLite says.
    pub fn coverage_as_it_is(&self, case: &mut CaseFile) -> Result<Coverage, CaseworkError> {
        let being_scanned = self.lab().is_being_scanned(case.id())?;
        of_case(case, being_scanned)
    }
}

fn of_case(case: &mut CaseFile, being_scanned: bool) -> Result<Coverage, CaseworkError> {
    let images = case.image_states()?;
    let history = History::read(case, &images)?;
    let mut exhibits = Vec::with_capacity(images.len());
    for image in images {
        exhibits.push(exhibit(case, image, &history)?);
    }
    for (path, unread) in history.unread {
        let known = exhibits.iter_mut().find(|exhibit| exhibit.path == path);
        match known {
            // The index has a part of it: why it has no more is worth more than that.
            Some(exhibit) => {
                if exhibit.state != ExhibitState::Read {
                    exhibit.state = state_of(unread, true);
                }
            }
            None => exhibits.push(ExhibitCoverage {
                image: None,
                name: name_of(&path),
                path,
                state: state_of(unread, false),
                gaps: Vec::new(),
                looked_up: LookedUp::Unknown,
            }),
        }
    }
    Ok(Coverage { case: case.id().clone(), exhibits, being_scanned })
}

fn state_of(unread: UnreadCause, begun: bool) -> ExhibitState {
    match unread {
        UnreadCause::Failed(error) => ExhibitState::Failed(error),
        UnreadCause::Pending if begun => ExhibitState::Unfinished,
        UnreadCause::Pending => ExhibitState::NotBegun,
    }
}

fn name_of(path: &str) -> String {
    Path::new(path).file_name().map_or(path.to_owned(), |name| name.to_string_lossy().into_owned())
}

fn exhibit(
    case: &CaseFile,
    image: ImageState,
    history: &History,
) -> Result<ExhibitCoverage, CaseworkError> {
    let mut gaps = gaps_of(case.image_gaps(image.id)?, &image.state);
    gaps.extend(nested_unread(&case.nested_of(image.id)?));
    gaps.extend(history.changed_medium(&image.path).map(|how| Gap::ChangedMedium(how.to_owned())));
    let state = match image.state.as_str() {
        "scanning" => ExhibitState::Unfinished,
        "failed" => ExhibitState::Failed(image.error.unwrap_or_default()),
        _ => ExhibitState::Read,
    };
    Ok(ExhibitCoverage {
        image: Some(image.id),
        name: image.name,
        looked_up: history.looked_up(&image.path),
        path: image.path,
        state,
        gaps,
    })
}

/// The images in files of an exhibit that were not read inside.
fn nested_unread(nested: &[NestedReport]) -> Option<Gap> {
    let unread: Vec<&NestedReport> =
        nested.iter().filter(|nested| nested.read_as.is_none()).collect();
    let first = unread.first()?.path.clone();
    let count = |readable: bool| {
        let these = unread.iter().filter(|nested| nested.row.readable == readable);
        u64::try_from(these.count()).unwrap_or(u64::MAX)
    };
    Some(Gap::NestedUnread { readable: count(true), closed: count(false), first })
}

/// Lists gaps. Of an exhibit that the scan called complete, only encrypted content is one: its damaged deleted files, and volumes that hold
/// no files, were accounted for by the scan's own rules.
fn gaps_of(found: ImageGaps, state: &str) -> Vec<Gap> {
    let complete = state == "complete";
    let mut gaps = Vec::new();
    let encrypted = |(start, encryption): (u64, String)| Gap::EncryptedVolume { start, encryption };
    gaps.extend(found.encrypted_volumes.into_iter().map(encrypted));
    if !complete {
        let unread = |(start, kind, state)| Gap::UnreadFileSystem { start, kind, state };
        gaps.extend(found.unread_file_systems.into_iter().map(unread));
    }
    let counts = |disposition: Disposition| !complete || disposition == Disposition::Encrypted;
    let lost = found.lost.into_iter().filter(|lost| lost.in_use > 0 && counts(lost.disposition));
    gaps.extend(lost.map(Gap::LostStreams));
    if complete {
        return gaps;
    }
    if found.unreadable_ranges > 0 {
        gaps.push(Gap::UnreadableRanges {
            ranges: found.unreadable_ranges,
            bytes: found.unreadable_bytes,
        });
    }
    let counted = [
        (found.damages, Gap::Damages as fn(u64) -> Gap),
        (found.wrong_digests, Gap::WrongDigests),
        (found.unreconciled, Gap::Unreconciled),
    ];
    gaps.extend(counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, gap)| gap(count)));
    if gaps.is_empty() && state == "incomplete" {
        gaps.push(Gap::Unexplained);
    }
    gaps
}
