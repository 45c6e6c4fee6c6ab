//! Dates of claims in readable form.

/// Seconds since 1970 as a date of the Gregorian calendar; `None` past the year 9999.
pub(crate) fn utc(seconds: u64) -> Option<String> {
    const DAY: u64 = 86_400;
    const YEAR_10000: u64 = 253_402_300_800;
    if seconds >= YEAR_10000 {
        return None;
    }
    let (year, month, day) = date(seconds.checked_div(DAY)?)?;
    let time = seconds.checked_rem(DAY)?;
    let hour = time.checked_div(3600)?;
    let rest = time.checked_rem(3600)?;
    let minute = rest.checked_div(60)?;
    let second = rest.checked_rem(60)?;
    Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC"))
}

/// Returns year, month and day, from 1, of a number of days since 1970-01-01.
fn date(mut days: u64) -> Option<(u64, u64, u64)> {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970_u64;
    while let Some(rest) = days.checked_sub(if leap(year) { 366 } else { 365 }) {
        (days, year) = (rest, year.checked_add(1)?);
    }
    let mut month = 1_u64;
    for length in [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        let Some(rest) = days.checked_sub(length) else { break };
        (days, month) = (rest, month.checked_add(1)?);
    }
    Some((year, month, days.checked_add(1)?))
}
