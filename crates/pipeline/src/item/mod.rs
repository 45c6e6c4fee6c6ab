//! One item of evidence: from its files to its verdict.

pub(crate) mod case_record;
pub(crate) mod changed_evidence;
pub(crate) mod claims;
pub(crate) mod finding_rows;
pub(crate) mod first_look;
pub(crate) mod folder_item;
pub(crate) mod folder_progress;
pub(crate) mod folder_rows;
pub(crate) mod folder_sparse;
pub(crate) mod found_rows;
pub(crate) mod image_rows;
pub(crate) mod indexed_file_system;
pub(crate) mod item_scan;
pub(crate) mod lone_names;
pub(crate) mod nested;
pub(crate) mod part_digest;
pub(crate) mod part_rows;
pub(crate) mod phases;
pub(crate) mod plan_digest;
pub(crate) mod progress;
pub(crate) mod row_maker;
pub(crate) mod rows;
