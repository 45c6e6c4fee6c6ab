//! The checksums of ext: CRC-32C (`metadata_csum`, jbd2), CRC-16 (`uninit_bg`), CRC-32 (old jbd2), all without a final inversion.

pub(super) use byte_source::crc32c;

/// CRC-16 (polynomial 0x8005, reflected) of `bytes`, continued from `register`. The first register of a chain is `!0`.
pub(super) fn crc16(register: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(register, |register, byte| {
        (0..8).fold(register ^ u16::from(*byte), |register, _| {
            if register & 1 == 1 { register >> 1 ^ 0xa001 } else { register >> 1 }
        })
    })
}

/// `BIG_TABLE[b]`: what the byte `b` does to the register of [`crc32_be`].
const BIG_TABLE: [u32; 256] = {
    let mut table = [0_u32; 256];
    let mut slot = 0;
    let mut byte = 0_u32;
    while slot < 256 {
        let mut register = byte << 24;
        let mut bit = 0;
        while bit < 8 {
            register =
                if register >> 31 == 1 { register << 1 ^ 0x04c1_1db7 } else { register << 1 };
            bit += 1;
        }
        table[slot] = register;
        slot += 1;
        byte += 1;
    }
    table
};

/// CRC-32 (polynomial 0x04c11db7, highest bit first) of `bytes`, continued from `register`: commit blocks of the first version.
pub(super) fn crc32_be(register: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(register, |register, byte| {
        let [high, ..] = register.to_be_bytes();
        register << 8 ^ BIG_TABLE[usize::from(high ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_agree_with_their_published_check_values() {
        // The check values of the CRC catalogue for "123456789": CRC-16/MODBUS, CRC-32/MPEG-2 (register !0 at the start).
        assert_eq!(crc16(!0, b"123456789"), 0x4b37);
        assert_eq!(crc32_be(!0, b"123456789"), 0x0376_e6e7);
    }
}
