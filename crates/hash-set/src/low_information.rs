//! Contents that say nothing about anybody: a few bytes, or one byte over and over.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use case_model::Digests;
use sha2::{Digest, Sha256};

/// Contents of up to so many bytes are alike by chance: a line end, a counter, a mark.
const FEW_BYTES: u64 = 16;
/// Steps of the table: sectors, ...
const SECTOR_BYTES: usize = 512;
/// ... each up to so many bytes, ...
const EVERY_SECTOR_UP_TO_BYTES: usize = 128 << 10;
/// ... then powers of two up to so many.
const POWERS_UP_TO_BYTES: usize = 16 << 20;
/// What freshly made, erased and wiped media are filled with.
const FILLS: [u8; 2] = [0x00, 0xff];

/// Is a stream of `size` bytes with these digests of low information: a few bytes, or zeros or ones of a common length? A match of such a
/// stream is shown, but says little about where it came from. Constant contents are recognised by SHA-256 only.
#[must_use]
pub fn is_low_information(digests: &Digests, size: u64) -> bool {
    size <= FEW_BYTES || digests.sha256.is_some_and(|sha256| constant_contents().contains(&sha256))
}

fn constant_contents() -> &'static BTreeSet<[u8; 32]> {
    static TABLE: OnceLock<BTreeSet<[u8; 32]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = BTreeSet::new();
        for fill in FILLS {
            let (sector, mut hasher) = ([fill; SECTOR_BYTES], Sha256::new());
            for number in 1..=POWERS_UP_TO_BYTES / SECTOR_BYTES {
                hasher.update(sector);
                let bytes = number.saturating_mul(SECTOR_BYTES);
                if bytes <= EVERY_SECTOR_UP_TO_BYTES || bytes.is_power_of_two() {
                    table.insert(hasher.clone().finalize().into());
                }
            }
        }
        table
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_ones_of_common_lengths_and_a_few_bytes_say_nothing() {
        let of =
            |content: &[u8]| Digests { sha256: Some(Sha256::digest(content).into()), ..Digests::default() };
        for length in [512, 1536, 65_536, 131_072, 1 << 20, 16 << 20] {
            assert!(is_low_information(&of(&vec![0; length]), 1 << 30), "{length}");
            assert!(is_low_information(&of(&vec![0xff; length]), 1 << 30), "{length}");
        }
        assert!(is_low_information(&Digests::default(), 16));
        assert!(!is_low_information(&Digests::default(), 17));
        assert!(!is_low_information(&of(b"a text of more than sixteen bytes"), 33));
    }
}
