//! `athar image`.

use case_model::to_hex;
use casework::open_container_of;
use disk_image::OpenedImage;
use serde_json::{Value, json};

use super::image_container::{container_json, print_container};
use super::{image_cat, image_list, image_verify};
use crate::arguments::{Global, Image, OneImage};
use crate::exit::{Exit, Failure};
use crate::open_evidence::print_problems;
use crate::output::Output;

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

fn stored_json(opened: &OpenedImage) -> Value {
    let object = |stored: &disk_image::StoredDigest| json!({ "algorithm": stored.algorithm.key(), "digest": to_hex(&stored.digest), "place": stored.place });
    Value::Array(opened.stored_digests.iter().map(object).collect())
}
