//! The one table of the columns of `link`: INSERT and the canonical digest are made from it.

use case_model::encode_times;

use super::columns::stored_columns;
use super::entry::{LinkRow, raw_to_keep};
use crate::file::integers::integer;

stored_columns! {
    /// The columns of `link`. The digest takes them in this order.
    LINK: LinkRow;
    file_system, "v.ordinal, f.kind", |new| new.file_system.number();
    number, "l.number", |new| integer(new.row.number);
    generation, "l.generation", |new| new.row.generation.map(integer);
    directory, "d.path", |new| new.row.directory.number();
    name, "l.name", |new| &new.row.readable;
    name_raw, "l.name_raw", |new| raw_to_keep(&new.row.name, new.row.encoding, &new.row.readable);
    encoding, "l.encoding", |new| new.row.encoding.key();
    space, "l.space", |new| new.row.space;
    state, "l.state", |new| new.row.state;
    at, "l.at", |new| integer(new.row.at);
    times_raw, "l.times_raw", |new| encode_times(&new.row.times);
}
