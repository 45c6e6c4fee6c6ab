//! Work with the index of a case: questions, exports, contents.

mod content;
mod export;
mod question;

pub use content::TakenContent;
pub use export::IndexExport;
pub use question::HandedOut;
