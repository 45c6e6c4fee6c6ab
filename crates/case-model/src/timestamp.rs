//! Times as they are on disk, with their resolution, and in UTC.

/// The rule by which a raw time field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// NTFS, 100 ns since 1601-01-01 UTC.
    Filetime,
    /// Seconds since 1970 UTC; raw is the signed 32-bit field.
    UnixSeconds,
    /// ext4 with extra bits: raw is `extra << 32 | seconds`; extra holds 2 epoch bits and 30 bits of nanoseconds.
    UnixExtra,
    /// FAT date and time, 2 s, local time of an unknown zone; raw is `date << 16 | time`.
    FatTwoSeconds,
    /// FAT date, time and tenths, 10 ms, local time of an unknown zone; raw is `tenths << 32 | date << 16 | time`.
    FatTenMilliseconds,
    /// FAT date alone, 1 day, local time of an unknown zone; raw is `date`.
    FatDay,
    /// exFAT: raw is `zone << 40 | tenths << 32 | timestamp`; zone in quarter hours when its
    /// high bit is set, else local time of an unknown zone.
    ExFat,
    /// The host's own file system, nanoseconds since 1970 UTC.
    HostNanoseconds,
}

impl Clock {
    /// The smallest step in nanoseconds.
    #[must_use]
    pub const fn resolution_ns(self) -> u64 {
        match self {
            Self::Filetime => 100,
            Self::UnixSeconds => 1_000_000_000,
            Self::UnixExtra | Self::HostNanoseconds => 1,
            Self::FatTwoSeconds => 2_000_000_000,
            Self::FatTenMilliseconds | Self::ExFat => 10_000_000,
            Self::FatDay => 86_400_000_000_000,
        }
    }

    /// The word in columns and exports.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Filetime => "filetime",
            Self::UnixSeconds => "unix-s",
            Self::UnixExtra => "ext4-extra",
            Self::FatTwoSeconds => "fat-2s",
            Self::FatTenMilliseconds => "fat-10ms",
            Self::FatDay => "fat-day",
            Self::ExFat => "exfat",
            Self::HostNanoseconds => "host-ns",
        }
    }
}

/// `OffsetValid` in the UTC offset fields of exFAT.
const EXFAT_OFFSET_VALID: u8 = 0x80;
/// The same bit in the raw field of [`Clock::ExFat`].
const EXFAT_OFFSET_VALID_IN_RAW: u64 = 0x80 << 40;

/// A time field: what is on disk and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// The field as on disk, by the rule of its clock.
    pub raw: u64,
    /// How to read it.
    pub clock: Clock,
    /// Nanoseconds since 1970-01-01 UTC, or, where [`Self::is_unzoned`], of local time; `None` when the field is no date or lies outside 1677 to 2262.
    pub unix_ns: Option<i64>,
}

impl Timestamp {
    /// Returns true when the field holds local time of a zone that the medium does not record; `unix_ns` is then that local
    /// time read as if it were UTC. Never call such a time UTC.
    #[must_use]
    pub const fn is_unzoned(&self) -> bool {
        match self.clock {
            Clock::FatTwoSeconds | Clock::FatTenMilliseconds | Clock::FatDay => true,
            // The high bit of the UTC offset says whether it is valid (exFAT specification, 7.4.10.1).
            Clock::ExFat => self.raw & EXFAT_OFFSET_VALID_IN_RAW == 0,
            Clock::Filetime | Clock::UnixSeconds | Clock::UnixExtra | Clock::HostNanoseconds => {
                false
            }
        }
    }

    /// A stored raw field, read by its clock again. `None` for a field that was never set.
    #[must_use]
    pub fn from_raw(clock: Clock, raw: u64) -> Option<Self> {
        let low = |shift: u32| u32::try_from(raw >> shift & 0xffff_ffff).unwrap_or(0);
        let half = |shift: u32| u16::try_from(raw >> shift & 0xffff).unwrap_or(0);
        let byte = |shift: u32| u8::try_from(raw >> shift & 0xff).unwrap_or(0);
        match clock {
            Clock::Filetime => Self::filetime(raw),
            Clock::UnixSeconds => Some(Self::unix_seconds(low(0))),
            Clock::UnixExtra => Some(Self::unix_extra(low(0), low(32))),
            Clock::FatTwoSeconds => Self::fat(half(16), Some(half(0)), None),
            Clock::FatTenMilliseconds => Self::fat(half(16), Some(half(0)), Some(byte(32))),
            Clock::FatDay => Self::fat(half(0), None, None),
            Clock::ExFat => Self::exfat(low(0), byte(32), byte(40)),
            Clock::HostNanoseconds => Some(Self { raw, clock, unix_ns: Some(raw.cast_signed()) }),
        }
    }

