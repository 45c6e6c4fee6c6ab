//! Exhibits and paths as people name them in a question.

use case_model::CaseId;
use case_store::{ImageId, ImageState, PathFilter};
use name_pattern::{NamePattern, PathPattern, nearest, split_exhibit};

use crate::{CaseworkError, Session};

/// Exhibits that a refusal names.
const NAMED: usize = 10;

impl Session {
    /// Returns the images that any of these patterns names: by name, or by path as it is written.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when one of them names no exhibit of the case.
    pub fn images_named(
        &mut self,
        id: &CaseId,
        patterns: &[String],
    ) -> Result<Vec<ImageId>, CaseworkError> {
        let images = self.case(id)?.image_states()?;
        let mut rows = Vec::new();
        for pattern in patterns {
            let found = named(&images, pattern)?;
            if found.is_empty() {
                return Err(no_exhibit(id, &images, pattern));
            }
            rows.extend(found);
        }
        rows.sort_unstable();
        rows.dedup();
        Ok(rows)
    }

    /// Reads a path as people write it, and as the program prints it: with the exhibit in front.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when it means nothing, or its exhibit is none of the case.
    pub fn path_filter(&mut self, id: &CaseId, text: &str) -> Result<PathFilter, CaseworkError> {
        let refuse =
            |error: name_pattern::PatternError| CaseworkError::Request(format!("--path: {error}"));
        let Some((exhibit, path)) = split_exhibit(text) else {
            PathPattern::parse(text).map_err(refuse)?;
            return Ok(PathFilter { pattern: text.to_owned(), images: None });
        };
        PathPattern::parse(&path).map_err(refuse)?;
        let images = self.case(id)?.image_states()?;
        let rows = named(&images, &exhibit)?;
        if rows.is_empty() {
            return Err(no_exhibit(id, &images, &exhibit));
        }
        Ok(PathFilter { pattern: path, images: Some(rows) })
    }
}

fn named(images: &[ImageState], pattern: &str) -> Result<Vec<ImageId>, CaseworkError> {
    let by_path = |image: &&ImageState| image.path == pattern;
    let path: Vec<ImageId> = images.iter().filter(by_path).map(|image| image.id).collect();
    if !path.is_empty() || pattern.contains('/') {
        return Ok(path);
    }
    let pattern = NamePattern::parse(pattern)
        .map_err(|error| CaseworkError::Request(format!("the exhibit {pattern:?}: {error}")))?;
    let fits = |image: &&ImageState| pattern.matches(&image.name, "");
    Ok(images.iter().filter(fits).map(|image| image.id).collect())
}

fn no_exhibit(id: &CaseId, images: &[ImageState], wanted: &str) -> CaseworkError {
    let names: Vec<&str> = images.iter().map(|image| image.name.as_str()).collect();
    let alike = nearest(wanted, names.iter().copied(), NAMED);
    let shown = if alike.is_empty() { names.iter().copied().take(NAMED).collect() } else { alike };
    let more = names.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let shown: Vec<String> = shown.iter().map(|name| format!("{name:?}")).collect();
    let exhibits = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
    CaseworkError::Request(format!(
        "case {id} has no exhibit {wanted:?}; its exhibits: {exhibits}{more}. A path begins with / at the root of a file system, \
         or names folders at any depth"
    ))
}
