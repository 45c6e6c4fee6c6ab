//! How is it said? Kinds with values, and their words in each language.
//!
//! Readers and the index know *kinds*: a key, and values in their order ([`Statement`]). Sentences are
//! made where a person reads them, from one table a language. The text of an old case, which was stored
//! as a sentence, is shown as it is.
#![forbid(unsafe_code)]

mod ar;
mod count;
mod en;
mod fr;
mod language;
mod shown;
mod statement;
mod template;
mod term;
mod wording;

pub use count::{counted, grouped, noun};
pub use language::Language;
pub use shown::{problem_text, stored_text};
pub use statement::{Statement, Value};
pub use term::Term;