    /// An NTFS FILETIME. Zero (never set) gives `None`.
    #[must_use]
    pub fn filetime(raw: u64) -> Option<Self> {
        const UNIX_EPOCH: i128 = 116_444_736_000_000_000;
        let ns = i128::from(raw).checked_sub(UNIX_EPOCH).and_then(|ticks| ticks.checked_mul(100));
        (raw != 0).then(|| Self {
            raw,
            clock: Clock::Filetime,
            unix_ns: ns.and_then(|ns| i64::try_from(ns).ok()),
        })
    }

    /// Seconds since 1970, signed 32 bits as ext2 and ext3 keep them.
    #[must_use]
    pub fn unix_seconds(seconds: u32) -> Self {
        let ns = i64::from(seconds.cast_signed()).checked_mul(1_000_000_000);
        Self { raw: u64::from(seconds), clock: Clock::UnixSeconds, unix_ns: ns }
    }

    /// Seconds with the `*_extra` field of ext4's large inodes: two more epoch bits and nanoseconds.
    #[must_use]
    pub fn unix_extra(seconds: u32, extra: u32) -> Self {
        let epochs = i128::from(extra & 3).checked_shl(32).unwrap_or(0);
        let ns = i128::from(seconds.cast_signed())
            .checked_add(epochs)
            .and_then(|seconds| seconds.checked_mul(1_000_000_000))
            .and_then(|ns| ns.checked_add(i128::from(extra >> 2)));
        Self {
            raw: u64::from(extra) << 32 | u64::from(seconds),
            clock: Clock::UnixExtra,
            unix_ns: ns.and_then(|ns| i64::try_from(ns).ok()),
        }
    }

    /// FAT date and time with the tenths field (units of 10 ms, 0 to 199), or without. A date of zero (never set) gives `None`.
    #[must_use]
    pub fn fat(date: u16, time: Option<u16>, tenths: Option<u8>) -> Option<Self> {
        if date == 0 {
            return None;
        }
        let raw = u64::from(date);
        let (raw, clock) = match (time, tenths) {
            (None, _) => (raw, Clock::FatDay),
            (Some(time), None) => (raw << 16 | u64::from(time), Clock::FatTwoSeconds),
            (Some(time), Some(tenths)) => {
                (u64::from(tenths) << 32 | raw << 16 | u64::from(time), Clock::FatTenMilliseconds)
            }
        };
        let unix_ns = fat_unix_ns(date, time.unwrap_or(0), tenths.unwrap_or(0));
        Some(Self { raw, clock, unix_ns })
    }

    /// exFAT timestamp (date in the high half), 10 ms increments and UTC offset byte (section 7.4). Zero gives `None`.
    #[must_use]
    pub fn exfat(timestamp: u32, tenths: u8, zone: u8) -> Option<Self> {
        if timestamp == 0 {
            return None;
        }
        let date = u16::try_from(timestamp >> 16).unwrap_or(0);
        let time = u16::try_from(timestamp & 0xffff).unwrap_or(0);
        // Seven bits, signed, in quarter hours; the high bit says that they are valid.
        let quarters = i64::from((zone << 1).cast_signed() >> 1);
        let offset_ns = if zone & EXFAT_OFFSET_VALID == 0 {
            0
        } else {
            quarters.saturating_mul(15 * 60 * 1_000_000_000)
        };
        Some(Self {
            raw: u64::from(zone) << 40 | u64::from(tenths) << 32 | u64::from(timestamp),
            clock: Clock::ExFat,
            unix_ns: fat_unix_ns(date, time, tenths).and_then(|ns| ns.checked_sub(offset_ns)),
        })
    }

    /// Nanoseconds since 1970 as the host says.
    #[must_use]
    pub fn host(unix_ns: i64) -> Self {
        Self { raw: unix_ns.cast_unsigned(), clock: Clock::HostNanoseconds, unix_ns: Some(unix_ns) }
    }
}

/// FAT date (day 1–31, month 1–12, years since 1980) and time (2 s, minute, hour) as nanoseconds; `None` for no valid date.
fn fat_unix_ns(date: u16, time: u16, tenths: u8) -> Option<i64> {
    let day = date & 31;
    let month = date >> 5 & 15;
    let year = i64::from(date >> 9).checked_add(1980)?;
    let second = (time & 31).checked_mul(2)?;
    let minute = time >> 5 & 63;
    let hour = time >> 11;
    if !(1..=31).contains(&day)
        || !(1..=12).contains(&month)
        || hour > 23
        || minute > 59
        || second > 59
        || tenths > 199
    {
        return None;
    }
    let days = days_since_1970(year, i64::from(month), i64::from(day))?;
    let seconds = days
        .checked_mul(86_400)?
        .checked_add(i64::from(hour).checked_mul(3600)?)?
        .checked_add(i64::from(minute).checked_mul(60)?)?
        .checked_add(i64::from(second))?;
    seconds.checked_mul(1_000_000_000)?.checked_add(i64::from(tenths).checked_mul(10_000_000)?)
}

