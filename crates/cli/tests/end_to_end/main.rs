//! The program itself, on real images.

mod bad_input;
mod custody;
mod determinism;
mod find;
mod folder;
mod hits;
mod lab;
mod program;
mod shared_data;
mod truth;
mod untouched;
