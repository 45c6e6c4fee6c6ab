//! Threads: the pool, the order of their results, panics, and what takes long.

pub(crate) mod background;
pub(crate) mod isolation;
pub(crate) mod parts;
pub(crate) mod pool;
pub(crate) mod watch;
pub(crate) mod work;
