#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod case_id;
mod digest;
mod disposition;
mod exactness;
mod examiner;
mod hit;
mod name;
mod packed_times;
mod path_text;
mod record_name;
mod stop;
mod timestamp;
mod unreadable_range;
mod zone;

pub use case_id::{CaseId, InvalidCaseId};
pub use digest::{Algorithm, Digests, InvalidDigest, from_hex, to_hex};
pub use disposition::Disposition;
pub use exactness::Exactness;
pub use examiner::Examiner;
pub use hit::{Hit, HitClass, HitDisposition};
pub use name::{NameEncoding, push_readable, readable_name};
pub use packed_times::{decode_times, encode_times, unpack_times};
pub use path_text::{path_of_text, path_text};
pub use record_name::RecordName;
pub use stop::StopToken;
pub use timestamp::{Clock, Times, Timestamp};
pub use unreadable_range::UnreadableRange;
pub use zone::{ExhibitZone, SharedZone, UnknownZone, Zone, ZonedReading};
