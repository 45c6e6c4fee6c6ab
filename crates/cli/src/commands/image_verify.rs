//! `athar image verify`.

use byte_source::Severity;
use case_model::{Algorithm, UnreadableRange, to_hex};
use casework::open_container_of;
use disk_image::OpenedImage;
use pipeline::{MediumVerdict, StopToken, verify_medium};
use serde_json::json;
use words::{Language, stored_text};

use super::image_container::{container_json, print_container};
use crate::arguments::{Global, OneImage};
use crate::exit::{Exit, Failure};
use crate::open_evidence::print_problems;
use crate::output::Output;
use crate::progress::Progress;
use crate::quantities::exact_bytes;
use crate::stopping::Stopping;

pub(crate) fn run(global: &Global, image: &OneImage, output: &mut Output) -> Result<Exit, Failure> {
    let stopping = Stopping::listen(global)?;
    let result = verify(global, image, output, stopping.token());
    stopping.end(result, "the medium was not read to its end, and nothing is known of it", global)
}

fn verify(
    global: &Global,
    image: &OneImage,
    output: &mut Output,
    stop: &StopToken,
) -> Result<Exit, Failure> {
    let opened = open_container_of(&image.image, global.worker_threads())?.image;
    let progress = Progress::new(global, &[]);
    let verdict = verify_medium(&opened, global.worker_threads(), &progress, stop);
    progress.clear();
    let verdict = verdict?;
    let damaged = opened.problems.iter().any(|problem| problem.severity == Severity::Damage);
    let good =
        !damaged && verdict.unreadable.is_empty() && verdict.agrees.iter().all(|agrees| *agrees);
    if output.is_json() {
        output.object(&verdict_json(image, &opened, &verdict, good))?;
    } else {
        print_container(global, image, &opened, output)?;
        print_verdict(&opened, &verdict, output)?;
        print_problems(&opened.problems, |at| at, output)?;
        output.line(&format!("  verdict       {}", sentence(&opened, good)))?;
    }
    Ok(if good { Exit::Complete } else { Exit::Incomplete })
}

/// Returns the verdict. Without a digest only a length that the container states can tell that nothing is missing.
fn sentence(opened: &OpenedImage, good: bool) -> &'static str {
    let whole = opened.stated_bytes == Some(opened.medium.len());
    match (good, opened.stored_digests.is_empty()) {
        (true, false) => "GOOD: every byte was read, every stored digest agrees",
        (true, true) if whole => {
            "READ: every byte was read; the container stores no digest to compare with"
        }
        (true, true) => {
            "BYTES READ: all that is there was read; nothing states the length of the medium or a digest, so a missing part would not show"
        }
        (false, _) => "NOT GOOD: see above",
    }
}

fn print_verdict(
    opened: &OpenedImage,
    verdict: &MediumVerdict,
    output: &mut Output,
) -> Result<(), Failure> {
    let partial = if verdict.unreadable.is_empty() {
        ""
    } else {
        "  OF ZEROS IN THE PLACE OF UNREADABLE RANGES"
    };
    for algorithm in [Algorithm::Sha256, Algorithm::Sha1, Algorithm::Md5, Algorithm::Blake3] {
        if let Some(digest) = verdict.digests.get(algorithm) {
            output.line(&format!(
                "  {:<12}  {}{partial}",
                algorithm.to_string(),
                to_hex(digest)
            ))?;
        }
    }
    for (stored, agrees) in opened.stored_digests.iter().zip(&verdict.agrees) {
        let word = match (*agrees, verdict.unreadable.is_empty()) {
            (true, true) => "agrees",
            (true, false) => "agrees with zeros in the place of what could not be read",
            (false, _) => "DOES NOT AGREE",
        };
        output.line(&format!(
            "  stored        {} {} ({}): {word}",
            stored.algorithm,
            to_hex(&stored.digest),
            stored.place
        ))?;
    }
    let sector = u64::from(opened.sector_bytes).max(1);
    for UnreadableRange { offset: start, length, why } in &verdict.unreadable {
        let (first, last) = sectors(*start, *length, sector);
        output.line(&format!(
            "  UNREADABLE    bytes {start} to {} ({}), sectors {first} to {last}: {}",
            start.saturating_add(length.saturating_sub(1)),
            exact_bytes(*length),
            stored_text(why, Language::English)
        ))?;
    }
    Ok(())
}

/// First and last sector that a range touches.
fn sectors(start: u64, length: u64, sector: u64) -> (u64, u64) {
    (start / sector, start.saturating_add(length.saturating_sub(1)) / sector)
}

fn verdict_json(
    image: &OneImage,
    opened: &OpenedImage,
    verdict: &MediumVerdict,
    good: bool,
) -> serde_json::Value {
    let sector = u64::from(opened.sector_bytes).max(1);
    let mut object = container_json(image, opened);
    object["good"] = json!(good);
    for algorithm in Algorithm::ALL {
        if let Some(digest) = verdict.digests.get(algorithm) {
            object[algorithm.key()] = json!(to_hex(digest));
        }
    }
    let stored = opened.stored_digests.iter().zip(&verdict.agrees).map(|(stored, agrees)| {
        json!({ "algorithm": stored.algorithm.key(), "digest": to_hex(&stored.digest), "place": stored.place, "agrees": agrees })
    });
    object["stored_digests"] = stored.collect();
    let unreadable = verdict.unreadable.iter().map(|UnreadableRange { offset: start, length, why }| {
        let (first, last) = sectors(*start, *length, sector);
        json!({ "start": start, "length": length, "first_sector": first, "last_sector": last, "why": stored_text(why, Language::English) })
    });
    object["unreadable"] = unreadable.collect();
    object
}
