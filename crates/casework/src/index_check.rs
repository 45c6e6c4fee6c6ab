//! The index against the manifests that the ledger recorded.

use case_model::to_hex;
use case_store::{CaseFile, ImageReport};
use custody::{Act, EntryView, StoredEntry};

use crate::CaseworkError;

/// The first layout whose rows have the same digest in every later one: each image keeps the version of its digest.
const KEEPS_DIGESTS: u64 = 2;

/// What the entries say of the index.
#[derive(Default)]
struct RecordedManifests {
    /// The last manifest of the whole case: entry and digest.
    case: Option<(u64, String)>,
    /// The last manifest of each image: path, entry, digest.
    images: Vec<(String, u64, String)>,
    /// The last entry that changed the index and names no manifest of the whole.
    unnamed: Option<u64>,
    /// The last entry that changed the rows of all images: hits, or the layout.
    matched: Option<u64>,
    /// The last entry that brought the file to another layout: row numbers of before may be others.
    migrated: Option<u64>,
    /// The last frame of the case: entry and digest.
    case_frame: Option<(u64, String)>,
    /// The last frame of each image: path, entry, digest.
    image_frames: Vec<(String, u64, String)>,
    /// What each image was registered as: path, entry, name, reason of its format.
    registered: Vec<(String, u64, String, String)>,
}

/// What was compared, what does not agree, and what could not be compared, in words.
type Comparison = (Vec<String>, Vec<String>, Vec<String>);

