//! A journal that the superblock does not ask for is reported, as e2fsck does.

use std::fs;

use crate::reading::read_bytes;
use crate::workshop::{Workshop, run};

/// Byte 0x5c of the superblock, which is at byte 1024: `s_feature_compat`.
const COMPAT_AT: usize = 1024 + 0x5c;
/// Offset of `s_start` in the journal's superblock (big-endian).
const START_AT: usize = 28;

/// Changes a fresh ext3 image; returns what e2fsck and we say of it before and after.
fn said(change: impl FnOnce(&mut Vec<u8>)) -> Option<[(String, Vec<String>); 2]> {
    let workshop = Workshop::new(8 << 20, &["-t", "ext3", "-b", "1024"])?;
    let ask = || {
        let checked = run("e2fsck", &["-fn", &workshop.image_text()])?;
        let damage = read_bytes(fs::read(workshop.image()).unwrap()).damage();
        Some((String::from_utf8_lossy(&checked.stdout).into_owned(), damage))
    };
    let before = ask()?;
    let mut bytes = fs::read(workshop.image()).unwrap();
    change(&mut bytes);
    fs::write(workshop.image(), bytes).unwrap();
    Some([before, ask()?])
}

#[test]
fn a_journal_that_the_superblock_denies_is_reported() {
    let Some([before, after]) = said(|bytes| bytes[COMPAT_AT] &= !4) else { return };
    assert_eq!(before.1, Vec::<String>::new());
    assert!(after.0.contains("a journal is present"), "{}", after.0);
    assert!(
        after.1.iter().any(|problem| problem.contains("says that there is none")),
        "{:?}",
        after.1
    );
}

#[test]
fn changes_in_a_journal_that_the_superblock_does_not_ask_for_are_reported() {
    let Some([before, after]) = said(|bytes| {
        let head = [0xc0, 0x3b, 0x39, 0x98, 0, 0, 0, 4];
        let at = bytes.chunks(1024).position(|block| block.starts_with(&head)).unwrap() * 1024;
        bytes[at + START_AT..at + START_AT + 4].copy_from_slice(&1_u32.to_be_bytes());
    }) else {
        return;
    };
    assert_eq!(before.1, Vec::<String>::new());
    assert!(after.0.contains("journal has data"), "{}", after.0);
    assert!(
        after.1.iter().any(|problem| problem.contains("does not ask for a replay")),
        "{:?}",
        after.1
    );
}
