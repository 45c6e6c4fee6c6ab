//! The extents of a stream on the medium, packed.

use case_model::Exactness;

/// Consecutive bytes of a stream: on the medium, or a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediumRun {
    /// Length in bytes.
    pub length: u64,
    /// Byte offset on the medium; `None` for a hole (or unwritten space).
    pub at: Option<u64>,
}

/// The first byte of packed exact extents: a run on the medium of no bytes, which no list has.
const EXACT: u8 = 0;
/// The first byte of packed extents that are not exact: a hole of no bytes. [`Exactness::code`] follows.
const NOT_EXACT: u8 = 1;

/// Packs runs with their exactness.
#[must_use]
pub fn encode_judged_extents(exactness: Exactness, runs: &[MediumRun]) -> Vec<u8> {
    let mut out = match exactness {
        Exactness::Exact => vec![EXACT],
        other => vec![NOT_EXACT, other.code()],
    };
    out.extend(encode_extents(runs));
    out
}

/// Returns how exact packed extents are; `None` for those of an older program, which did not judge them.
#[must_use]
pub fn extents_exactness(bytes: &[u8]) -> Option<Exactness> {
    match bytes {
        [EXACT, ..] => Some(Exactness::Exact),
        [NOT_EXACT, code, ..] => Exactness::from_code(*code),
        _ => None,
    }
}

/// Packs runs: for each a varint `length << 1 | is_hole`, and for those on the medium a zigzag varint of the distance from the end of
/// the run before.
#[must_use]
pub fn encode_extents(runs: &[MediumRun]) -> Vec<u8> {
    let mut out = Vec::with_capacity(runs.len().saturating_mul(6));
    let mut end = 0_u64;
    for run in runs {
        write_varint(&mut out, u128::from(run.length) << 1 | u128::from(run.at.is_none()));
        if let Some(at) = run.at {
            let distance = i128::from(at).saturating_sub(i128::from(end));
            write_varint(&mut out, ((distance << 1) ^ (distance >> 127)).cast_unsigned());
            end = at.saturating_add(run.length);
        }
    }
    out
}

/// Unpacks the runs that [`encode_judged_extents`] or an older program packed; `None` when the bytes are damaged.
#[must_use]
pub fn decode_extents(bytes: &[u8]) -> Option<Vec<MediumRun>> {
    let mut bytes = match bytes {
        [EXACT, rest @ ..] | [NOT_EXACT, _, rest @ ..] => rest,
        unjudged => unjudged,
    };
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
        let distance = (zigzag >> 1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg();
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
        for exactness in Exactness::ALL {
            let bytes = encode_judged_extents(exactness, &runs);
            assert_eq!(
                (extents_exactness(&bytes), decode_extents(&bytes)),
                (Some(exactness), Some(runs.to_vec()))
            );
        }
        assert_eq!(extents_exactness(&bytes), None, "packed by an older program: not judged");
        assert_eq!(extents_exactness(&[NOT_EXACT, 255]), None, "a judgement of a newer program");
        let one = [MediumRun { length: 4096, at: Some(8192) }];
        assert_eq!(encode_extents(&one).len(), 5);
    }
}
