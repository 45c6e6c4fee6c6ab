//! The extents of a stream on the medium, packed.

/// Consecutive bytes of a stream: on the medium, or a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediumRun {
    /// Length in bytes.
    pub length: u64,
    /// Byte offset on the medium; `None` for a hole (or unwritten space).
    pub at: Option<u64>,
}

/// Packs runs: for each a varint `length << 1 | is_hole`, and for those on the medium a zigzag varint of the distance from the end of
/// the run before.
#[must_use]
pub fn encode_extents(runs: &[MediumRun]) -> Vec<u8> {
    let mut out = Vec::with_capacity(runs.len() * 6);
    let mut end = 0_u64;
    for run in runs {
        write_varint(&mut out, u128::from(run.length) << 1 | u128::from(run.at.is_none()));
        if let Some(at) = run.at {
            let distance = i128::from(at) - i128::from(end);
            write_varint(&mut out, ((distance << 1) ^ (distance >> 127)).cast_unsigned());
            end = at.saturating_add(run.length);
        }
    }
    out
}

/// Unpacks what [`encode_extents`] packed; `None` when the bytes are damaged.
#[must_use]
pub fn decode_extents(mut bytes: &[u8]) -> Option<Vec<MediumRun>> {
    let mut runs = Vec::new();
    let mut end = 0_u64;
    while !bytes.is_empty() {
        let head = read_varint(&mut bytes)?;
        let length = u64::try_from(head >> 1).ok()?;
        if head & 1 == 1 {
            runs.push(MediumRun { length, at: None });
            continue;
        }
        let zigzag = read_varint(&mut bytes)?;
        let distance = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
        let at = u64::try_from(i128::from(end).checked_add(distance)?).ok()?;
        end = at.saturating_add(length);
        runs.push(MediumRun { length, at: Some(at) });
    }
    Some(runs)
}

fn write_varint(out: &mut Vec<u8>, mut value: u128) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn read_varint(bytes: &mut &[u8]) -> Option<u128> {
    let mut value = 0_u128;
    for shift in (0..70).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u128::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_forward_backward_and_holes_come_back() {
        let runs = [
            MediumRun { length: 4096, at: Some(1 << 40) },
            MediumRun { length: 1, at: None },
            MediumRun { length: u64::MAX, at: Some(0) },
            MediumRun { length: 7, at: Some(u64::MAX) },
        ];
        let bytes = encode_extents(&runs);
        assert_eq!(decode_extents(&bytes).unwrap(), runs);
        assert_eq!(decode_extents(&bytes[..bytes.len() - 1]), None);
        let one = [MediumRun { length: 4096, at: Some(8192) }];
        assert_eq!(encode_extents(&one).len(), 5);
    }
}
