#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod braces;
mod error;
mod fold;
mod glob;
mod lexeme;
mod name;
mod nearest;
mod path;

pub use error::PatternError;
pub use fold::is_same;
pub use name::NamePattern;
pub use nearest::nearest;
pub use path::{DirectoryMatch, PathPattern, split_exhibit};
