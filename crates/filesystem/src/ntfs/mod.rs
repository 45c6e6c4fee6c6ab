//! Placeholder module replaced by the reader.
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source};

use crate::{FileSystem, OpenOptions, Recognised};

pub(crate) fn probe(_: &dyn Source, _: &mut Scratch) -> Option<Recognised> {
    None
}

pub(crate) fn open(
    _: Arc<dyn Source>,
    _: &OpenOptions,
    _: &mut Scratch,
) -> Result<Box<dyn FileSystem>, Problem> {
    Err(Problem::damage("volume", 0, ProblemKind::Inconsistent("no reader")))
}

pub(crate) fn pump_coded(
    _: &dyn Source,
    _: &crate::Coded,
    valid: u64,
    _: &mut Scratch,
    each: &mut byte_source::Visitor<'_>,
) -> std::ops::ControlFlow<()> {
    each(byte_source::Piece::Bad(valid, byte_source::BadReason::Opaque("no decoder")))
}
