//! Names from evidence as a terminal may show them.

/// A name with everything escaped that could change the terminal or the order of the text: control characters, the marks U+200E, U+200F,
/// U+202A–U+202E, U+2066–U+2069, and U+FEFF. Wrapped in isolates when it holds right-to-left letters, so that what follows keeps its place.
pub(crate) fn safe(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    push_safe(name, &mut out);
    out
}

/// Returns the form of [`safe`] without its isolates: a text that people copy into a command must not hold marks that they do not see.
pub(crate) fn copyable(name: &str) -> String {
    safe(name).trim_matches(['\u{2068}', '\u{2069}']).to_owned()
}

/// Returns a message of several lines as a terminal may show it: operands in it may hold anything.
pub(crate) fn safe_lines(message: &str) -> String {
    message.split('\n').map(copyable).collect::<Vec<String>>().join("\n")
}

/// Appends the form of [`safe`] to a line.
pub(crate) fn push_safe(name: &str, out: &mut String) {
    // What nearly all names are, and there may be millions of them.
    if name.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return out.push_str(name);
    }
    let isolate = name.chars().any(is_right_to_left);
    if isolate {
        out.push('\u{2068}');
    }
    for c in name.chars() {
        match c {
            '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{2028}'
            | '\u{2029}' => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c if c.is_control() => out.push_str(&c.escape_default().to_string()),
            c => out.push(c),
        }
    }
    if isolate {
        out.push('\u{2069}');
    }
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_cannot_move_the_cursor_or_turn_the_text() {
        assert_eq!(safe("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(safe("exe.\u{202e}gpj"), "exe.\\u{202e}gpj");
        assert_eq!(safe("صورة.jpg"), "\u{2068}صورة.jpg\u{2069}");
        assert_eq!(
            safe_lines("/no/x\u{1b}[31mY:\n  what to do"),
            "/no/x\\u{1b}[31mY:\n  what to do"
        );
        assert_eq!(copyable("صورة\u{202e}.jpg"), "صورة\\u{202e}.jpg");
    }
}
