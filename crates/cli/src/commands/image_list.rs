//! `athar image list`.

use casework::{ImageLook, NestedList};
use evidence::NestedEvidence;
use serde_json::{Value, json};

use crate::arguments::{Global, ImageList};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{bytes, counted, exact_bytes, noun};

pub(crate) fn run(
    global: &Global,
    arguments: &ImageList,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let look =
        ImageLook::open(&arguments.image.image, arguments.code_page, global.worker_threads())?;
    if look.image.readable().next().is_none() {
        return Err(look.no_file_system().into());
    }
    let NestedList { found, left_out } = look.nested()?;
    for nested in &found {
        match output.is_json() {
            true => output.object(&nested_json(&look, nested))?,
            false => print_nested(&look, nested, output)?,
        }
    }
    if !output.is_json() && found.is_empty() {
        output.remark("no image lies in a file of this one")?;
    }
    if left_out > 0 {
        output.aside(
            &format!(
                "athar: {} as images do; {} not looked at",
                counted(left_out, "more file begins", "more files begin"),
                noun(left_out, "it was", "they were")
            ),
            &json!({ "event": "limit", "files_not_looked_at": left_out }),
        );
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Complete)
}

fn print_nested(
    look: &ImageLook,
    nested: &NestedEvidence,
    output: &mut Output,
) -> Result<(), Failure> {
    output.line(&safe(&nested.name))?;
    let container = nested.container.map_or("not opened", |container| container.key());
    output.line(&format!("  container     {container}: {}", safe(&nested.reason)))?;
    if let Some(length) = nested.bytes {
        output.line(&format!("  medium        {} ({})", bytes(length), exact_bytes(length)))?;
    }
    for part in nested.files.iter().skip(1) {
        output.line(&format!(
            "  with          {}  {}",
            safe(&part.name),
            exact_bytes(part.bytes)
        ))?;
    }
    output.line(&format!("  image         {}", safe(&look.address_of(nested).to_string())))
}

fn nested_json(look: &ImageLook, nested: &NestedEvidence) -> Value {
    let files = nested.files.iter().map(|part| {
        json!({ "name": part.name, "locator": look.chained(&part.locator).to_string(), "bytes": part.bytes })
    });
    json!({
        "name": nested.name,
        "locator": look.chained(&nested.locator).to_string(),
        "image": look.address_of(nested).to_string(),
        "container": nested.container.map(|container| container.key()),
        "recognised_by": nested.reason,
        "readable": nested.is_readable,
        "bytes": nested.bytes,
        "files": files.collect::<Vec<_>>(),
    })
}
