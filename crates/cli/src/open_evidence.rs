//! Images that are looked at without a case.

use byte_source::{Problem, Scratch, Severity};
use evidence::{EvidenceImage, Locator, ReadableFileSystem, open_image};
use filesystem::OpenOptions;
use pipeline::{LookedUp, look_up};
use serde_json::{Value, json};

use crate::arguments::{Chosen, Global, OneImage};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Opens an image for a look.
pub(crate) fn open(image: &OneImage, code_page: u16) -> Result<EvidenceImage, Failure> {
    Ok(open_image(&image.image, &OpenOptions { code_page }, &mut Scratch::new())?)
}

/// Is this one of the file systems that the user chose?
pub(crate) fn is_chosen(chosen: &Chosen, readable: &ReadableFileSystem<'_>) -> bool {
    chosen.volume.is_none_or(|number| number == readable.volume.ordinal)
        && chosen.offset.is_none_or(|offset| offset == readable.volume.volume.start())
}

/// Why there is nothing to look at.
pub(crate) fn no_file_system(image: &OneImage) -> Failure {
    let path = image.image.display();
    Failure::Check(format!(
        "{path}: no file system that can be read there; `athar volumes {path}` shows what the image holds"
    ))
}

/// A path as file systems are asked for it: one slash before, none behind.
pub(crate) fn rooted(path: &str) -> String {
    format!("/{}", path.trim_matches('/'))
}

/// The locator that a user means: as typed, or of the path, which must be clear.
pub(crate) fn locate(
    global: &Global,
    image: &OneImage,
    opened: &EvidenceImage,
    chosen: &Chosen,
    file: &str,
) -> Result<Vec<Locator>, Failure> {
    if file.starts_with('@') {
        return Ok(vec![
            file.parse().map_err(|error: evidence::NoLocator| Failure::Usage(error.to_string()))?,
        ]);
    }
    if !opened.readable().any(|readable| is_chosen(chosen, &readable)) {
        return Err(no_file_system(image));
    }
    let path = rooted(file);
    let found = look_up(opened, &path, global.worker_threads(), &|readable| is_chosen(chosen, readable))?;
    let mut locators: Vec<Locator> = Vec::new();
    for LookedUp { locator, name_alone, .. } in found {
        if !name_alone && !locators.contains(&locator) {
            locators.push(locator);
        }
    }
    match locators.is_empty() {
        false => Ok(locators),
        true => Err(Failure::Check(format!("{}: no file {}", image.image.display(), safe(&path)))),
    }
}

/// The file system that a locator names.
pub(crate) fn file_system_of<'o>(
    image: &OneImage,
    opened: &'o EvidenceImage,
    locator: &Locator,
) -> Result<ReadableFileSystem<'o>, Failure> {
    opened.located(locator).ok_or_else(|| {
        let (path, at, kind) = (image.image.display(), locator.volume_offset, &locator.file_system);
        Failure::Check(format!(
            "{path}: no {} file system at byte {at}; `athar volumes {path}` shows those there are",
            safe(kind)
        ))
    })
}

/// Says what is wrong, and how to end because of it. `place` maps offsets to the medium.
pub(crate) fn print_problems<'p>(
    problems: impl IntoIterator<Item = &'p Problem>,
    place: impl Fn(u64) -> u64,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Complete;
    for problem in problems {
        let damage = problem.severity == Severity::Damage;
        if damage {
            exit = Exit::Incomplete;
        }
        let placed = Problem { at: place(problem.at), ..problem.clone() };
        let word = if damage { "damage" } else { "note" };
        if output.is_json() {
            output.object(&json!({ "problem": word, "at": placed.at, "structure": placed.structure, "text": placed.to_string() }))?;
        } else {
            output.line(&format!("  {word:<12}  {}", safe(&placed.to_string())))?;
        }
    }
    Ok(exit)
}

/// Problems as JSON.
pub(crate) fn problems_json<'p>(
    problems: impl IntoIterator<Item = &'p Problem>,
    place: impl Fn(u64) -> u64,
) -> Value {
    let object = |problem: &Problem| {
        let placed = Problem { at: place(problem.at), ..problem.clone() };
        let word = if problem.severity == Severity::Damage { "damage" } else { "note" };
        json!({ "problem": word, "at": placed.at, "structure": placed.structure, "text": placed.to_string() })
    };
    Value::Array(problems.into_iter().map(object).collect())
}
