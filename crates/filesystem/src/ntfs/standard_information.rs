//! `$STANDARD_INFORMATION`: times, flags, and since NTFS 3.0 the owner's security id and the update sequence number.

use byte_source::{OutOfBounds, Structure};
use case_model::{Times, Timestamp};

/// The attribute's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StandardInformation {
    pub(super) times: Times,
    pub(super) file_attributes: u32,
    /// Index of the security descriptor in `$Secure:$SDS`; NTFS 3.0 and later.
    pub(super) security_id: Option<u32>,
    /// Byte offset of the file's last record in `$UsnJrnl:$J`; NTFS 3.0 and later.
    pub(super) usn: Option<u64>,
}

impl StandardInformation {
    /// # Errors
    /// A value shorter than that of NTFS 1.2.
    pub(super) fn parse(value: &Structure<'_>) -> Result<Self, OutOfBounds> {
        Ok(Self {
            times: times(value, 0)?,
            file_attributes: value.u32_le(0x20)?,
            security_id: value.u32_le(0x34).ok(),
            usn: value.u64_le(0x40).ok(),
        })
    }
}

/// The four times as `$STANDARD_INFORMATION` and `$FILE_NAME` keep them, from `offset` on.
pub(super) fn times(value: &Structure<'_>, offset: usize) -> Result<Times, OutOfBounds> {
    let time = |field: usize| value.u64_le(offset.saturating_add(field)).map(Timestamp::filetime);
    Ok(Times {
        created: time(0)?,
        modified: time(8)?,
        changed: time(0x10)?,
        accessed: time(0x18)?,
        deleted: None,
    })
}