/// Days from 1970-01-01 to a Gregorian date (years from 1600 on).
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    // Years begin in March, so that the leap day is the last day of a year.
    let shifted = if month <= 2 { year.checked_sub(1)? } else { year };
    let era = shifted.checked_div(400)?;
    let year_of_era = shifted.checked_rem(400)?;
    let month_from_march = month.checked_add(9)?.checked_rem(12)?;
    let day_of_year = month_from_march
        .checked_mul(153)?
        .checked_add(2)?
        .checked_div(5)?
        .checked_add(day)?
        .checked_sub(1)?;
    let day_of_era = year_of_era
        .checked_mul(365)?
        .checked_add(year_of_era.checked_div(4)?)?
        .checked_sub(year_of_era.checked_div(100)?)?
        .checked_add(day_of_year)?;
    era.checked_mul(146_097)?.checked_add(day_of_era)?.checked_sub(719_468)
}

/// The times of an entry, as far as its file system keeps them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Times {
    /// Content modified (mtime).
    pub modified: Option<Timestamp>,
    /// Content accessed (atime).
    pub accessed: Option<Timestamp>,
    /// Metadata changed (ctime; NTFS: MFT modified).
    pub changed: Option<Timestamp>,
    /// Created (crtime, birth).
    pub created: Option<Timestamp>,
    /// Deleted (ext: dtime).
    pub deleted: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_field_is_read_again_as_it_was() {
        let times = [
            Timestamp::filetime(116_444_736_000_000_007),
            Some(Timestamp::unix_seconds(0xffff_ffff)),
            Some(Timestamp::unix_extra(7, 0x8000_0005)),
            Timestamp::fat(0x5cc1, Some(0x1234), None),
            Timestamp::fat(0x5cc1, Some(0x1234), Some(199)),
            Timestamp::fat(0x5cc1, None, None),
            Timestamp::exfat(0x5cc1_1234, 7, 0x84),
            Some(Timestamp::host(-1)),
        ];
        for time in times {
            let time = time.unwrap();
            assert_eq!(Timestamp::from_raw(time.clock, time.raw), Some(time));
        }
        assert_eq!(Timestamp::from_raw(Clock::Filetime, 0), None);
    }

    #[test]
    fn a_time_is_utc_only_where_the_medium_says_its_zone() {
        let exfat = |zone| Timestamp::exfat(0x5cc1_1234, 7, zone).unwrap();
        assert!(exfat(0).is_unzoned() && exfat(0x20).is_unzoned(), "the offset is not valid");
        assert!(!exfat(0x80).is_unzoned() && !exfat(0xa0).is_unzoned());
        assert_eq!(exfat(0x20).unix_ns, exfat(0x80).unix_ns, "local time, as it stands");
        assert!(Timestamp::fat(0x5cc1, None, None).unwrap().is_unzoned());
        assert!(!Timestamp::filetime(1).unwrap().is_unzoned() && !Timestamp::host(0).is_unzoned());
    }

    #[test]
    fn times_of_every_clock_agree_with_the_calendar() {
        // 2026-06-01 12:30:58 UTC = 1780317058 (date -u -d '2026-06-01 12:30:58' +%s)
        let seconds = 1_780_317_058_i64;
        assert_eq!(
            Timestamp::filetime(116_444_736_000_000_000 + 17_803_170_580_000_001).unwrap().unix_ns,
            Some(seconds * 1_000_000_000 + 100)
        );
        assert_eq!(Timestamp::unix_seconds(1_780_317_058).unix_ns, Some(seconds * 1_000_000_000));
        let date = (2026 - 1980) << 9 | 6 << 5 | 1;
        let time = 12 << 11 | 30 << 5 | 29;
        assert_eq!(
            Timestamp::fat(date, Some(time), Some(150)).unwrap().unix_ns,
            Some(seconds * 1_000_000_000 + 1_500_000_000)
        );
        assert_eq!(
            Timestamp::fat(0x21, None, None).unwrap().unix_ns,
            Some(315_532_800_000_000_000)
        ); // 1980-01-01
        // UTC+1 as exFAT keeps it: four quarter hours, valid bit set
        let raw = u32::from(date) << 16 | u32::from(time);
        assert_eq!(
            Timestamp::exfat(raw, 0, 0x84).unwrap().unix_ns,
            Some((seconds - 3600) * 1_000_000_000)
        );
        assert_eq!(
            Timestamp::exfat(raw, 0, 0x80 | 0x7c).unwrap().unix_ns,
            Some((seconds + 3600) * 1_000_000_000)
        );
    }

    #[test]
    fn times_after_2038_and_before_1970_are_read_and_nonsense_is_none() {
        assert_eq!(Timestamp::unix_extra(0, 1).unix_ns, Some((1 << 32) * 1_000_000_000));
        assert_eq!(Timestamp::unix_seconds(u32::MAX).unix_ns, Some(-1_000_000_000));
        assert_eq!(Timestamp::fat(0xffff, Some(0xffff), None).unwrap().unix_ns, None);
        assert_eq!(Timestamp::filetime(0), None);
        assert_eq!(Timestamp::filetime(u64::MAX).unwrap().unix_ns, None);
    }
}
