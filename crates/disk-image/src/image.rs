//! An image put together from what its container says.

use std::sync::Arc;

use byte_source::{Problem, Source};

use crate::opening::Opening;
use crate::{Claim, Container, OpenedImage, Segment, raw};

/// What is known of an image before its medium is made.
pub(crate) struct Image {
    pub(crate) container: Container,
    pub(crate) reason: &'static str,
    pub(crate) sector_bytes: u32,
    pub(crate) segments: Vec<Segment>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) problems: Vec<Problem>,
}

impl Image {
    /// An image of one file, so far.
    pub(crate) fn of(container: Container, opening: &Opening<'_>) -> Self {
        Self {
            container,
            reason: opening.reason,
            sector_bytes: raw::SECTOR_BYTES,
            segments: vec![Segment { name: opening.name.to_owned(), bytes: opening.first.len() }],
            claims: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Adds a claim unless its value is empty.
    pub(crate) fn claim(&mut self, field: &'static str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.claims.push(Claim { field, value });
        }
    }

    /// The image with its medium, which is made over the medium of `parent`. The parent's files and problems are this image's, too.
    pub(crate) fn over(
        mut self,
        parent: Option<OpenedImage>,
        medium: impl FnOnce(Option<Arc<dyn Source>>) -> Arc<dyn Source>,
    ) -> OpenedImage {
        let below = parent.map(|parent| {
            self.segments.extend(parent.segments);
            self.problems.extend(parent.problems);
            parent.medium
        });
        let medium = medium(below);
        OpenedImage {
            container: self.container,
            reason: self.reason,
            // The format's own tables or headers give every medium that is made here its length.
            stated_bytes: Some(medium.len()),
            medium,
            sector_bytes: self.sector_bytes,
            segments: self.segments,
            stored_digests: Vec::new(),
            claims: self.claims,
            logical_entries: None,
            problems: self.problems,
        }
    }

    /// The image with its medium.
    pub(crate) fn with(self, medium: Arc<dyn Source>) -> OpenedImage {
        self.over(None, |_| medium)
    }
}
