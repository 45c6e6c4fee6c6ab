//! What an entry says.

use case_model::{Examiner, to_hex};
use thiserror::Error;

use super::time::{EntryTime, InvalidTime};
use crate::act::Act;
use crate::json::{Json, JsonError, Object, canonical_bytes};
use crate::merkle::Hash;

/// The `v` member of every body in this format.
pub const FORMAT: &str = "athar-custody/1";

/// The longest body in bytes. C2SP tiles keep the length of an entry in 16 bits (65,535); 1,023 bytes are left for those who wrap it.
pub const MAX_BODY_BYTES: usize = 64_512;

/// The program that wrote an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The source revision it was built from.
    pub commit: String,
    /// What tells this build from others: profile, target, digest of the program file.
    pub build: String,
}

/// What an entry says, before it has a place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryBody {
    act: Act,
    actor: Examiner,
    time: EntryTime,
    tool: Tool,
    case: Option<String>,
    reason: Option<String>,
    place: Option<String>,
    fields: Object,
}

/// Why an entry cannot be written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EntryError {
    /// A member that must say something is empty.
    #[error("{act}: {member} is empty")]
    Empty {
        /// The act.
        act: Act,
        /// The member, such as `actor.name`.
        member: &'static str,
    },
    /// Something that the act requires is not said.
    #[error("{act}: {member} is missing; an entry of this act must name it")]
    Missing {
        /// The act.
        act: Act,
        /// The member, such as `case` or `fields.exhibit`.
        member: String,
    },
    /// The end lies before the start.
    #[error("{act}: the end {end} lies before the start {start}")]
    EndBeforeStart {
        /// The act.
        act: Act,
        /// When it began.
        start: String,
        /// When it is said to have ended.
        end: String,
    },
    /// A time in another form.
    #[error(transparent)]
    Time(#[from] InvalidTime),
    /// The fields cannot be written.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Too much text.
    #[error(
        "{act}: the entry has {bytes} bytes, at most {MAX_BODY_BYTES} are allowed; put the long part into a file and its digest here"
    )]
    TooLong {
        /// The act.
        act: Act,
        /// The length of the body.
        bytes: usize,
    },
    /// No place is left.
    #[error("sequence number {0} is not between 1 and 2^53 − 1")]
    Sequence(u64),
}

impl EntryBody {
    /// An entry of `act`.
    #[must_use]
    pub fn new(act: Act, actor: Examiner, time: EntryTime, tool: Tool) -> Self {
        Self {
            act,
            actor,
            time,
            tool,
            case: None,
            reason: None,
            place: None,
            fields: Object::new(),
        }
    }

    /// The case that it belongs to. Entries about the lab itself have none.
    #[must_use]
    pub fn case(mut self, case: impl Into<String>) -> Self {
        self.case = Some(case.into());
        self
    }

    /// Why it was done.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Where it was done.
    #[must_use]
    pub fn place(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// A field of the act. The same name again replaces the value.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// The act.
    #[must_use]
    pub const fn act(&self) -> Act {
        self.act
    }

    /// The fields of the act.
    #[must_use]
    pub const fn fields(&self) -> &Object {
        &self.fields
    }

    /// The bytes that are stored and hashed: canonical JSON (RFC 8785) with the entry's place in the chain.
    ///
    /// # Errors
    /// What keeps the entry from being written.
    pub fn to_bytes(&self, seq: u64, prev: &Hash) -> Result<Vec<u8>, EntryError> {
        self.check()?;
        let seq = i64::try_from(seq)
            .ok()
            .filter(|seq| (1..=crate::json::MAX_INTEGER).contains(seq))
            .ok_or(EntryError::Sequence(seq))?;
        let bytes = canonical_bytes(&self.to_json(seq, prev))?;
        match bytes.len() <= MAX_BODY_BYTES {
            true => Ok(bytes),
            false => Err(EntryError::TooLong { act: self.act, bytes: bytes.len() }),
        }
    }

    /// Returns the first member that must have a text, or has one, which is empty.
    fn empty_member(&self) -> Option<&'static str> {
        let said = [
            ("actor.name", &self.actor.name),
            ("time.zone", &self.time.zone),
            ("time.clock", &self.time.clock),
            ("tool.name", &self.tool.name),
            ("tool.version", &self.tool.version),
        ];
        let optional = [("case", &self.case), ("reason", &self.reason), ("place", &self.place)];
        let optional =
            optional.into_iter().filter_map(|(member, text)| Some((member, text.as_ref()?)));
        let mut all = said.into_iter().chain(optional);
        all.find(|(_, text)| text.trim().is_empty()).map(|(member, _)| member)
    }

    fn check(&self) -> Result<(), EntryError> {
        let act = self.act;
        if let Some(member) = self.empty_member() {
            return Err(EntryError::Empty { act, member });
        }
        self.check_requirements()?;
        self.time.check()?;
        match &self.time.end {
            Some(end) if *end < self.time.start => {
                let start = self.time.start.to_string();
                let end = end.to_string();
                Err(EntryError::EndBeforeStart { act, start, end })
            }
            _ => Ok(()),
        }
    }

    fn check_requirements(&self) -> Result<(), EntryError> {
        let needed = self.act.requirements();
        let missing =
            |member: &str| Err(EntryError::Missing { act: self.act, member: member.to_owned() });
        if needed.case && self.case.is_none() {
            return missing("case");
        }
        if needed.reason && self.reason.is_none() {
            return missing("reason");
        }
        match needed.fields.iter().find(|name| !self.fields.get(**name).is_some_and(says_something))
        {
            Some(name) => missing(&format!("fields.{name}")),
            None => Ok(()),
        }
    }

    fn to_json(&self, seq: i64, prev: &Hash) -> Json {
        let text = |text: &str| Json::from(text);
        let tool = Json::from([
            ("name", text(&self.tool.name)),
            ("version", text(&self.tool.version)),
            ("commit", text(&self.tool.commit)),
            ("build", text(&self.tool.build)),
        ]);
        let actor =
            [("name", text(&self.actor.name)), ("declared", Json::Bool(self.actor.declared))];
        let mut members = vec![
            ("v", text(FORMAT)),
            ("seq", Json::Int(seq)),
            ("prev", Json::Text(to_hex(prev))),
            ("act", text(self.act.key())),
            ("actor", Json::from(actor)),
            ("time", self.time.to_json()),
            ("tool", tool),
            ("fields", Json::Object(self.fields.clone())),
        ];
        for (name, value) in
            [("case", &self.case), ("reason", &self.reason), ("place", &self.place)]
        {
            members.extend(value.as_ref().map(|value| (name, text(value))));
        }
        Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// False for null and for everything that is empty.
fn says_something(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(_) | Json::Int(_) => true,
        Json::Text(text) => !text.trim().is_empty(),
        Json::List(items) => !items.is_empty(),
        Json::Object(members) => !members.is_empty(),
    }
}
