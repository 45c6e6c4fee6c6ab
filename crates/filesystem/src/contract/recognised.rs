//! What a probe says of a volume.

use super::FileSystemKind;

/// A file system that a volume was recognised to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Which one.
    pub kind: FileSystemKind,
    /// By what, as in "signature \"NTFS    \" at byte 3".
    pub reason: &'static str,
}
