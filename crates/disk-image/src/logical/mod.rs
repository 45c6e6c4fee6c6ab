//! Logical evidence: the files of a container that holds no medium but files that were picked from one.
//!
//! After the sections "Ltree" and "Single files data" of the EWF specifications of the libewf project.

mod entry;
mod extents;
mod text;
mod tree;

pub use entry::{LogicalData, LogicalEntry, LogicalTimes};
pub(crate) use tree::{MOST_BYTES, Tree, read};
