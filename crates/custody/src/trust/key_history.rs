//! Which keys the record names, from which entry to which.

use std::fmt;

use thiserror::Error;

use crate::act::Act;
use crate::json::{Json, parse_canonical};
use crate::keys::{KeyError, KeyKind, VerifierKey};

/// The most keys that one record may name; a laboratory has some dozens.
const MAX_KEYS: usize = 10_000;

/// What a key may sign: the `role` of a `key_add` entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyRole {
    /// The record's own key: signs checkpoints.
    Log,
    /// Somebody outside: cosigns checkpoints.
    Witness,
    /// A person: signs entries.
    Examiner,
}

impl KeyRole {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Log, Self::Witness, Self::Examiner];

    /// The word in entries and file names.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Witness => "witness",
            Self::Examiner => "examiner",
        }
    }

    /// The kind of key that the role needs.
    #[must_use]
    pub const fn kind(self) -> KeyKind {
        match self {
            Self::Log | Self::Examiner => KeyKind::Note,
            Self::Witness => KeyKind::Cosigner,
        }
    }
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// The life of a key as the record tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key.
    pub key: VerifierKey,
    /// What it may sign.
    pub role: KeyRole,
    /// Who holds it, if the entry says so.
    pub holder: Option<String>,
    /// The `key_add` entry.
    pub added_by: u64,
    /// The `key_revoke` entry, if there is one.
    pub revoked_by: Option<u64>,
    /// The first entry from which its signatures do not count: the revocation itself, or the earlier one that it names in
    /// `since_seq` (when the key may have been stolen).
    pub void_from: Option<u64>,
}

impl KeyRecord {
    /// True when its signature over something that ends with entry `seq` counts.
    #[must_use]
    pub fn is_valid_at(&self, seq: u64) -> bool {
        self.added_by <= seq && self.void_from.is_none_or(|void| seq < void)
    }
}

/// An entry about keys that cannot be followed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KeyProblem {
    /// The key in the entry is none.
    #[error("entry {seq}: {why}")]
    Unreadable {
        /// The entry.
        seq: u64,
        /// What is wrong with the key.
        why: KeyError,
    },
    /// No role, or not one that fits the key.
    #[error(
        "entry {seq}: {role:?} is no role for this key; roles are log and examiner (type 1), witness (type 4)"
    )]
    Role {
        /// The entry.
        seq: u64,
        /// The role in the entry.
        role: String,
    },
    /// The key was added before. A revoked key does not come back.
    #[error("entry {seq}: the key was already added by entry {before}")]
    Again {
        /// The entry.
        seq: u64,
        /// The entry before.
        before: u64,
    },
    /// The key to be revoked is not there, or revoked already.
    #[error("entry {seq} revokes a key that is not valid: {key}")]
    NotThere {
        /// The entry.
        seq: u64,
        /// The key in the entry.
        key: String,
    },
    /// More keys than anybody has.
    #[error("entry {seq}: limit reached: at most {MAX_KEYS} keys in a record")]
    TooMany {
        /// The entry.
        seq: u64,
    },
}

/// The keys that a record names, in the order of their entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyHistory {
    keys: Vec<KeyRecord>,
    problems: Vec<KeyProblem>,
}

impl KeyHistory {
    /// All keys.
    #[must_use]
    pub fn keys(&self) -> &[KeyRecord] {
        &self.keys
    }

    /// Entries that could not be followed.
    #[must_use]
    pub fn problems(&self) -> &[KeyProblem] {
        &self.problems
    }

    /// The life of a key.
    #[must_use]
    pub fn find(&self, key: &VerifierKey) -> Option<&KeyRecord> {
        self.keys.iter().find(|record| record.key == *key)
    }

    /// Follows the next entry. Only `key_add` and `key_revoke` matter.
    pub(super) fn observe(&mut self, seq: u64, body: &[u8]) {
        // Most entries are not about keys: no need to read them.
        if !may_be_about_keys(body) {
            return;
        }
        let Ok(body) = parse_canonical(body) else { return };
        let act = body.get("act").and_then(Json::as_text).and_then(|act| act.parse().ok());
        let fields = body.get("fields").unwrap_or(&Json::Null);
        let followed = match act {
            Some(Act::KeyAdd) => self.add(seq, fields),
            Some(Act::KeyRevoke) => self.revoke(seq, fields),
            _ => Ok(()),
        };
        if let (Err(problem), true) = (followed, self.problems.len() < MAX_KEYS) {
            self.problems.push(problem);
        }
    }

    fn add(&mut self, seq: u64, fields: &Json) -> Result<(), KeyProblem> {
        let text = |name: &str| fields.get(name).and_then(Json::as_text);
        let key: VerifierKey = read_key(seq, text("key"))?;
        let role = text("role").unwrap_or_default();
        let role = KeyRole::ALL
            .into_iter()
            .find(|known| known.key() == role && known.kind() == key.kind())
            .ok_or_else(|| KeyProblem::Role { seq, role: role.chars().take(40).collect() })?;
        if let Some(before) = self.find(&key) {
            return Err(KeyProblem::Again { seq, before: before.added_by });
        }
        if self.keys.len() >= MAX_KEYS {
            return Err(KeyProblem::TooMany { seq });
        }
        let holder = text("holder").map(str::to_owned);
        self.keys.push(KeyRecord {
            key,
            role,
            holder,
            added_by: seq,
            revoked_by: None,
            void_from: None,
        });
        Ok(())
    }

    fn revoke(&mut self, seq: u64, fields: &Json) -> Result<(), KeyProblem> {
        let key = read_key(seq, fields.get("key").and_then(Json::as_text))?;
        let since = fields.get("since_seq").and_then(Json::as_u64).unwrap_or(seq);
        let valid =
            self.keys.iter_mut().find(|record| record.key == key && record.revoked_by.is_none());
        let record = valid.ok_or_else(|| KeyProblem::NotThere { seq, key: key.to_string() })?;
        record.revoked_by = Some(seq);
        record.void_from = Some(since.min(seq));
        Ok(())
    }
}

/// Returns false when the act is certainly another one. In the canonical form of our own entries the act comes first; a body that begins with
/// another member is searched.
fn may_be_about_keys(body: &[u8]) -> bool {
    const FIRST: &[u8] = b"{\"act\":\"";
    if let Some(act) = body.strip_prefix(FIRST) {
        return [Act::KeyAdd, Act::KeyRevoke]
            .iter()
            .any(|about| act.starts_with(about.key().as_bytes()));
    }
    let names = |act: Act| {
        let member = format!("\"act\":\"{act}\"");
        body.windows(member.len()).any(|window| window == member.as_bytes())
    };
    names(Act::KeyAdd) || names(Act::KeyRevoke)
}

fn read_key(seq: u64, text: Option<&str>) -> Result<VerifierKey, KeyProblem> {
    text.unwrap_or_default().parse().map_err(|why| KeyProblem::Unreadable { seq, why })
}
