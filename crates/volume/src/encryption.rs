//! Encryption that is recognised, so that a volume never passes for empty or unformatted.
//!
//! Known by signature: BitLocker (with To Go), LUKS 1 and 2 (by either header), FileVault 2 in a
//! CoreStorage volume. Known by nothing but its bytes: a volume without any known signature that
//! looks random wherever it is looked at, as VeraCrypt leaves it. The same is true of a volume that
//! was wiped with random bytes; compressed data of one piece may look alike. A quickly formatted
//! VeraCrypt volume, whose unused part was left as it was, and a container file inside a file
//! system are not found this way. APFS volumes and eCryptfs or fscrypt folders are decided by
//! whoever reads the file system.

use byte_source::{Scratch, Source, Structure, length, read_exact};

use crate::{Member, lvm2, signature};

/// What is said of a volume whose first LUKS 2 header is gone and whose second one is there.
pub const SECOND_LUKS2_HEADER: &str = "LUKS 2 (by its second header; the first is gone)";
/// The second header of LUKS 2 stands at one of these places (LUKS2 On-Disk Format 1.1, section
/// 2.1), behind a first one of as many bytes.
const SECOND_HEADER_PLACES: [u64; 9] =
    [16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20];

/// The GUID at byte 424 of a BitLocker To Go boot sector: 4967D63B-2E29-4AD8-8399-F6A339E3D001.
const TO_GO: [u8; 16] = [
    0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01,
];
/// CoreStorage: the encryption method AES-XTS.
const AES_XTS: u32 = 2;
/// What is said of a volume that looks random.
const RANDOM: &str = "unknown (random-like bytes, no signature: VeraCrypt or the like)";

/// Places of a volume that are looked at.
const SAMPLES: u64 = 128;
/// Bytes looked at in each place.
const SAMPLE_BYTES: usize = 512;
/// The shortest volume that is looked at: VeraCrypt makes none below 292 KiB.
const LEAST_BYTES: u64 = 256 << 10;
/// Different values in 512 random bytes: 221 on average, standard deviation 5; fewer than this does
/// not happen in 128 samples.
const LEAST_DIFFERENT: usize = 190;
/// Chi-square of 65,536 random bytes over 256 values: 255 on average, standard deviation 23; five
/// of them to both sides.
const CHI_SQUARE: std::ops::RangeInclusive<u64> = 142..=368;

/// Recognises the encryption of `volume`. What is known to be a `member` of something is not judged
/// by its looks.
pub(crate) fn recognise(
    volume: &dyn Source,
    member: Option<Member>,
    scratch: &mut Scratch,
) -> Option<&'static str> {
    let mut sector = [0; 512];
    read_exact(volume, 0, &mut sector, scratch).ok()?;
    let known = by_signature(&Structure::new("volume", 0, &sector)).ok().flatten();
    if known.is_some() {
        return known;
    }
    let is_unused = member.is_some_and(lvm2::is_unused);
    let is_other = member.is_some() || signature::at(volume, 0, scratch).is_some();
    // A header inside another file system, or among logical volumes, is a remainder of an older
    // volume.
    if (!is_other || is_unused) && second_header(volume, scratch).is_some() {
        return Some(SECOND_LUKS2_HEADER);
    }
    (!is_other && looks_random(volume, scratch)).then_some(RANDOM)
}

/// Returns the place of a second header of LUKS 2 that stands where it says that it stands.
pub(crate) fn second_header(volume: &dyn Source, scratch: &mut Scratch) -> Option<u64> {
    SECOND_HEADER_PLACES.into_iter().find(|at| {
        let mut bytes = [0; 512];
        let _ = read_exact(volume, *at, &mut bytes, scratch);
        let header = Structure::new("LUKS 2 header", *at, &bytes);
        header.bytes(0, 6) == Ok(b"SKUL\xba\xbe".as_slice())
            && header.u16_be(6) == Ok(2)
            && header.u64_be(256) == Ok(*at)
    })
}

fn by_signature(sector: &Structure<'_>) -> Result<Option<&'static str>, byte_source::OutOfBounds> {
    if sector.bytes(3, 8)? == b"-FVE-FS-" {
        return Ok(Some("BitLocker"));
    }
    if sector.bytes(3, 8)? == b"MSWIN4.1" && sector.array(424)? == TO_GO {
        return Ok(Some("BitLocker To Go"));
    }
    if sector.bytes(0, 6)? == b"LUKS\xba\xbe" {
        return Ok(Some(match sector.u16_be(6)? {
            1 => "LUKS 1",
            2 => "LUKS 2",
            _ => "LUKS",
        }));
    }
    let core_storage = sector.bytes(88, 4)? == b"CS\x01\0";
    Ok((core_storage && sector.u32_le(172)? == AES_XTS).then_some("FileVault 2 (CoreStorage)"))
}

fn looks_random(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    if volume.len() < LEAST_BYTES {
        return false;
    }
    let step =
        volume.len().checked_div(SAMPLES).unwrap_or(0) & !(length(SAMPLE_BYTES).saturating_sub(1));
    let mut counts = [0_u64; 256];
    for number in 0..SAMPLES {
        let mut sample = [0; SAMPLE_BYTES];
        if read_exact(volume, number.saturating_mul(step), &mut sample, scratch).is_err()
            || count_values(&sample, &mut counts) < LEAST_DIFFERENT
        {
            return false;
        }
    }
    // 65,536 bytes over 256 values: 256 of each are expected.
    let squares = counts.iter().fold(0_u64, |sum, count| {
        let distance = count.abs_diff(256);
        sum.saturating_add(distance.saturating_mul(distance))
    });
    CHI_SQUARE.contains(&(squares >> 8))
}

/// Adds how often each value comes up to `counts`. Returns how many different ones there are.
fn count_values(sample: &[u8; SAMPLE_BYTES], counts: &mut [u64; 256]) -> usize {
    let mut seen = [false; 256];
    for byte in sample {
        let value = usize::from(*byte);
        if let (Some(count), Some(seen)) = (counts.get_mut(value), seen.get_mut(value)) {
            *count = count.saturating_add(1);
            *seen = true;
        }
    }
    seen.iter().filter(|seen| **seen).count()
}
