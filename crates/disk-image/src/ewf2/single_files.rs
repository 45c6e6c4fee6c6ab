//! The section with the tree of a logical evidence file: UTF-16 text, not compressed.

use byte_source::{Problem, ProblemKind, Scratch, Structure};
use words::term;

use super::section::Section;
use super::section_data::{self, Place};
use crate::logical::{self, Tree};

/// What the section is called in problems.
pub(super) const NAME: &str = "EWF2 single files data";

/// Reads the tree in `section`. A wrong or missing integrity hash is a problem beside it.
///
/// # Errors
/// The [`Problem`] for which it cannot be read.
pub(super) fn read(
    place: Place<'_>,
    section: &Section,
    scratch: &mut Scratch,
) -> Result<(Tree, Option<Problem>), Problem> {
    let (text, fault) = section_data::read(NAME, place, section, logical::MOST_BYTES, scratch)?;
    let at = place.start.saturating_add(section.data().start);
    let unprotected = section.integrity_hash().is_none().then(|| {
        Problem::note(
            NAME,
            at,
            ProblemKind::Inconsistent(term!("ewf2.tree-no-integrity-hash-changes")),
        )
    });
    Ok((logical::read(&Structure::new(NAME, at, &text)), fault.or(unprotected)))
}
