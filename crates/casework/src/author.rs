//! Who writes entries, with which program, by which clock.

use case_model::Examiner;
use custody::Tool;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::EntryAuthor;

/// Who acts, and with which program.
#[derive(Clone, Debug)]
pub struct Author {
    /// The person.
    pub examiner: Examiner,
    /// The program.
    pub tool: Tool,
}

impl Author {
    /// Returns the writer of entries in a lab of this IANA time zone, by the system's clock.
    pub(crate) fn in_zone(self, zone: &str) -> EntryAuthor {
        let time_zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        EntryAuthor {
            examiner: self.examiner,
            tool: self.tool,
            zone: zone.to_owned(),
            now_ns: Box::new(now_ns),
            offset: Box::new(move |ns| offset(&time_zone, ns)),
        }
    }
}

/// Returns the user who runs this process, as a person who did not name themselves.
#[must_use]
pub fn system_user() -> Examiner {
    Examiner { name: user_name(), declared: false }
}

/// The user as the system's password file names the process's owner; its number where it has no name. `$USER` is anybody's to set.
fn user_name() -> String {
    let uid = rustix::process::getuid().as_raw();
    let file = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = file.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}

/// Returns the time of the system's clock in nanoseconds since 1970 UTC.
#[must_use]
pub fn now_ns() -> i64 {
    i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

fn offset(zone: &TimeZone, ns: i64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(ns)).unwrap_or(Timestamp::UNIX_EPOCH);
    let seconds = zone.to_offset(time).seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_the_zone_at_that_moment() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        assert_eq!(offset(&paris, 1_700_000_000_000_000_000), "+01:00");
        assert_eq!(offset(&paris, 1_690_000_000_000_000_000), "+02:00");
        let st_johns = TimeZone::get("America/St_Johns").unwrap();
        assert_eq!(offset(&st_johns, 1_700_000_000_000_000_000), "-03:30");
        assert_eq!(offset(&TimeZone::UTC, i64::MIN), "+00:00");
    }
}
