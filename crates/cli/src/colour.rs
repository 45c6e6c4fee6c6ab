//! Colour for the words that nobody may overlook. The words say the same without it.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};

const BAD: Style = AnsiColor::Red.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();

/// What a line may begin with, behind its indent. Names from evidence never stand there.
const LABELS: &[(&str, Style)] = &[
    ("NOT VALID", BAD),
    ("NOT SOUND", BAD),
    ("UNREADABLE", BAD),
    ("NEVER READ", BAD),
    ("NOT FINISHED", BAD),
    ("ENCRYPTED", CARE),
    ("INCOMPLETE", CARE),
    ("HITS", CARE),
    ("alert  ", BAD),
    ("notable  ", CARE),
    ("consistent, proved by nobody outside", CARE),
    ("proved", GOOD),
    ("sound", GOOD),
];

/// Returns whether standard output takes colour: on a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise; `CLICOLOR_FORCE` forces it.
pub(crate) fn is_wanted() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Returns the line with its label in colour.
pub(crate) fn painted(line: &str) -> Cow<'_, str> {
    let text = line.trim_start();
    let Some((label, style)) = LABELS.iter().find(|(label, _)| text.starts_with(label)) else {
        return Cow::Borrowed(line);
    };
    let indent = &line[..line.len() - text.len()];
    let rest = &text[label.len()..];
    Cow::Owned(format!("{indent}{style}{label}{style:#}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_alone_is_coloured_and_names_behind_it_never_are() {
        assert_eq!(painted("NOT VALID: x"), "\u{1b}[1m\u{1b}[31mNOT VALID\u{1b}[0m: x");
        assert_eq!(painted("  file          HITS"), "  file          HITS");
        assert!(painted("  HITS          alert: 1").starts_with("  \u{1b}["));
        assert_eq!(painted("a proved thing"), "a proved thing");
    }
}
