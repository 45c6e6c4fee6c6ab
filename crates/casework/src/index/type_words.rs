//! Types of files: which words mean one.

use case_model::CaseId;
use name_pattern::nearest;

use crate::{CaseworkError, Session};

/// The kinds of records.
const KINDS: [&str; 9] = [
    "file",
    "directory",
    "link",
    "block-device",
    "character-device",
    "fifo",
    "socket",
    "reserved",
    "unknown",
];

/// The content types that a scan tells by the first bytes of a content, beside those that it finds.
const CONTENT_TYPES: &[&str] = &[
    "application/dicom",
    "application/epub+zip",
    "application/font-sfnt",
    "application/font-woff",
    "application/gzip",
    "application/java",
    "application/msword",
    "application/pdf",
    "application/postscript",
    "application/rtf",
    "application/vnd.android.dex",
    "application/vnd.debian.binary-package",
    "application/vnd.microsoft.portable-executable",
    "application/vnd.ms-cab-compressed",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.rar",
    "application/vnd.sqlite3",
    "application/wasm",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-compress",
    "application/x-cpio",
    "application/x-executable",
    "application/x-google-chrome-extension",
    "application/x-lz4",
    "application/x-lzip",
    "application/x-mach-binary",
    "application/x-mobipocket-ebook",
    "application/x-nintendo-nes-rom",
    "application/x-ole-storage",
    "application/x-par2",
    "application/x-qemu-disk",
    "application/x-rpm",
    "application/x-shockwave-flash",
    "application/x-tar",
    "application/x-unix-archive",
    "application/x-xz",
    "application/zip",
    "application/zstd",
    "audio/aac",
    "audio/amr",
    "audio/m4a",
    "audio/midi",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/x-aiff",
    "audio/x-ape",
    "audio/x-dsf",
    "audio/x-flac",
    "audio/x-wav",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/heif",
    "image/jp2",
    "image/jpeg",
    "image/jxl",
    "image/openraster",
    "image/png",
    "image/tiff",
    "image/vnd.adobe.photoshop",
    "image/vnd.djvu",
    "image/vnd.dwg",
    "image/vnd.microsoft.icon",
    "image/vnd.ms-photo",
    "image/webp",
    "image/x-canon-cr2",
    "text/html",
    "text/x-shellscript",
    "text/xml",
    "video/mp4",
    "video/mpeg",
    "video/quicktime",
    "video/webm",
    "video/x-flv",
    "video/x-m4v",
    "video/x-matroska",
    "video/x-ms-wmv",
    "video/x-msvideo",
];

/// Words for what no content type tells whole: office documents may be known as archives only. Their names tell.
const BY_NAME: [(&str, &str); 5] = [
    ("spreadsheet", "*.{xls,xlsx,xlsm,ods,csv}"),
    ("document", "*.{doc,docx,docm,odt,rtf,pdf,txt}"),
    ("presentation", "*.{ppt,pptx,odp}"),
    ("archive", "*.{zip,7z,rar,tar,gz,bz2,xz}"),
    ("mail", "*.{eml,msg,pst,ost,mbox}"),
];

/// Words that a refusal suggests.
const SUGGESTED: usize = 5;

impl Session {
    /// Checks that a word means a type: a kind of record, a content type that a scan tells, or a part of one.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] with the nearest words when it means none.
    pub fn check_type(&mut self, id: &CaseId, word: &str) -> Result<(), CaseworkError> {
        let asked = word.to_lowercase();
        let by_name = BY_NAME.iter().find(|(word, _)| asked.trim_end_matches('s') == *word);
        if let Some((_, names)) = by_name {
            return Err(CaseworkError::Request(format!(
                "--type {word}: no single type tells this. By name: --name '{names}'"
            )));
        }
        let in_case = self.case(id)?.content_types()?;
        let known = || CONTENT_TYPES.iter().copied().chain(in_case.iter().map(String::as_str));
        if KINDS.contains(&asked.as_str())
            || known().any(|content_type| is_part_of(&asked, content_type))
        {
            return Ok(());
        }
        let words = KINDS.into_iter().chain(known().flat_map(words_of));
        let alike = nearest(&asked, words, SUGGESTED);
        let nearest = if alike.is_empty() {
            String::new()
        } else {
            format!(" Nearest: {}.", alike.join(", "))
        };
        let found: Vec<&str> = in_case.iter().map(String::as_str).take(SUGGESTED * 4).collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        Err(CaseworkError::Request(format!(
            "--type {word}: no such type.{nearest} Kinds: {}. Content types of this case: {found}. Types are told by content; \
             for endings of names: --name '*.{word}'",
            KINDS.join(", ")
        )))
    }
}

/// Returns true when a word is a content type or a part of one, by the rule of `case_store::Filter::types`.
fn is_part_of(word: &str, content_type: &str) -> bool {
    let word = word.trim_end_matches("/*");
    let (first, second) = content_type.split_once('/').unwrap_or((content_type, ""));
    let is_end = || {
        second
            .strip_suffix(word)
            .is_some_and(|before| before.is_empty() || before.ends_with(['-', '.', '+']))
    };
    word == content_type || word == first || is_end()
}

/// The whole type, its parts, and what stands behind the last `-`, `.` or `+`.
fn words_of(content_type: &str) -> Vec<&str> {
    let (first, second) = content_type.split_once('/').unwrap_or((content_type, ""));
    let last = second.rsplit(['-', '.', '+']).next().unwrap_or(second);
    vec![content_type, first, second, last]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_type_is_told_from_letters_of_one() {
        for word in ["image/jpeg", "image", "image/*", "jpeg"] {
            assert!(is_part_of(word, "image/jpeg"), "{word}");
        }
        assert!(
            is_part_of("tar", "application/x-tar")
                && is_part_of("sqlite3", "application/vnd.sqlite3")
        );
        assert!(
            !is_part_of("peg", "image/jpeg")
                && !is_part_of("", "image/jpeg")
                && !is_part_of("foo", "image/jpeg")
        );
    }
}
