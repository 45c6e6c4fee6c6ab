//! What every file system answers, and in which words.

mod file_system;
mod found;
mod recognised;
mod record;
mod stream;

pub use file_system::{
    AllocationUnits, Census, FileSystem, FileSystemKind, OpenOptions, RecordSpace, SecurityOwner,
    Summary, Tally,
};
pub use found::{Extension, Found, Link, LinkParent, NameSpace, Space};
pub use recognised::Recognised;
pub use record::{Allocation, Detail, Owner, Record, RecordId, RecordKind, RecordRef};
pub use stream::{Codec, Coded, Confidence, Layout, Place, Run, Stream, StreamKind};
