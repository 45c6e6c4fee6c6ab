//! Writes ledger entries: who, when, with which program, around what an act says.

use case_model::Examiner;
use custody::{EntryBody, EntryContent, EntryTime, Tool, UtcTime};

/// Who acts, with which program, by which clock.
pub struct EntryAuthor {
    /// Who acts.
    pub examiner: Examiner,
    /// The program.
    pub tool: Tool,
    /// The lab's time zone.
    pub zone: String,
    /// Nanoseconds since 1970 UTC.
    pub now_ns: Box<dyn Fn() -> i64 + Send + Sync>,
    /// The zone's offset from UTC at a time, such as `+01:00`.
    pub offset: Box<dyn Fn(i64) -> String + Send + Sync>,
}

impl EntryAuthor {
    /// Nanoseconds since 1970 UTC.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.now_ns)()
    }

    /// Returns an entry about something that happens now.
    #[must_use]
    pub fn entry(&self, content: impl EntryContent) -> EntryBody {
        self.entry_at(content, self.now(), None)
    }

    /// Returns an entry about something that began at `start` and ends now.
    #[must_use]
    pub fn entry_since(&self, content: impl EntryContent, start: i64) -> EntryBody {
        self.entry_at(content, start, Some(self.now()))
    }

    fn entry_at(&self, content: impl EntryContent, start: i64, end: Option<i64>) -> EntryBody {
        let time = EntryTime {
            start: UtcTime::from_unix_ns(start),
            // A clock that was set back while the program ran must not keep the entry from being written.
            end: end.map(|end| UtcTime::from_unix_ns(end.max(start))),
            zone: self.zone.clone(),
            offset: (self.offset)(start),
            clock: "system clock".to_owned(),
        };
        let frame = EntryBody::new(content.act(), self.examiner.clone(), time, self.tool.clone());
        content.write_into(frame)
    }
}
