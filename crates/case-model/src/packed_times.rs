//! Raw time fields, packed: for each that is there one byte `field | clock << 3` and the field, little-endian, 8 bytes.

use crate::{Clock, Times, Timestamp};

const CLOCKS: [Clock; 8] = [
    Clock::Filetime,
    Clock::UnixSeconds,
    Clock::UnixExtra,
    Clock::FatTwoSeconds,
    Clock::FatTenMilliseconds,
    Clock::FatDay,
    Clock::ExFat,
    Clock::HostNanoseconds,
];
const FIELDS: [&str; 5] = ["modified", "accessed", "changed", "created", "deleted"];

fn fields(times: &Times) -> [Option<Timestamp>; 5] {
    [times.modified, times.accessed, times.changed, times.created, times.deleted]
}

/// Packs the raw fields; `None` when there are none.
#[must_use]
pub fn encode_times(times: &Times) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(45);
    for (field, time) in (0_u8..).zip(fields(times)) {
        let Some(time) = time else { continue };
        let clock = CLOCKS
            .iter()
            .position(|clock| *clock == time.clock)
            .and_then(|at| u8::try_from(at).ok());
        out.push(field | clock.unwrap_or(0) << 3);
        out.extend_from_slice(&time.raw.to_le_bytes());
    }
    (!out.is_empty()).then_some(out)
}

/// Unpacks: field name, clock and raw value of each.
#[must_use]
pub fn decode_times(bytes: &[u8]) -> Vec<(&'static str, Clock, u64)> {
    bytes
        .chunks_exact(9)
        .filter_map(|chunk| {
            let (tag, raw) = chunk.split_first()?;
            let field = FIELDS.get(usize::from(tag & 7))?;
            let clock = CLOCKS.get(usize::from(tag >> 3))?;
            Some((*field, *clock, u64::from_le_bytes(raw.try_into().ok()?)))
        })
        .collect()
}

/// The times that [`encode_times`] packed.
#[must_use]
pub fn unpack_times(bytes: &[u8]) -> Times {
    let mut times = Times::default();
    for (field, clock, raw) in decode_times(bytes) {
        let time = Timestamp::from_raw(clock, raw);
        match field {
            "modified" => times.modified = time,
            "accessed" => times.accessed = time,
            "changed" => times.changed = time,
            "created" => times.created = time,
            _ => times.deleted = time,
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_fields_come_back_with_their_clock() {
        let times = Times {
            accessed: Some(Timestamp::unix_extra(7, 9)),
            created: Timestamp::filetime(3),
            ..Times::default()
        };
        let bytes = encode_times(&times).unwrap();
        assert_eq!(
            decode_times(&bytes),
            [("accessed", Clock::UnixExtra, 9 << 32 | 7), ("created", Clock::Filetime, 3)]
        );
        assert_eq!(unpack_times(&bytes), times);
        assert_eq!(encode_times(&Times::default()), None);
    }
}
