//! Text without what nobody sees.

/// Characters without a width that editors and web pages leave around digests.
const INVISIBLE: [char; 5] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// Removes white space, and characters without a width, around `text`.
pub(crate) fn visible(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || INVISIBLE.contains(&char))
}
