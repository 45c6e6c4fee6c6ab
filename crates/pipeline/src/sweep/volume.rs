//! A volume that streams are read from.

use byte_source::Source;
use evidence::OnMedium;

/// A volume that streams are read from.
#[derive(Clone, Copy)]
pub(crate) struct SweepVolume<'s> {
    pub(crate) source: &'s dyn Source,
    pub(crate) medium: OnMedium<'s>,
}
