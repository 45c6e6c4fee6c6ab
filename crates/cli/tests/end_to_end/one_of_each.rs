//! One case, one image, one file of one byte, one set of one entry: nothing that is printed counts one thing as several.

use crate::program::Lab;

/// `sha256sum` of the byte `a`.
const A_SHA256: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

/// Returns the places where a text counts one thing with a noun in the plural: the number one, and up to two words on a word in `s` that is
/// no word of another kind.
fn one_as_several(text: &str) -> Vec<String> {
    text.lines().flat_map(one_as_several_in).collect()
}

fn one_as_several_in(line: &str) -> Vec<String> {
    const SINGULAR: [&str; 12] = [
        "is", "was", "has", "its", "this", "costs", "holds", "names", "says", "needs", "does",
        "address",
    ];
    let words: Vec<&str> = line.split_whitespace().collect();
    let ones =
        words.iter().enumerate().filter(|(_, word)| matches!(word.trim_start_matches('('), "1"));
    let mut found = Vec::new();
    for (at, _) in ones {
        for word in words.iter().skip(at + 1).take(3) {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
            if bare.ends_with('s')
                && !SINGULAR.contains(&bare)
                && bare.chars().all(|c| c.is_ascii_lowercase())
            {
                found.push(words[at..(at + 4).min(words.len())].join(" "));
            }
            // A word that ends a part of a sentence, or is no adjective: what follows is not counted.
            if bare != *word
                || SINGULAR.contains(&bare)
                || matches!(bare, "of" | "and" | "in" | "by" | "are")
            {
                break;
            }
        }
    }
    found
}

#[test]
fn one_thing_is_never_counted_as_several() {
    let lab = Lab::new();
    let folder = lab.beside("evidence");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("one"), "a").unwrap();
    let image = lab.write("one.raw", &[0; 512]);
    let list = lab.write("known.sha256", format!("{A_SHA256}  one\n").as_bytes());
    let folder = folder.to_str().unwrap();
    let image = image.to_str().unwrap();
    let list = list.to_str().unwrap();
    let export = lab.beside("export");
    let backup = lab.beside("backup.db");
    let export = export.to_str().unwrap();
    let backup = backup.to_str().unwrap();
    let commands: [&[&str]; 19] = [
        &["hash-set", "import", list, "--name", "s", "--disposition", "notable"],
        &["hash-set", "list"],
        &["hash-set", "show", "s"],
        &["hash-set", "verify"],
        &["scan", folder, "--case", "c"],
        &["match", "--hash-set", "s", "--case", "c"],
        &["find", "c", "--hit"],
        &["case", "list"],
        &["case", "show", "c"],
        &["case", "check", "c"],
        &["case", "backup", "c", backup],
        &["custody", "show", "c"],
        &["custody", "verify", "c"],
        &["custody", "export", "c", export],
        &["custody", "verify", export],
        &["evidence", "verify", "c"],
        &["image", "info", image],
        &["volumes", image],
        &["hash-set", "remove", "s", "--reason", "the end"],
    ];
    for arguments in commands {
        let run = lab.run(arguments);
        assert!(matches!(run.code(), 0 | 1 | 3), "{arguments:?}\n{}", run.all());
        assert_eq!(one_as_several(&run.all()), [""; 0], "{arguments:?}\n{}", run.all());
    }
}

#[test]
fn a_plural_behind_a_one_is_found() {
    assert_eq!(one_as_several("set imported: 1 entries (MD5 1)"), ["1 entries (MD5 1)"]);
    assert_eq!(one_as_several("1 personal signatures; as a whole"), ["1 personal signatures; as"]);
    assert_eq!(one_as_several("(1 bytes)"), ["(1 bytes)"]);
    for right in [
        "1 file in sets",
        "1 is for your information",
        "1 costs evidence",
        "entry 1, files",
        "11 files",
    ] {
        assert_eq!(one_as_several(right), [""; 0], "{right}");
    }
}
