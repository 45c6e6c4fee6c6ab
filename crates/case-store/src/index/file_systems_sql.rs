//! The file systems of an image, as SQL.

/// A subquery: the numbers of the file systems of the image `?1`.
pub(crate) const FILE_SYSTEMS_OF_IMAGE: &str =
    "(SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1)";
