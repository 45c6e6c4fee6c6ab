//! The turns of items: they are read at the same time, written one after the other.

pub(crate) mod commit_order;
pub(crate) mod deferred_events;
pub(crate) mod item_turn;
