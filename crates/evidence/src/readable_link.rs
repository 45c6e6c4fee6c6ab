//! The readable form of a name.

use case_model::{push_readable, readable_name};
use filesystem::Link;

/// Returns the readable form of a name: that of the file system, else its bytes in its encoding.
#[must_use]
pub fn readable_link(link: &Link) -> String {
    link.readable.clone().unwrap_or_else(|| readable_name(&link.name, link.encoding))
}

/// Appends the form of [`readable_link`] to a text.
pub fn push_readable_link(link: &Link, text: &mut String) {
    match &link.readable {
        Some(readable) => text.push_str(readable),
        None => push_readable(&link.name, link.encoding, text),
    }
}
