//! What a changed record looks like to `verify_chain`.

use crate::record::{body, chain, vectors};
use custody::{
    Act, EntryError, FaultKind, Head, MAX_BODY_BYTES, StoredEntry, chain_hash, merkle_root, seal,
    verify_chain,
};

fn rehash(entry: &mut StoredEntry) {
    entry.hash = chain_hash(entry.seq, &entry.prev, &entry.body);
}

fn replace(entry: &mut StoredEntry, from: &str, to: &str) {
    let text = String::from_utf8(entry.body.clone()).unwrap();
    assert!(text.contains(from));
    entry.body = text.replacen(from, to, 1).into_bytes();
}

fn fault(entries: Vec<StoredEntry>) -> (u64, FaultKind) {
    let good = entries.clone();
    let report = verify_chain(entries);
    assert_eq!(report.entries, good.len() as u64);
    let fault = report.fault.expect("the change was not seen");
    // Everything before the first bad row is still vouched for.
    let before = &good[..fault.row as usize - 1];
    assert_eq!(report.head, before.last().map_or(Head::EMPTY, Head::from));
    assert_eq!(report.root, merkle_root(&before.iter().map(StoredEntry::leaf).collect::<Vec<_>>()));
    (fault.row, fault.kind)
}

#[test]
fn an_untouched_record_is_intact_and_an_empty_one_too() {
    let entries = vectors();
    let report = verify_chain(entries.clone());
    assert!(report.is_intact());
    assert_eq!(report.head, Head::from(entries.last().unwrap()));
    assert_eq!(verify_chain([]).head, Head::EMPTY);
}

#[test]
fn one_changed_byte_anywhere_is_found_at_its_row() {
    for row in 0..3 {
        for at in 0..vectors()[row].body.len() {
            let mut entries = vectors();
            entries[row].body[at] ^= 1;
            let (found, kind) = fault(entries);
            assert_eq!(found, row as u64 + 1);
            assert!(matches!(kind, FaultKind::Hash { .. }), "{kind}");
        }
    }
}

#[test]
fn a_row_that_is_gone_doubled_or_moved_is_found() {
    let mut gone = vectors();
    gone.remove(2);
    assert_eq!(fault(gone), (3, FaultKind::Sequence { expected: 3, found: 4 }));
    let mut doubled = vectors();
    doubled.insert(2, doubled[1].clone());
    assert_eq!(fault(doubled), (3, FaultKind::Sequence { expected: 3, found: 2 }));
    let mut moved = vectors();
    moved.swap(3, 4);
    assert_eq!(fault(moved), (4, FaultKind::Sequence { expected: 4, found: 5 }));
    assert_eq!(fault(vectors().split_off(1)), (1, FaultKind::Sequence { expected: 1, found: 2 }));
}

#[test]
fn an_edited_row_with_a_new_hash_is_found_at_the_next_row() {
    let mut entries = vectors();
    replace(&mut entries[2], "S-0142-01", "S-0142-02");
    rehash(&mut entries[2]);
    let (row, kind) = fault(entries.clone());
    assert_eq!(row, 4);
    let FaultKind::Prev { expected, found } = kind else { panic!("{kind}") };
    assert_eq!((expected, found), (entries[2].hash, vectors()[2].hash));
}

#[test]
fn a_body_that_says_another_place_than_its_row_is_found() {
    let resealed = |row: usize, from: &str, to: &str| {
        let mut entries = vectors();
        replace(&mut entries[row], from, to);
        rehash(&mut entries[row]);
        fault(entries)
    };
    let (row, kind) = resealed(0, "\"seq\":1", "\"seq\":2");
    assert_eq!(
        (row, kind.to_string().as_str()),
        (1, "the row bears sequence number 1, its body 2")
    );
    let (_, kind) = resealed(0, "\"seq\":1", "\"seq\":\"1\"");
    assert!(matches!(kind, FaultKind::BodySequence { .. }), "{kind}");
    let (_, kind) = resealed(0, "\"prev\":\"0", "\"prev\":\"1");
    assert!(matches!(kind, FaultKind::BodyPrev { .. }), "{kind}");
    let (_, kind) = resealed(0, "athar-custody/1", "athar-custody/2");
    assert_eq!(
        kind.to_string(),
        "the body's format is \"athar-custody/2\", this program knows \"athar-custody/1\""
    );
    let (_, kind) = resealed(0, "\"declared\":true", "\"declared\": true");
    assert!(kind.to_string().starts_with("the body is no canonical JSON"), "{kind}");
}

#[test]
fn hostile_rows_are_refused_without_being_read() {
    for body in
        [vec![], vec![b'['; MAX_BODY_BYTES], vec![0xff; 100], b"null".to_vec(), b"{}".to_vec()]
    {
        let mut entry = vectors().remove(0);
        entry.body = body;
        rehash(&mut entry);
        assert_eq!(fault(vec![entry]).0, 1);
    }
    let mut long = vectors().remove(0);
    long.body = vec![b' '; MAX_BODY_BYTES + 1];
    assert_eq!(fault(vec![long]), (1, FaultKind::TooLong(MAX_BODY_BYTES + 1)));
}

#[test]
fn an_entry_that_says_nothing_or_too_much_cannot_be_sealed() {
    let sealed = |body| seal(1, [0; 32], &body).unwrap_err().to_string();
    assert_eq!(sealed(body(Act::Note, 0).field("text", "x").case(" ")), "note: case is empty");
    let long = body(Act::Note, 0).case("c").field("text", "ا".repeat(40_000));
    assert!(sealed(long).contains("at most 64512 are allowed"));
    let sixty_kb = body(Act::Note, 0).case("c").field("text", "x".repeat(60 * 1024));
    assert!(verify_chain(chain(&[sixty_kb.clone(), sixty_kb.clone()])).is_intact());
    assert_eq!(seal(0, [0; 32], &sixty_kb), Err(EntryError::Sequence(0)));
    assert_eq!(seal(1 << 53, [0; 32], &sixty_kb), Err(EntryError::Sequence(1 << 53)));
}

#[test]
fn what_an_act_requires_is_asked_for_by_name() {
    let refused = |body| seal(1, [0; 32], &body).unwrap_err().to_string();
    let says = |act: &str, member: &str| {
        format!("{act}: {member} is missing; an entry of this act must name it")
    };
    assert_eq!(refused(body(Act::Register, 0)), says("register", "case"));
    let register = body(Act::Register, 0).case("c").field("exhibit", "S-1").field("image", "  ");
    assert_eq!(refused(register), says("register", "fields.image"));
    assert_eq!(refused(body(Act::KeyRevoke, 0).field("key", "k")), says("key_revoke", "reason"));
    assert_eq!(refused(body(Act::Correct, 0).reason("r")), says("correct", "fields.corrects_seq"));
}

#[test]
fn every_act_can_be_written_with_exactly_what_it_requires() {
    for act in Act::ALL {
        let needed = act.requirements();
        let mut full = body(*act, 0).case("c").reason("r");
        for name in needed.fields {
            assert!(seal(1, [0; 32], &full).is_err(), "{act}: {name}");
            full = full.field(*name, 0_u64);
        }
        assert!(seal(1, [0; 32], &full).is_ok(), "{act}");
    }
}
