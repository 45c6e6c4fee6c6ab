//! The SQLite files: creating, opening, bringing to the layout of today, copying.

pub(crate) mod connection;
pub(crate) mod copy;
pub(crate) mod error;
pub(crate) mod file_digest;
pub(crate) mod folder_sync;
pub(crate) mod ids;
pub(crate) mod integers;
pub(crate) mod integrity;
pub(crate) mod layout;
pub(crate) mod migration;
pub(crate) mod network_share;
pub(crate) mod open;
pub(crate) mod read_only;
pub(crate) mod row_bytes;
pub(crate) mod row_chain;
pub(crate) mod settle_alone;
pub(crate) mod stoppable;
pub(crate) mod stored_path;
pub(crate) mod transaction;
