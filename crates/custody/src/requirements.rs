//! What an entry of each act must say (ISO/IEC 27037, ISO/IEC 17025 section 7.5, ACPO principle 3).

use crate::act::Act;

/// What an entry must say besides who, when and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// The case must be named.
    pub case: bool,
    /// The reason must be given.
    pub reason: bool,
    /// Fields that must be there and must not be null, empty text, an empty list or an empty object.
    pub fields: &'static [&'static str],
}

impl Act {
    /// What an entry of this act must say. Requirements bind the writer; records written before one was added stay valid.
    #[must_use]
    pub const fn requirements(self) -> Requirements {
        let (case, reason, fields): (bool, bool, &'static [&'static str]) = match self {
            Self::LabCreate => (false, false, &["lab"]),
            Self::CaseCreate => (true, false, &[]),
            Self::Register => (true, false, &["exhibit", "image", "format", "size_bytes"]),
            Self::Receive => (true, false, &["exhibit", "from", "seal_state"]),
            Self::SealCheck => (true, false, &["exhibit", "seal", "seal_state"]),
            Self::Unseal => (true, true, &["exhibit", "seal_before"]),
            Self::Reseal => (true, false, &["exhibit", "seal_after"]),
            Self::CheckOut => (true, true, &["exhibit", "to"]),
            Self::CheckIn => (true, false, &["exhibit", "from"]),
            Self::TransferOut => (true, true, &["exhibit", "from", "to", "method"]),
            Self::TransferIn => (true, false, &["exhibit", "from", "to", "method"]),
            Self::Acquire => (
                true,
                false,
                &["exhibit", "source", "write_blocker", "image", "digests", "read_errors"],
            ),
            Self::Verify => (false, false, &["subject", "result"]),
            Self::MountRo => (true, true, &["exhibit", "method"]),
            Self::Index => (true, false, &["exhibit", "files"]),
            Self::Hash => (true, false, &["exhibit", "algorithms", "files"]),
            Self::HashsetMatch | Self::Match => (true, false, &["sets"]),
            Self::Export => (true, true, &["what", "to"]),
            Self::ViewRestricted => (true, true, &["what"]),
            Self::Note => (false, false, &["text"]),
            Self::Deviation => (true, false, &["procedure", "justification"]),
            Self::Correct => (false, true, &["corrects_seq", "text"]),
            Self::ExportLog => (false, false, &["to", "size", "root"]),
            Self::Checkpoint => (false, false, &["size", "root"]),
            Self::KeyAdd => (false, false, &["key", "role"]),
            Self::KeyRevoke => (false, true, &["key"]),
            Self::ClockCheck => (false, false, &["reference", "difference"]),
            Self::Backup => (false, false, &["to", "head"]),
            Self::Restore => (false, true, &["from", "head"]),
            Self::SchemaMigrate => (false, false, &["from", "to"]),
            Self::Return => (true, false, &["exhibit", "to"]),
            Self::Destroy => (true, true, &["what", "method", "approver"]),
            Self::ScanStart => (true, false, &["image", "configuration"]),
            Self::ScanFinish => (true, false, &["image", "result", "manifest"]),
            Self::ScanInterrupted => (true, false, &["image", "cause"]),
            Self::Query => (true, false, &["query"]),
            Self::Cat => (true, false, &["file"]),
            Self::Report => (true, false, &["digest"]),
            Self::SetImport => (false, false, &["set", "source", "digest"]),
            Self::SetRemove => (false, true, &["set"]),
            Self::Adopt => (false, true, &["from_seq", "to_seq", "head"]),
            Self::ItemWithdraw => (true, true, &["image", "unread"]),
            Self::ZoneSet => (true, false, &["image", "zone", "source"]),
            Self::CaseRename => (true, true, &["from", "to"]),
            Self::CaseClose => (true, true, &["head"]),
            Self::CaseReopen => (true, true, &[]),
            Self::CaseRemove => (true, true, &["exhibits", "head"]),
        };
        Requirements { case, reason, fields }
    }
}
