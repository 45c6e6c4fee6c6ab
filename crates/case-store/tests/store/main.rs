//! What the rooms of a case file promise to those who use them.

mod exhibits;
mod find;
mod findings;
mod harness;
mod index_digest;
mod matching;
mod nested;
