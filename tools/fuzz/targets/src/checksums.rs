//! Makes checksums fit again, so that a changed field is read and not only refused.

/// Sections of an EWF file that are followed.
const MOST_SECTIONS: usize = 200;

/// Makes the checksums of VHDX headers and region tables, LVM2 labels and metadata, EWF section descriptors, tables and volume
/// sections, and of exFAT boot regions fit, wherever the signature of one stands.
pub(crate) fn repair(bytes: &mut [u8]) {
    match bytes {
        [b'v', b'h', b'd', b'x', b'f', b'i', b'l', b'e', ..] => vhdx(bytes),
        [b'E', b'V', b'F', ..] => ewf(bytes),
        [_, _, _, b'E', b'X', b'F', b'A', b'T', ..] => exfat(bytes),
        _ => lvm2(bytes),
    }
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(field) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) {
        *field = value.to_le_bytes();
    }
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn place(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(field(bytes, at)?)).ok()
}

fn vhdx(bytes: &mut [u8]) {
    for (at, count) in
        [(64 << 10, 4096), (128 << 10, 4096), (192 << 10, 64 << 10), (256 << 10, 64 << 10)]
    {
        put(bytes, at + 4, 0);
        if let Some(part) = bytes.get(at..at + count) {
            let value = !crc(u32::MAX, 0x82f6_3b78, part);
            put(bytes, at + 4, value);
        }
    }
}

fn lvm2(bytes: &mut [u8]) {
    const INITIAL: u32 = 0xf597_a6cf;
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let label =
        (0..4).map(|sector| sector * 512).find(|at| bytes.get(*at..at + 8) == Some(b"LABELONE"));
    let Some(label) = label else { return };
    let Some(area) =
        bytes.get(..1 << 20).unwrap_or(bytes).windows(8).position(|eight| eight == b" LVM2 x[")
    else {
        return;
    };
    let area = area.saturating_sub(4);
    if let (Some(offset), Some(size)) = (place(bytes, area + 40), place(bytes, area + 48)) {
        let start = area.saturating_add(offset);
        if let Some(text) = bytes.get(start..start.saturating_add(size)) {
            let value = crc(INITIAL, POLYNOMIAL, text);
            put(bytes, area + 56, value);
        }
    }
    for (at, from, end) in [(area, 4, 512), (label + 16, 4, 496)] {
        if let Some(part) = bytes.get(at + from..at + end) {
            let value = crc(INITIAL, POLYNOMIAL, part);
            put(bytes, at, value);
        }
    }
}

fn ewf(bytes: &mut [u8]) {
    let mut at = 13;
    for _ in 0..MOST_SECTIONS {
        let (Some(part), Some(next)) = (bytes.get(at..at + 72), place(bytes, at + 16)) else {
            return;
        };
        let value = adler32(part);
        let kind = [part[0], part[1], part[2], part[3]];
        put(bytes, at + 72, value);
        let data = at + 76;
        match &kind {
            b"volu" | b"disk" | b"data" => sum(bytes, data, 1048),
            b"tabl" => sum(bytes, data, 20),
            _ => {}
        }
        if next <= at || next > bytes.len() {
            return;
        }
        at = next;
    }
}

/// Puts the Adler-32 of `count` bytes behind them.
fn sum(bytes: &mut [u8], at: usize, count: usize) {
    if let Some(part) = bytes.get(at..at + count) {
        let value = adler32(part);
        put(bytes, at + count, value);
    }
}

fn exfat(bytes: &mut [u8]) {
    let shift = bytes.get(108).copied().unwrap_or(9).clamp(9, 12);
    let sector = 1_usize << shift;
    for region in [0, 12 * sector] {
        let Some(summed) = bytes.get(region..region + 11 * sector) else { return };
        let counted =
            summed.iter().enumerate().filter(|(place, _)| !matches!(place, 106 | 107 | 112));
        let value = counted
            .fold(0_u32, |sum, (_, byte)| sum.rotate_right(1).wrapping_add(u32::from(*byte)));
        for word in 0..sector / 4 {
            put(bytes, region + 11 * sector + 4 * word, value);
        }
    }
}

fn crc(initial: u32, polynomial: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(initial, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 }
        })
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_the_specifications() {
        assert_eq!(!crc(u32::MAX, 0xedb8_8320, b"123456789"), 0xcbf4_3926);
        assert_eq!(!crc(u32::MAX, 0x82f6_3b78, b"123456789"), 0xe306_9283);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
