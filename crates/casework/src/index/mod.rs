//! Work with the index of a case: questions, exports, contents.

mod absent;
mod content;
mod exhibits;
mod export;
mod question;
mod type_words;
mod zones;

pub use absent::AbsentValue;
pub use content::TakenContent;
pub use export::IndexExport;
pub use question::HandedOut;
pub use zones::{StatedZone, ZoneStatement};
