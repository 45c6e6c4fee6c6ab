//! What a scan writes: runs, images, rows in batches, checkpoints; and what it left undone.

pub(crate) mod checkpoint;
pub(crate) mod exhibit;
pub(crate) mod gaps;
pub(crate) mod image;
pub(crate) mod image_row;
pub(crate) mod media;
pub(crate) mod nested;
pub(crate) mod reseal;
pub(crate) mod run;
pub(crate) mod seal;
pub(crate) mod sealed_rows;
pub(crate) mod writer;
