//! What a court depends on, tried from outside the crate.
// Panicking is how a test fails; the lint knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attacks;
mod chain;
mod content;
mod export;
mod interchange;
mod lab;
mod record;
mod signatures;
mod vectors;
