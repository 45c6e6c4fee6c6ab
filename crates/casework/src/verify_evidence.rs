//! Reads media again and compares them with what was recorded.

use std::path::{Path, PathBuf};
use words::{Language, stored_text};

use byte_source::{Scratch, Severity};
use case_model::{Algorithm, CaseId, Digests, RecordName, UnreadableRange, path_text, to_hex};
use case_store::ImageReport;
use custody::content::{DecimalText, MediumVerifyContent, UnreadableRange as RecordedRange};
use custody::{Act, EntryView, StoredEntry, UtcTime};
use evidence::{ImageAddress, open_container_at};
use filesystem::OpenOptions;
use pipeline::{Observer, StopToken, verify_medium};

use crate::digest_comparison::compared;
use crate::medium_finding::{MAX_LISTED, MediumFinding, MediumState};
use crate::moved_evidence::MovedEvidence;
use crate::quantities::noun;
use crate::verify_folder::read_folder;
use crate::{CaseworkError, Session};

/// Characters of a reason that an entry spells out.
const WHY_CHARACTERS: usize = 200;

/// What became of one image.
#[derive(Clone, Debug)]
pub enum VerifiedImage {
    /// It was read not long ago and left out.
    Recent,
    /// It has no medium: files alone, in a container of logical evidence.
    NoMedium,
    /// Its scan did not end.
    Unfinished,
    /// It was read again, from this path.
    Read(PathBuf, MediumFinding),
}

/// Which media of a case to read, and how.
#[derive(Clone, Copy, Debug)]
pub struct MediaRequest<'r> {
    /// Leave out what was read in the last so many nanoseconds.
    pub older_than: Option<i64>,
    /// Another place of the images: the file, or the folder that holds them.
    pub at: Option<&'r Path>,
    /// Worker threads.
    pub threads: usize,
}

impl Session {
    /// Reads the media of a case again and records what that showed, each before `each` takes it.
    ///
    /// # Errors
    /// When the case cannot be read or written. That `each` stopped is the inner error.
    pub fn verify_media<E>(
        &mut self,
        id: &CaseId,
        request: &MediaRequest<'_>,
        observer: &dyn Observer,
        each: &mut dyn FnMut(&ImageReport, &VerifiedImage) -> Result<(), E>,
    ) -> Result<Result<(), E>, CaseworkError> {
        let name = RecordName::Case(id.clone());
        let entries = self.record(&name)?.ledger.entries()?;
        let stop = self.stop().clone();
        let mut evidence = MovedEvidence::new(request.at, request.threads, &stop);
        for image in self.case(id)?.images()? {
            let report = self.case(id)?.image_report(image)?;
            let verified = match self.reason_to_leave_out(&entries, &report, request.older_than) {
                Some(left_out) => left_out,
                None => self.verify_image(&name, &report, request, &mut evidence, observer)?,
            };
            if let Err(stopped) = each(&report, &verified) {
                return Ok(Err(stopped));
            }
        }
        Ok(Ok(()))
    }

    fn reason_to_leave_out(
        &self,
        entries: &[StoredEntry],
        report: &ImageReport,
        older_than: Option<i64>,
    ) -> Option<VerifiedImage> {
        let due = older_than.is_none_or(|age| {
            let limit = UtcTime::from_unix_ns(self.author().now().saturating_sub(age));
            last_read(entries, &report.path).is_none_or(|read| read.as_str() < limit.as_str())
        });
        if !due {
            return Some(VerifiedImage::Recent);
        }
        if report.container != "folder" && report.bytes.is_none() {
            return Some(VerifiedImage::NoMedium);
        }
        let ended = matches!(report.state.as_str(), "complete" | "incomplete");
        (!ended).then_some(VerifiedImage::Unfinished)
    }

    /// Returns where an image is: as [`place`] says, or, where nothing is there, what [`MovedEvidence`] finds by size and digest.
    fn place(
        &mut self,
        name: &RecordName,
        report: &ImageReport,
        request: &MediaRequest<'_>,
        evidence: &mut MovedEvidence<'_>,
    ) -> Result<PathBuf, CaseworkError> {
        let RecordName::Case(id) = name else { return Ok(report.file.clone()) };
        let is_folder = report.container == "folder";
        let path = place(report, request.at);
        if request.at.is_none() || (!is_folder && ImageAddress::of(&path).host.exists()) {
            return Ok(path);
        }
        match evidence.of(self.case(id)?, report.id) {
            // Another copy is asked about than the one at the recorded place.
            Ok(moved) if moved != report.file => Ok(moved),
            Ok(_) | Err(CaseworkError::Request(_)) => Ok(path),
            Err(error) => Err(error),
        }
    }

