//! One file a command.

pub(crate) mod case;
mod case_backup;
mod case_check;
mod case_restore;
mod case_show;
mod case_withdraw;
pub(crate) mod cat;
pub(crate) mod custody;
pub(crate) mod evidence;
pub(crate) mod export;
pub(crate) mod filter;
pub(crate) mod find;
pub(crate) mod find_table;
pub(crate) mod hash_set;
pub(crate) mod image;
mod image_cat;
mod image_list;
mod image_verify;
pub(crate) mod key;
pub(crate) mod ls;
pub(crate) mod match_sets;
pub(crate) mod row_writer;
pub(crate) mod scan;
mod scan_stopped;
pub(crate) mod stat;
pub(crate) mod volumes;
