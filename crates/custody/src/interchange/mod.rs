//! What other programs read. One-way: the signed record stays the authority.

mod case_jsonld;
mod dfxml;
mod xml;

pub use case_jsonld::{CaseHeader, CaseImage, write_case_jsonld};
pub use dfxml::{DfxmlFile, DfxmlHeader, DfxmlRun, DfxmlVolume, DfxmlWriter, NameType};