    fn verify_image(
        &mut self,
        name: &RecordName,
        report: &ImageReport,
        request: &MediaRequest<'_>,
        evidence: &mut MovedEvidence<'_>,
        observer: &dyn Observer,
    ) -> Result<VerifiedImage, CaseworkError> {
        let started = self.author().now();
        let path = self.place(name, report, request, evidence)?;
        let stop = self.stop().clone();
        let finding = match (name, report.container.as_str()) {
            (RecordName::Case(id), "folder") => {
                let lab = self.lab().folder().to_owned();
                read_folder(self.case(id)?, report, &path, &lab, &stop)?
            }
            _ => read_medium(&path, report, request.threads, observer, &stop)?,
        };
        // The entry first: what it says is told only when it is written.
        let content = MediumVerifyContent {
            subject: report.name.clone(),
            image: report.path.clone(),
            read_from: path_text(&path),
            result: finding.state.key(),
            expected_sha256: hex(report.sha256.as_deref()),
            found_sha256: hex(finding.sha256.as_deref()),
            unreadable_bytes: DecimalText(
                finding.unreadable.iter().map(|range| range.length).sum(),
            ),
            unreadable: ranges(&finding.unreadable),
            wrong: finding.wrong.iter().take(MAX_LISTED).cloned().collect(),
        };
        let entry = self.author().entry_since(content, started);
        self.record_answer(name, entry)?;
        Ok(VerifiedImage::Read(path, finding))
    }
}

fn read_medium(
    path: &Path,
    report: &ImageReport,
    threads: usize,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<MediumFinding, CaseworkError> {
    let address = ImageAddress::of(path);
    let opened = match open_container_at(&address, &OpenOptions::default(), &mut Scratch::new()) {
        Ok(opened) => opened.image,
        Err(error) => {
            let state =
                if address.host.exists() { MediumState::Damaged } else { MediumState::Missing };
            return Ok(MediumFinding {
                state,
                sha256: None,
                unreadable: Vec::new(),
                wrong: vec![error.to_string()],
            });
        }
    };
    let verdict = verify_medium(&opened, threads, observer, stop)?;
    let mut wrong = differences(report, &verdict.digests, opened.medium.len());
    let same = wrong.is_empty();
    let damages = opened.problems.iter().filter(|problem| problem.severity == Severity::Damage);
    wrong.extend(damages.map(ToString::to_string));
    // Ranges that could not be read at the scan either give the same digest: nothing has got worse.
    let unreadable_before = report.medium_complete == Some(false);
    let state = match (same, verdict.unreadable.is_empty() || unreadable_before) {
        (true, true) => MediumState::Agrees,
        (false, true) if verdict.unreadable.is_empty() => MediumState::Different,
        _ => MediumState::Damaged,
    };
    let sha256 = verdict.digests.get(Algorithm::Sha256).map(<[u8]>::to_vec);
    Ok(MediumFinding { state, sha256, unreadable: verdict.unreadable, wrong })
}

/// Returns in which digests and size the medium is not what was recorded.
fn differences(report: &ImageReport, digests: &Digests, bytes: u64) -> Vec<String> {
    let recorded = [
        (Algorithm::Sha256, report.sha256.as_deref()),
        (Algorithm::Sha1, report.sha1.as_deref()),
        (Algorithm::Md5, report.md5.as_deref()),
    ];
    let mut wrong: Vec<String> =
        compared(recorded, digests).filter_map(|each| each.difference()).collect();
    if Some(bytes) != report.bytes {
        let unit = noun(bytes, "byte", "bytes");
        let before = report.bytes.unwrap_or(0);
        wrong.push(format!("the medium has {bytes} {unit}, recorded were {before}"));
    }
    wrong
}

/// Returns where the image is: as recorded, the file given, or the file of that name in the folder given.
fn place(report: &ImageReport, at: Option<&Path>) -> PathBuf {
    let recorded = ImageAddress::of(&report.file);
    let host = match at {
        // An image inside an exhibit lies where the exhibit lies.
        Some(folder) if folder.is_dir() => {
            match recorded.place.is_exhibit() && !report.name.ends_with('!') {
                true => folder.join(&report.name),
                false => recorded
                    .host
                    .file_name()
                    .map_or_else(|| folder.to_owned(), |name| folder.join(name)),
            }
        }
        Some(file) => file.to_owned(),
        None => return report.file.clone(),
    };
    ImageAddress { host, ..recorded }.as_path()
}

/// Returns when the medium was read last, as the entries tell it.
fn last_read(entries: &[StoredEntry], path: &str) -> Option<UtcTime> {
    entries.iter().rev().find_map(|entry| {
        let view = EntryView::read(entry)?;
        let read = matches!(view.act()?, Act::Index | Act::Verify) && view.image()? == path;
        read.then(|| UtcTime::parse(view.written()?).ok())?
    })
}

fn hex(digest: Option<&[u8]>) -> String {
    digest.map_or("none".to_owned(), to_hex)
}

fn ranges(unreadable: &[UnreadableRange]) -> Vec<RecordedRange> {
    let range = |range: &UnreadableRange| RecordedRange {
        start: range.offset,
        length: range.length,
        why: stored_text(&range.why, Language::English).chars().take(WHY_CHARACTERS).collect(),
    };
    unreadable.iter().take(MAX_LISTED).map(range).collect()
}
