//! What one worker decodes with.

use std::collections::BTreeMap;

use crate::{Codec, Decoder, MOST_UNIT_BYTES, Undecodable};

/// One worker's decoders, one of each coding. A decoder is created on first use; its tables are used again for every later unit.
#[derive(Default)]
pub struct Decoders {
    by_codec: BTreeMap<Codec, Box<dyn Decoder>>,
}

impl Decoders {
    /// Decodes a unit as `Decoder::decode` says. `size` is at most [`MOST_UNIT_BYTES`].
    ///
    /// # Errors
    /// [`Undecodable`], also for a `size` above the limit; the content of `out` is then of no use.
    pub fn decode(
        &mut self,
        codec: Codec,
        coded: &[u8],
        size: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Undecodable> {
        if size > MOST_UNIT_BYTES {
            return Err(Undecodable);
        }
        self.by_codec.entry(codec).or_insert_with(|| codec.decoder()).decode(coded, size, out)
    }
}
