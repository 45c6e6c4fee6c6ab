//! The contract of all decoders.

/// Decoded bytes of one unit at most: the largest unit of a supported container is an EWF chunk of 128 MiB.
pub const MOST_UNIT_BYTES: usize = 128 << 20;

/// The coded bytes are broken, cut off, longer than allowed, or fail their checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

/// Decodes units of one coding. A decoder keeps its tables between units, and nothing else.
pub(crate) trait Decoder: Send {
    /// Decodes the unit at the start of `coded` and replaces the content of `out` by its bytes.
    ///
    /// `size` bounds the decoded bytes. A coding with an end mark may give fewer: it ends at its mark, and what follows is padding
    /// (behind LZFSE nothing may follow). ADC may give fewer: it ends with its input. XPRESS, LZX and LZNT1 give exactly `size` bytes.
    ///
    /// # Errors
    /// [`Undecodable`]; the content of `out` is then of no use.
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable>;
}
