//! Words that can be put into a shell as they are printed.

use crate::display::safe;

/// Returns a path as a shell takes it.
pub(crate) fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    match path.chars().all(plain) {
        true => path.to_owned(),
        false => safe(&format!("'{}'", path.replace('\'', "'\\''"))),
    }
}
