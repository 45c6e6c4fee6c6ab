#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod json_row;

pub use json_row::json_row;
