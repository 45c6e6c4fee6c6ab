//! CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected).

const TABLE: [u32; 256] = table();

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "evaluated by the compiler, no input"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut value, mut bit) = (byte as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0x82f6_3b78 } else { value >> 1 };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}

/// The CRC-32C of `bytes` with zeros in place of its own field, bytes 4 to 7.
pub(super) fn with_own_field(bytes: &[u8]) -> u32 {
    !bytes.iter().enumerate().fold(u32::MAX, |crc, (place, byte)| {
        let byte = if (4..8).contains(&place) { 0 } else { *byte };
        let [low, ..] = crc.to_le_bytes();
        TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default() ^ (crc >> 8)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_known_value() {
        assert_eq!(super::with_own_field(&[0; 32]), 0x8a91_36aa);
    }
}
