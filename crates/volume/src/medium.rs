//! What every scheme looks at before it reads its tables.

use byte_source::Source;

use crate::boot_record::Master;

/// A medium whose first sector was read.
pub(crate) struct Medium<'a> {
    /// The bytes.
    pub(crate) source: &'a dyn Source,
    /// The master boot record's fields, whatever stands there.
    pub(crate) master: Master,
    /// What the signature at the very beginning says: a file system on the whole medium.
    pub(crate) whole: Option<&'static str>,
}
