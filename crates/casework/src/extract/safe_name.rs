//! Names of extracted files: safe on Windows and Linux, and each there once.

use case_store::EntryId;

/// Bytes that the readable part of a name has at most: with number and mark it fits into the 255 of common file systems.
const NAME_BYTES: usize = 160;
/// Bytes of an extension that a long name keeps.
const EXTENSION_BYTES: usize = 16;

/// Returns the name of the file that an entry is extracted to: the entry's number, which makes it the only one, and its name without what
/// some file system or shell takes for something else. The manifest has the original.
pub(super) fn safe_name(entry: EntryId, path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let clean: String = name.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    let clean = shortened(&clean);
    // Windows drops dots and spaces at the end.
    let clean = clean.trim_end_matches(['.', ' ']);
    let number = format!("{:08}", entry.number());
    if clean.is_empty() { number } else { format!("{number}-{clean}") }
}

/// Characters that Windows refuses, that a shell or a terminal obeys, or that nobody sees.
fn is_unsafe(c: char) -> bool {
    matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*')
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn shortened(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let extension = name.rfind('.').map(|at| name.split_at(at).1);
    let extension =
        extension.filter(|extension| extension.len() <= EXTENSION_BYTES).unwrap_or_default();
    let mut end = NAME_BYTES.saturating_sub(extension.len());
    while !name.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}{extension}", name.split_at(end).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(path: &str) -> String {
        safe_name(EntryId::from_number(14), path)
    }

    #[test]
    fn names_are_what_every_file_system_takes() {
        assert_eq!(name("/a/صور.jpg"), "00000014-صور.jpg");
        assert_eq!(name("/a/x.txt:Zone.Identifier"), "00000014-x.txt_Zone.Identifier");
        assert_eq!(name("/a/..\\..\\b|c?.exe"), "00000014-.._.._b_c_.exe");
        assert_eq!(name("/a/exe.\u{202e}gpj\u{1b}[2J"), "00000014-exe._gpj_[2J");
        assert_eq!(name("/a/dots... "), "00000014-dots");
        assert_eq!(name("/.."), "00000014");
        assert_eq!(name("/"), "00000014");
        assert_eq!(name("/CON"), "00000014-CON", "with its number it names no device");
    }

    #[test]
    fn a_long_name_keeps_its_extension_and_fits() {
        let long = name(&format!("/{}.docx", "é".repeat(300)));
        assert!(long.ends_with("é.docx") && long.len() <= 200, "{long}");
        assert!(name(&format!("/{}", "a".repeat(5_000))).len() <= 200);
    }
}
