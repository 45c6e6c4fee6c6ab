//! One item of evidence: from its files to its verdict.

pub(crate) mod changed_evidence;
pub(crate) mod claims;
pub(crate) mod finding_rows;
pub(crate) mod folder_item;
pub(crate) mod folder_progress;
pub(crate) mod folder_rows;
pub(crate) mod folder_sparse;
pub(crate) mod gather;
pub(crate) mod image_item;
pub(crate) mod image_rows;
pub(crate) mod item_end;
pub(crate) mod lone_names;
pub(crate) mod nested;
pub(crate) mod part_rows;
pub(crate) mod plan_digest;
pub(crate) mod rows;
