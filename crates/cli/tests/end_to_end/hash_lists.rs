//! Lists as laboratories receive them: what was not taken ends with exit 3, what is not understood says how to say it.

use crate::hash_set::{ABC_MD5, import};
use crate::program::Lab;

#[test]
fn rejected_lines_are_shown_with_their_number_and_end_with_exit_3() {
    let lab = Lab::new();
    let list = format!("; a comment\n{ABC_MD5}\nf7998231c2d7199ba31a0ddb437258a\n");
    let run = import(&lab, "list.txt", list.as_bytes(), &[]);
    assert_eq!(run.code(), 3, "{}", run.all());
    for text in ["1 entry", "1 rejected", "line 3 ", "The set lacks what was rejected"] {
        assert!(run.out().contains(text), "{text}: {}", run.all());
    }
    // The set is there all the same; a scan and a match with the same list say it, too.
    assert_eq!(lab.run(&["hash-set", "list", "--json"]).objects().len(), 1);
    let path = lab.beside("list.txt");
    let image = lab.write("x.bin", b"abc");
    let scan =
        ["scan", image.to_str().unwrap(), "--case", "c", "--hash-set", path.to_str().unwrap()];
    assert_eq!(lab.run(&scan).code(), 3);
    let whole = import(&lab, "whole.txt", format!("{ABC_MD5}\n").as_bytes(), &["--name", "whole"]);
    assert_eq!(whole.code(), 0, "{}", whole.all());
}

#[test]
fn what_is_not_understood_names_the_options_with_an_example() {
    let lab = Lab::new();
    for (name, content, code, words) in [
        ("x.txt", "hello world\n".to_owned(), 1, ["--format digest-list", "--columns 'NAME=md5'"]),
        (
            "zh.csv",
            format!("指纹,名字\n{ABC_MD5},a\n"),
            1,
            ["--format digest-list", "--columns '指纹=md5'"],
        ),
        (
            "ar.csv",
            format!("البصمة,الاسم\n{ABC_MD5},a\n"),
            2,
            ["--columns NAME=WHAT", "--columns 'البصمة=md5'"],
        ),
        ("sha.txt", format!("{}\n", "1".repeat(64)), 1, ["--algorithm sha256", "64 digits"]),
        (
            "mixed.txt",
            format!("{ABC_MD5}\n{}\n", "1".repeat(40)),
            1,
            ["--mixed-algorithms", "line 2 "],
        ),
    ] {
        let run = import(&lab, name, content.as_bytes(), &[]);
        assert!(
            !run.all().contains("u{2068}"),
            "marks of direction are no part of a name: {}",
            run.all()
        );
        assert!(run.err().matches(name).count() <= 1, "the file is named once: {}", run.all());
        assert_eq!(run.code(), code, "{name}: {}", run.all());
        for word in words {
            assert!(run.err().contains(word), "{name}: {word:?} is missing in {}", run.all());
        }
    }
    assert_eq!(lab.run(&["hash-set", "list", "--json"]).out(), "", "nothing was guessed");
    let table = format!("البصمة,الاسم\n{ABC_MD5},صورة\n");
    let said = import(&lab, "ar.csv", table.as_bytes(), &["--columns", "البصمة=md5"]);
    assert_eq!(said.code(), 0, "{}", said.all());
    assert!(
        said.out().contains("\u{2068}البصمة\u{2069} = md5, \u{2068}الاسم\u{2069} = name"),
        "{}",
        said.all()
    );
}
