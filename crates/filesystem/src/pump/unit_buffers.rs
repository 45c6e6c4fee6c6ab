//! What one worker decodes a unit with.

use byte_source::Scratch;
use codec::{Codec, Decoders, Undecodable};

/// One worker's buffers: the coded bytes of a unit, and its decoded bytes.
#[derive(Default)]
pub(super) struct UnitBuffers {
    /// The coded bytes.
    pub(super) coded: Vec<u8>,
    decoded: Vec<u8>,
}

impl UnitBuffers {
    /// Decodes the coded bytes to `size` bytes, with the worker's decoders.
    ///
    /// # Errors
    /// Coded bytes that do not follow the format, or end early.
    pub(super) fn decode(
        &mut self,
        codec: Codec,
        size: usize,
        scratch: &mut Scratch,
    ) -> Result<&[u8], Undecodable> {
        scratch.tools().get::<Decoders>().decode(codec, &self.coded, size, &mut self.decoded)?;
        Ok(&self.decoded)
    }
}
