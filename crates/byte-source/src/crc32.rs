//! CRC-32 and CRC-32C, eight bytes at a time.

/// `table[k][b]`: what the byte `b` does to the register, `k` bytes before the end of a group of
/// eight.
type Table = [[u32; 256]; 8];

/// Polynomial 0x04C11DB7, reflected: GPT, LVM2, UDIF.
const IEEE: Table = table(0xedb8_8320);
/// Polynomial 0x1EDC6F41, reflected: ext4, VHDX.
const CASTAGNOLI: Table = table(0x82f6_3b78);

/// The register of CRC-32 (IEEE 802.3) after `bytes`, from its value `register` before. The usual
/// CRC is `!crc32(!0, bytes)`.
#[must_use]
pub fn crc32(register: u32, bytes: &[u8]) -> u32 {
    run(&IEEE, register, bytes)
}

/// The register of CRC-32C (Castagnoli) after `bytes`, from its value `register` before. The usual
/// CRC is `!crc32c(!0, bytes)`.
#[must_use]
pub fn crc32c(register: u32, bytes: &[u8]) -> u32 {
    run(&CASTAGNOLI, register, bytes)
}

fn run(table: &Table, mut register: u32, bytes: &[u8]) -> u32 {
    let (eights, rest) = bytes.as_chunks::<8>();
    let at = |step: usize, byte: u8| table[step][usize::from(byte)];
    for &[a, b, c, d, e, f, g, h] in eights {
        let [a, b, c, d] = (register ^ u32::from_le_bytes([a, b, c, d])).to_le_bytes();
        register =
            at(7, a) ^ at(6, b) ^ at(5, c) ^ at(4, d) ^ at(3, e) ^ at(2, f) ^ at(1, g) ^ at(0, h);
    }
    rest.iter().fold(register, |register, byte| {
        let [low, ..] = register.to_le_bytes();
        register >> 8 ^ at(0, low ^ byte)
    })
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "evaluated by the compiler, no input"
)]
const fn table(polynomial: u32) -> Table {
    let mut table = [[0_u32; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut register = byte as u32;
        let mut step = 0;
        while step < 8 {
            let mut bit = 0;
            while bit < 8 {
                register =
                    if register & 1 == 1 { register >> 1 ^ polynomial } else { register >> 1 };
                bit += 1;
            }
            table[step][byte] = register;
            step += 1;
        }
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_agree_with_their_published_check_values() {
        // The CRC catalogue for "123456789": CRC-32/ISO-HDLC, CRC-32/ISCSI.
        assert_eq!(!crc32(!0, b"123456789"), 0xcbf4_3926);
        assert_eq!(!crc32c(!0, b"123456789"), 0xe306_9283);
    }

    #[test]
    fn eight_bytes_at_a_time_give_what_single_bytes_give() {
        let bytes: Vec<u8> = (0..200_u32).map(|n| u8::try_from(n * 37 % 251).unwrap()).collect();
        for crc in [crc32, crc32c] {
            for length in 0..bytes.len() {
                let single =
                    bytes[..length].iter().fold(!0, |register, byte| crc(register, &[*byte]));
                assert_eq!(crc(!0, &bytes[..length]), single, "{length}");
            }
        }
    }
}
