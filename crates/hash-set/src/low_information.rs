//! Contents that say nothing about anybody: a few bytes, one byte over and over, what programs write when there is nothing to write.

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
/// What formatting (0xe5, 0xf6), wiping (0x55, 0xaa) and padding (a space) leave, up to so many bytes.
const RARER_FILLS: [u8; 5] = [0xe5, 0xf6, 0x55, 0xaa, 0x20];
const RARER_FILLS_UP_TO_BYTES: usize = 1 << 20;
/// Whole files that are the same everywhere, longer than [`FEW_BYTES`].
const COMMON: &[&[u8]] = &[
    // ZIP without members (APPNOTE 4.3.16)
    b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    // gzip of nothing, without name and time (RFC 1952): level not said or the best, on Unix or an unknown system
    b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0",
    b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0",
    b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\x03\0\0\0\0\0\0\0\0\0",
    b"\x1f\x8b\x08\0\0\0\0\0\x02\xff\x03\0\0\0\0\0\0\0\0\0",
    // the picture of one transparent point that pages count their readers with, in its usual forms
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;",
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;",
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x01D\0;",
    // what Windows marks a downloaded file with (the stream Zone.Identifier) when it notes no address
    b"[ZoneTransfer]\r\nZoneId=3\r\n",
    b"[ZoneTransfer]\r\nZoneId=4\r\n",
];

/// Is a stream of `size` bytes with these digests of low information: a few bytes, a common fill of a common length, or a file that is the
/// same everywhere? A match of such a stream is shown, but says little about where it came from. Recognised by SHA-256 only.
#[must_use]
pub fn is_low_information(digests: &Digests, size: u64) -> bool {
    size <= FEW_BYTES || digests.sha256.is_some_and(|sha256| common_contents().contains(&sha256))
}

fn common_contents() -> &'static BTreeSet<[u8; 32]> {
    static TABLE: OnceLock<BTreeSet<[u8; 32]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = BTreeSet::new();
        FILLS.into_iter().for_each(|fill| fills(fill, POWERS_UP_TO_BYTES, &mut table));
        RARER_FILLS.into_iter().for_each(|fill| fills(fill, RARER_FILLS_UP_TO_BYTES, &mut table));
        table.extend(COMMON.iter().map(|content| <[u8; 32]>::from(Sha256::digest(content))));
        table
    })
}

/// Adds contents of nothing but `fill`.
fn fills(fill: u8, up_to_bytes: usize, table: &mut BTreeSet<[u8; 32]>) {
    let sector = [fill; SECTOR_BYTES];
    let mut hasher = Sha256::new();
    for number in 1..=up_to_bytes / SECTOR_BYTES {
        hasher.update(sector);
        let bytes = number.saturating_mul(SECTOR_BYTES);
        if bytes <= EVERY_SECTOR_UP_TO_BYTES || bytes.is_power_of_two() {
            table.insert(hasher.clone().finalize().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content: &[u8]) -> Digests {
        Digests { sha256: Some(Sha256::digest(content).into()), ..Digests::default() }
    }

    #[test]
    fn fills_of_common_lengths_and_a_few_bytes_say_nothing() {
        for length in [512, 1536, 65_536, 131_072, 1 << 20, 16 << 20] {
            assert!(is_low_information(&of(&vec![0; length]), 1 << 30), "{length}");
            assert!(is_low_information(&of(&vec![0xff; length]), 1 << 30), "{length}");
        }
        assert!(is_low_information(&of(&[0xf6; 4096]), 4096));
        assert!(is_low_information(&Digests::default(), 16));
        assert!(!is_low_information(&Digests::default(), 17));
        assert!(!is_low_information(&of(b"a text of more than sixteen bytes"), 33));
    }

    #[test]
    fn files_that_are_the_same_everywhere_say_nothing() {
        // Python's zipfile and gzip write these when there is nothing to write.
        let program = "import gzip, io, sys, zipfile
out = io.BytesIO(); zipfile.ZipFile(out, 'w').close()
sys.stdout.buffer.write(out.getvalue() + gzip.compress(b'', mtime=0))";
        let made =
            std::process::Command::new("python3").args(["-c", program]).output().unwrap().stdout;
        let (zip, gzip) = made.split_at(22);
        assert!(is_low_information(&of(zip), 22));
        assert!(is_low_information(&of(gzip), 20), "{gzip:02x?}");
    }
}
