//! `athar image`.

use case_model::to_hex;
use casework::open_container_of;
use disk_image::OpenedImage;
use serde_json::{Value, json};

use super::{image_cat, image_list, image_verify};
use crate::arguments::{Global, Image, OneImage};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::open_evidence::{print_problems, problems_json};
use crate::output::Output;
use crate::quantities::{bytes, exact_bytes, grouped};

/// Segments that are printed one by one without `--verbose`.
const SHOWN_SEGMENTS: usize = 5;

pub(crate) fn run(global: &Global, command: &Image, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Image::Info(image) => info(global, image, output),
        Image::Verify(image) => image_verify::run(global, image, output),
        Image::Cat(cat) => image_cat::run(global, cat, output),
        Image::List(list) => image_list::run(global, list, output),
    }
}

fn info(global: &Global, image: &OneImage, output: &mut Output) -> Result<Exit, Failure> {
    let opened = open_container_of(&image.image, global.worker_threads())?;
    if output.is_json() {
        let mut object = container_json(image, &opened.image);
        object["reading"] = json!(opened.reading.to_string());
        object["stored_digests"] = stored_json(&opened.image);
        output.object(&object)?;
        let damaged = opened
            .image
            .problems
            .iter()
            .any(|problem| problem.severity == byte_source::Severity::Damage);
        return Ok(if damaged { Exit::Incomplete } else { Exit::Complete });
    }
    print_container(global, image, &opened.image, output)?;
    for stored in &opened.image.stored_digests {
        let algorithm = stored.algorithm;
        let digest = to_hex(&stored.digest);
        output.line(&format!(
            "  stored        {algorithm} {digest} ({}); not compared: `athar image verify` does",
            stored.place
        ))?;
    }
    print_problems(&opened.image.problems, |at| at, output)
}

/// Prints what a container is and claims.
pub(crate) fn print_container(
    global: &Global,
    image: &OneImage,
    opened: &OpenedImage,
    output: &mut Output,
) -> Result<(), Failure> {
    let len = opened.medium.len();
    output.line(&safe(&image.image.to_string_lossy()))?;
    output.line(&format!("  container     {}: {}", opened.container.key(), opened.reason))?;
    output.line(&format!("  medium        {} ({})", bytes(len), exact_bytes(len)))?;
    let sector = u64::from(opened.sector_bytes).max(1);
    let rest = match len % sector {
        0 => String::new(),
        rest => format!(" and {}", exact_bytes(rest)),
    };
    output.line(&format!("  sectors       {} of {sector} bytes{rest}", grouped(len / sector)))?;
    let shown = if global.verbose { usize::MAX } else { SHOWN_SEGMENTS };
    for segment in opened.segments.iter().take(shown) {
        output.line(&format!(
            "  segment       {}  {}",
            safe(&segment.name),
            exact_bytes(segment.bytes)
        ))?;
    }
    if let Some(more @ 1..) = opened.segments.len().checked_sub(shown) {
        output.line(&format!("                and {more} more; --verbose shows all"))?;
    }
    for claim in &opened.claims {
        output.line(&format!(
            "  claimed       {}: {}  (claimed by the container)",
            claim.field,
            safe(&claim.value)
        ))?;
    }
    Ok(())
}

/// The same as JSON.
pub(crate) fn container_json(image: &OneImage, opened: &OpenedImage) -> Value {
    json!({
        "image": image.image.to_string_lossy(),
        "container": opened.container.key(),
        "recognised_by": opened.reason,
        "bytes": opened.medium.len(),
        "stated_bytes": opened.stated_bytes,
        "sector_bytes": opened.sector_bytes,
        "segments": opened.segments.iter().map(|segment| json!({ "name": segment.name, "bytes": segment.bytes })).collect::<Vec<_>>(),
        "claimed_by_container": opened.claims.iter().map(|claim| json!({ "field": claim.field, "value": claim.value })).collect::<Vec<_>>(),
        "problems": problems_json(&opened.problems, |at| at),
    })
}

fn stored_json(opened: &OpenedImage) -> Value {
    let object = |stored: &disk_image::StoredDigest| json!({ "algorithm": stored.algorithm.key(), "digest": to_hex(&stored.digest), "place": stored.place });
    Value::Array(opened.stored_digests.iter().map(object).collect())
}