/// Recomputes the manifests of the case's rows and compares them with those that the entries name.
pub(crate) fn check_index(case: &CaseFile, entries: &[StoredEntry]) -> Result<Comparison, CaseworkError> {
    let recorded = recorded(entries);
    let (mut compared, mut faults, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    compare_frames(case, &recorded, &mut compared, &mut faults)?;
    let whole =
        recorded.case.as_ref().filter(|(seq, _)| recorded.unnamed.is_none_or(|unnamed| unnamed < *seq));
    let now = to_hex(&case.digest()?);
    match whole {
        Some((seq, digest)) if *digest == now => {
            compared.push(format!("its digest is that of entry {seq}"));
            return Ok((compared, faults, remarks));
        }
        Some((seq, digest)) => {
            faults.push(format!("entry {seq}: it recorded the index digest {digest}, the rows give {now}: the index was changed"));
        }
        None => {
            if let Some(seq) = recorded.unnamed {
                remarks.push(format!(
                    "entry {seq} changed the index and names no digest of it: the whole index is not compared"
                ));
            }
        }
    }
    for image in case.images()? {
        let report = case.image_report(image)?;
        let Some((path, seq, digest)) = recorded.images.iter().find(|(path, _, _)| *path == report.path)
        else {
            if report.state == "complete" || report.state == "incomplete" {
                faults.push(format!("{}: rows of an image of which no entry tells", report.path));
            }
            continue;
        };
        let now = to_hex(&case.image_digest(image)?);
        if now == *digest {
            compared.push(format!("the rows of {} are those of entry {seq}", path));
        } else if let Some(matched) = recorded.matched.filter(|matched| matched > seq) {
            remarks
                .push(format!("{}: changed again by entry {matched}; its rows alone are not compared", path));
        } else {
            faults.push(format!(
                "entry {seq}: it recorded the digest {digest} for {}, the rows give {now}",
                path
            ));
        }
    }
    let states = case.image_states()?;
    for (path, seq, _) in &recorded.images {
        if !states.iter().any(|image| image.path == *path) {
            faults.push(format!("entry {seq}: the rows of {} are gone", path));
        }
    }
    Ok((compared, faults, remarks))
}

/// Compares what is shown of the case and its images beside the index digest: names, paths, times, runs, names of hash sets, row numbers.
fn compare_frames(
    case: &CaseFile,
    recorded: &RecordedManifests,
    compared: &mut Vec<String>,
    faults: &mut Vec<String>,
) -> Result<(), CaseworkError> {
    let current = |seq: &u64| recorded.migrated.is_none_or(|migrated| migrated < *seq);
    let reports: Vec<ImageReport> =
        case.images()?.into_iter().map(|image| case.image_report(image)).collect::<Result<_, _>>()?;
    let image = |path: &String| reports.iter().find(|report| report.path == *path);
    for (path, seq, name, reason) in &recorded.registered {
        let Some(report) = image(path) else { continue };
        if report.name != *name || report.reason != *reason {
            faults.push(format!(
                "entry {seq} registered {path} as {name:?} ({reason}), the index calls it {:?} ({}): the index was changed",
                report.name, report.reason
            ));
        }
    }
    for (path, seq, frame) in recorded.image_frames.iter().filter(|(_, seq, _)| current(seq)) {
        let Some(report) = image(path) else {
            faults.push(format!("entry {seq}: no image has the path {path} any more: the index was changed"));
            continue;
        };
        if to_hex(&case.image_digests(report.id)?.frame) != *frame {
            faults.push(format!(
                "entry {seq}: name, path, segments, times or row numbers of {path} are not those that it recorded: the index was changed"
            ));
        }
    }
    let settled = |seq: u64| recorded.unnamed.is_none_or(|unnamed| unnamed < seq);
    if let Some((seq, frame)) = recorded.case_frame.as_ref().filter(|(seq, _)| settled(*seq)) {
        match to_hex(&case.case_frame()?) == *frame {
            true => compared.push(format!("its runs, items, exhibits and sets are those of entry {seq}")),
            false => faults.push(format!(
                "entry {seq}: the runs, the items that were asked for, or the names of hash sets are not those that it recorded: the index \
                 was changed"
            )),
        }
    }
    Ok(())
}

fn recorded(entries: &[StoredEntry]) -> RecordedManifests {
    let mut recorded = RecordedManifests::default();
    for entry in entries {
        let Some(view) = EntryView::read(entry) else { continue };
        let Some(act) = view.act() else { continue };
        recorded.note_frames(act, &view, entry.seq);
        match (act, view.manifest(), view.image()) {
            (Act::Index, Some(manifest), Some(path)) => {
                recorded.images.retain(|(known, _, _)| known != path);
                recorded.images.push((path.to_owned(), entry.seq, manifest.to_owned()));
                // Until its scan ends, only the image's own manifest is known.
                recorded.unnamed = Some(entry.seq);
            }
            // A scan writes rows before its entries; one that was broken off leaves them.
            (Act::ScanStart, _, _) => recorded.unnamed = Some(entry.seq),
            (Act::ScanFinish, Some(manifest), _) => recorded.case = Some((entry.seq, manifest.to_owned())),
            (Act::Verify, _, _) if !view.is_about_contents() => {}
            // Hits, and marks of contents, are part of the index.
            (Act::Match | Act::Verify, manifest, _) => {
                recorded.matched = Some(entry.seq);
                match manifest {
                    Some(manifest) => recorded.case = Some((entry.seq, manifest.to_owned())),
                    None => recorded.unnamed = Some(entry.seq),
                }
            }
            // Since then old rows keep the digest that they had, by its version.
            (Act::SchemaMigrate, _, _) if view.layout_before().is_some_and(|from| from >= KEEPS_DIGESTS) => {}
            // A newer layout may hold more of each row: digests of before are not comparable.
            (Act::SchemaMigrate, _, _) => {
                (recorded.matched, recorded.unnamed) = (Some(entry.seq), Some(entry.seq));
            }
            (Act::ScanInterrupted, _, Some(path)) => {
                recorded.images.retain(|(known, _, _)| known != path);
                recorded.unnamed = Some(entry.seq);
            }
            _ => {}
        }
    }
    recorded
}

impl RecordedManifests {
    fn note_frames(&mut self, act: Act, view: &EntryView, seq: u64) {
        let path = view.image().unwrap_or_default().to_owned();
        match (act, view.frame(), view.case_frame()) {
            (Act::Register, _, _) => {
                self.registered.retain(|(known, ..)| *known != path);
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                self.registered.push((path, seq, text(view.exhibit()), text(view.recognised_by())));
            }
            (Act::Index, Some(frame), _) => {
                self.image_frames.retain(|(known, _, _)| *known != path);
                self.image_frames.push((path, seq, frame.to_owned()));
            }
            (Act::ScanInterrupted, _, _) => {
                self.image_frames.retain(|(known, _, _)| *known != path);
            }
            (Act::SchemaMigrate, _, _) => self.migrated = Some(seq),
            (_, _, Some(frame)) => self.case_frame = Some((seq, frame.to_owned())),
            _ => {}
        }
    }
}
