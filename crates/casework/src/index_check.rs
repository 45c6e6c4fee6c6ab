//! The index against the digests that the ledger recorded.

use std::collections::HashMap;

use case_model::to_hex;
use case_store::{CaseFile, ImageId, ImageReport};
use custody::StoredEntry;

use crate::CaseworkError;
use crate::recorded_digests::RecordedDigests;

/// What came of comparing an index with its ledger, in words.
#[derive(Debug, Default)]
pub(crate) struct IndexFindings {
    /// What was compared and agrees.
    pub(crate) compared: Vec<String>,
    /// What does not agree.
    pub(crate) faults: Vec<String>,
    /// What could not be compared, and why.
    pub(crate) remarks: Vec<String>,
}

/// Recomputes the digests of the case's rows and compares them with those that the entries name. Each row is read once.
pub(crate) fn check_index(
    case: &CaseFile,
    entries: &[StoredEntry],
) -> Result<IndexFindings, CaseworkError> {
    let recorded = RecordedDigests::read(entries);
    let mut images = Vec::new();
    for image in case.images()? {
        images.push(Image::read(case, image, &recorded)?);
    }
    let mut findings = IndexFindings::default();
    findings.compare_names(&images, &recorded);
    findings.compare_image_frames(&images, &recorded);
    findings.compare_case_frame(case, &recorded)?;
    if !findings.compare_whole(case, &images, &recorded)? {
        findings.compare_images(&images, &recorded);
        findings.look_for_missing(case, &recorded)?;
    }
    Ok(findings)
}

/// An image as the index has it.
struct Image {
    report: ImageReport,
    manifest: [u8; 32],
    /// Where there is one to compare with: a file of an earlier layout has none.
    frame: Option<[u8; 32]>,
}

impl Image {
    fn read(
        case: &CaseFile,
        image: ImageId,
        recorded: &RecordedDigests,
    ) -> Result<Self, CaseworkError> {
        let report = case.image_report(image)?;
        if !recorded.current_frames().any(|(path, _)| *path == report.path) {
            return Ok(Self { report, manifest: case.image_digest(image)?, frame: None });
        }
        let digests = case.image_digests(image)?;
        Ok(Self { report, manifest: digests.manifest, frame: Some(digests.frame) })
    }
}

fn of_path<'i>(images: &'i [Image], path: &str) -> Option<&'i Image> {
    images.iter().find(|image| image.report.path == path)
}

impl IndexFindings {
    /// Compares what each image was registered as.
    fn compare_names(&mut self, images: &[Image], recorded: &RecordedDigests) {
        for registered in &recorded.registered {
            let Some(Image { report, .. }) = of_path(images, &registered.path) else { continue };
            if report.name != registered.name || report.reason != registered.reason {
                self.faults.push(format!(
                    "entry {} registered {} as {:?} ({}), the index calls it {:?} ({}): the index was changed",
                    registered.seq, registered.path, registered.name, registered.reason, report.name, report.reason
                ));
            }
        }
    }

    /// Compares what is shown of images besides the index digest: names, paths, times, row numbers.
    fn compare_image_frames(&mut self, images: &[Image], recorded: &RecordedDigests) {
        for (path, frame) in recorded.current_frames() {
            let seq = frame.seq;
            let Some(image) = of_path(images, path) else {
                self.faults.push(format!(
                    "entry {seq}: no image has the path {path} any more: the index was changed"
                ));
                continue;
            };
            if image.frame.is_none_or(|now| to_hex(&now) != frame.digest) {
                self.faults.push(format!(
                    "entry {seq}: name, path, segments, times or row numbers of {path} are not those that it recorded: the index was changed"
                ));
            }
        }
        for (path, frame) in recorded.frames_of_before() {
            self.remarks.push(format!(
                "{path}: its times and row numbers are not compared with entry {}, because the layout of the file changed after it; scan it again to \
                 have them compared",
                frame.seq
            ));
        }
    }

    /// Compares the runs, items, exhibits and sets of the case.
    fn compare_case_frame(
        &mut self,
        case: &CaseFile,
        recorded: &RecordedDigests,
    ) -> Result<(), CaseworkError> {
        let Some(frame) =
            recorded.case_frame.as_ref().filter(|frame| recorded.is_settled(frame.seq))
        else {
            return Ok(());
        };
        let seq = frame.seq;
        match to_hex(&case.case_frame()?) == frame.digest {
            true => self.compared.push(format!("its runs, items, exhibits and sets are those of entry {seq}")),
            false => self.faults.push(format!(
                "entry {seq}: the runs, the items that were asked for, or the names of hash sets are not those that it recorded: the index \
                 was changed"
            )),
        }
        Ok(())
    }

    /// Compares the digest of the whole. True when it agrees: each image is then as it was recorded.
    fn compare_whole(
        &mut self,
        case: &CaseFile,
        images: &[Image],
        recorded: &RecordedDigests,
    ) -> Result<bool, CaseworkError> {
        let Some(whole) = recorded.case.as_ref().filter(|whole| recorded.is_settled(whole.seq))
        else {
            if let Some(seq) = recorded.unnamed {
                self.remarks.push(format!(
                    "entry {seq} changed the index and names no digest of it: the whole index is not compared"
                ));
            }
            return Ok(false);
        };
        let known: HashMap<ImageId, [u8; 32]> =
            images.iter().map(|image| (image.report.id, image.manifest)).collect();
        let seq = whole.seq;
        let now = to_hex(&case.digest_knowing(&known)?);
        if whole.digest == now {
            self.compared.push(format!("its digest is that of entry {seq}"));
            return Ok(true);
        }
        self.faults.push(format!(
            "entry {seq}: it recorded the index digest {}, the rows give {now}: the index was changed",
            whole.digest
        ));
        Ok(false)
    }

    /// Compares the digest of each image.
    fn compare_images(&mut self, images: &[Image], recorded: &RecordedDigests) {
        for Image { report, manifest: now, .. } in images {
            let path = &report.path;
            let Some((_, manifest)) = recorded.images.iter().find(|(known, _)| known == path)
            else {
                if report.state == "complete" || report.state == "incomplete" {
                    self.faults.push(format!("{path}: rows of an image of which no entry tells"));
                }
                continue;
            };
            let seq = manifest.seq;
            let now = to_hex(now);
            if now == manifest.digest {
                self.compared.push(format!("the rows of {path} are those of entry {seq}"));
            } else if let Some(matched) = recorded.matched.filter(|matched| *matched > seq) {
                self.remarks.push(format!(
                    "{path}: changed again by entry {matched}; its rows alone are not compared"
                ));
            } else {
                self.faults.push(format!(
                    "entry {seq}: it recorded the digest {} for {path}, the rows give {now}",
                    manifest.digest
                ));
            }
        }
    }

    /// Names images that the entries know and the index does not.
    fn look_for_missing(
        &mut self,
        case: &CaseFile,
        recorded: &RecordedDigests,
    ) -> Result<(), CaseworkError> {
        let states = case.image_states()?;
        for (path, manifest) in &recorded.images {
            if !states.iter().any(|image| image.path == *path) {
                self.faults.push(format!("entry {}: the rows of {path} are gone", manifest.seq));
            }
        }
        Ok(())
    }
}
