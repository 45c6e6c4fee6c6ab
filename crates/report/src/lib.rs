#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod body_file;
mod csv_rows;
mod each_hit;
mod field_values;
mod fields;
mod hash_set_json;
mod image_json;
mod json_row;
mod shown_times;
mod zoned_times;

pub use body_file::body_lines;
pub use csv_rows::CsvTable;
pub use each_hit::each_hit;
pub use field_values::is_low_information;
pub use hash_set_json::{ranking_json, rejection_json, set_entry_json, set_json};
pub use image_json::image_json;
pub use json_row::json_row;
pub use zoned_times::readings;
