//! What a container is and claims, in lines and as JSON.

use disk_image::OpenedImage;
use serde_json::{Value, json};

use crate::arguments::{Global, OneImage};
use crate::display::safe;
use crate::exit::Failure;
use crate::open_evidence::problems_json;
use crate::output::Output;
use crate::quantities::{bytes, exact_bytes, grouped};

/// Segments that are printed one by one without `--verbose`.
const SHOWN_SEGMENTS: usize = 5;

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
