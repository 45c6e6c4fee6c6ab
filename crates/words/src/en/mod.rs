//! The words in English: a key and its template, one table a subject.
//!
//! A key never changes its meaning: the index of a case holds it. A better wording changes the text alone.

mod base;
mod event;
mod ewf;
mod ext;
mod fat;
mod image;
mod ntfs;
mod scan;
mod volume;

/// All tables.
pub(crate) const TABLES: [&[(&str, &str)]; 9] = [
    base::TABLE,
    event::TABLE,
    ewf::TABLE,
    ext::TABLE,
    fat::TABLE,
    image::TABLE,
    ntfs::TABLE,
    scan::TABLE,
    volume::TABLE,
];

/// Returns whether a key has words. The compiler runs it for every key of the program.
pub(crate) const fn holds(key: &str) -> bool {
    let mut rest: &[&[(&str, &str)]] = &TABLES;
    while let Some((table, further)) = rest.split_first() {
        let mut rows: &[(&str, &str)] = table;
        while let Some((row, others)) = rows.split_first() {
            if same(row.0.as_bytes(), key.as_bytes()) {
                return true;
            }
            rows = others;
        }
        rest = further;
    }
    false
}

const fn same(mut left: &[u8], mut right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    while let (Some((one, more)), Some((other, others))) = (left.split_first(), right.split_first())
    {
        if *one != *other {
            return false;
        }
        (left, right) = (more, others);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::TABLES;

    #[test]
    fn a_key_has_one_text_and_its_table_is_in_order() {
        let mut seen = HashSet::new();
        for table in TABLES {
            assert!(table.is_sorted_by_key(|(key, _)| *key), "{:?}", table.first());
            for (key, text) in table {
                assert!(seen.insert(key), "{key} stands twice");
                assert!(!text.trim().is_empty() && !text.starts_with('['), "{key}");
                let plain = |c: char| {
                    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.')
                };
                assert!(key.chars().all(plain) && key.contains('.'), "{key}");
            }
        }
    }

    #[test]
    fn no_text_is_said_under_two_keys() {
        let mut seen = HashSet::new();
        for (key, text) in TABLES.into_iter().flatten() {
            // A text of one value alone says nothing itself.
            assert!(
                *text == "{0}" || seen.insert(text),
                "{key} says what another key says: {text}"
            );
        }
    }
}
