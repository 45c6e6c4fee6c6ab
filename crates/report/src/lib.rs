#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod body_file;
mod csv_rows;
mod json_row;
mod shown_times;

pub use body_file::body_lines;
pub use csv_rows::CsvRows;
pub use json_row::{is_low_information, json_row};
