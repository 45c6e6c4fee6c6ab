//! Counts with their nouns, as English has them: 1 file, 2 files, 1 234 567 files.

/// A thin space: groups of digits stay together at the end of a line.
const BETWEEN_GROUPS: char = '\u{202f}';

/// Returns a count and the form of the noun that goes with it: `counted(2_u64, "entry", "entries")` is `2 entries`. The digits are grouped.
#[must_use]
pub fn counted(count: impl TryInto<u64>, one: &str, many: &str) -> String {
    let count = number(count);
    format!("{} {}", grouped(count), noun(count, one, many))
}

/// Returns the form of the noun that goes with a count.
#[must_use]
pub fn noun<'a>(count: impl TryInto<u64>, one: &'a str, many: &'a str) -> &'a str {
    if number(count) == 1 { one } else { many }
}

/// Returns a number with thin groups of three, for people: 1 234 567.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(BETWEEN_GROUPS);
        }
        out.push(digit);
    }
    out
}

/// No count that lies outside 64 bits is one.
fn number(count: impl TryInto<u64>) -> u64 {
    count.try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noun_goes_with_the_count() {
        assert_eq!(counted(1_u64, "entry", "entries"), "1 entry");
        assert_eq!(counted(0_usize, "entry", "entries"), "0 entries");
        assert_eq!(
            counted(1_234_567_u64, "file", "files").replace('\u{202f}', " "),
            "1 234 567 files"
        );
        assert_eq!((noun(1_u32, "is", "are"), noun(2_u32, "is", "are")), ("is", "are"));
        assert_eq!(noun(-1, "is", "are"), "are");
    }
}
