//! Keys: who may sign, from when to when.

use std::path::Path;

use case_model::RecordName;
use casework::{
    CaseworkError, KeyHolder, Revocation, RevokeRequest, Signature, create_witness_key, lock_key,
    log_key_of, read_public_key,
};
use custody::{Act, KeyRole};

use crate::harness::{House, acts, last_of, note, verdict};

/// Knows one passphrase.
struct Knows(&'static str);

impl KeyHolder for Knows {
    fn passphrase(&self, _: &Path) -> Result<Option<Vec<u8>>, CaseworkError> {
        Ok(Some(self.0.as_bytes().to_vec()))
    }

    fn new_passphrase(&self) -> Result<Vec<u8>, CaseworkError> {
        Ok(self.0.as_bytes().to_vec())
    }

    fn readable_by_others(&self, _: &Path) {}
}

#[test]
fn a_locked_key_leaves_entries_unsigned_until_somebody_unlocks_it() {
    let house = House::new();
    let (session, name) = house.with_case();
    let path = session.lab().log_key_path();
    lock_key(&path, Some(b"open sesame"), &Knows("")).unwrap();
    drop(session);
    for holder in [None, Some(Knows("wrong"))] {
        let mut session =
            holder.map_or_else(|| house.session(), |holder| house.session_with(Box::new(holder)));
        note(&mut session, &name, "unsigned").unwrap();
        let Some(Signature::Unsigned(unsigned)) = session.signatures().get(&name) else {
            panic!("signed")
        };
        assert!(unsigned.why.contains("lab.key"), "{}", unsigned.why);
        session.signed_checkpoint(&name).unwrap_err();
    }
    let mut session = house.session_with(Box::new(Knows("open sesame")));
    assert_eq!(verdict(&mut session, &name).covered, 2);
    // Whoever can write the file could have written them: they are signed after somebody looked at them.
    note(&mut session, &name, "still unsigned").unwrap();
    let Some(Signature::Unsigned(unsigned)) = session.signatures().get(&name) else {
        panic!("signed")
    };
    assert!(unsigned.is_foreign() && unsigned.why.contains("entries 3 to 4"), "{}", unsigned.why);
    assert_eq!(verdict(&mut session, &name).covered, 2);
    session.adopt_unsigned(&name, "the key was in the safe").unwrap();
    assert_eq!(verdict(&mut session, &name).covered, 6);
    assert!(matches!(session.adopt_unsigned(&name, "again"), Err(CaseworkError::Request(_))));
}

#[test]
fn another_key_in_the_place_of_the_labs_signs_nothing() {
    let house = House::new();
    let other = House::new();
    let (session, name) = house.with_case();
    other.session();
    std::fs::copy(other.lab().join("keys/lab.key"), session.lab().log_key_path()).unwrap();
    drop(session);
    let mut session = house.session();
    note(&mut session, &name, "x").unwrap();
    let Some(Signature::Unsigned(unsigned)) = session.signatures().get(&name) else {
        panic!("signed")
    };
    assert!(unsigned.why.contains("another key"), "{}", unsigned.why);
}

#[test]
fn a_revoked_lab_key_has_a_successor_that_signs_in_every_case() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    note(&mut session, &name, "before").unwrap();
    let old = log_key_of(&session.lab_keys().unwrap()).unwrap().key.clone();
    let request =
        RevokeRequest { key: old.name().to_owned(), reason: "stolen".into(), since: None };
    let Revocation::Now(revoked) = session.revoke_key(&request).unwrap() else { panic!("before") };
    assert_eq!((revoked.cases, revoked.failed.len()), (1, 0));
    let new = revoked.successor.unwrap();
    assert_ne!(new, old);
    for record in [RecordName::Lab, name.clone()] {
        let acts = acts(&mut session, &record);
        assert_eq!(acts[acts.len() - 2..], ["key_revoke", "key_add"], "{acts:?}");
        assert_eq!(verdict(&mut session, &record).findings, Vec::<String>::new());
    }
    note(&mut session, &name, "after").unwrap();
    let signed = session.lab().trusted_checkpoint(&name).unwrap().unwrap();
    signed.verify(std::slice::from_ref(&new)).unwrap();
    signed.verify(std::slice::from_ref(&old)).unwrap_err();
    // The old private half is kept under its id, and cannot be revoked twice.
    let kept: Vec<String> = std::fs::read_dir(session.lab().keys())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|file| file.starts_with("revoked-"))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let again = RevokeRequest { key: case_model::to_hex(&old.id()), ..request };
    assert!(matches!(session.revoke_key(&again), Err(CaseworkError::Request(_))));
}

#[test]
fn signatures_are_void_since_the_time_that_the_revocation_names() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let since = session.author().now();
    let suspect = note(&mut session, &name, "suspect").unwrap();
    let request =
        RevokeRequest { key: "Test lab".into(), reason: "stolen".into(), since: Some(since) };
    session.revoke_key(&request).unwrap();
    let body = last_of(&mut session, &name, Act::KeyRevoke);
    assert!(body.contains(&format!("\"since_seq\":{}", suspect.seq)), "{body}");
}

#[test]
fn keys_of_examiners_and_witnesses_count_from_their_entry_and_are_added_once() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let (public, file) = session.create_examiner_key("Amal B.", None, false).unwrap();
    assert!(file.starts_with(session.lab().keys()));
    let (witness, vkey) =
        create_witness_key("Court", &house.path("court.key"), false, &Knows("")).unwrap();
    assert_eq!(read_public_key(&vkey, KeyRole::Witness).unwrap(), witness);
    let wrong = read_public_key(&vkey, KeyRole::Examiner).unwrap_err();
    assert!(matches!(wrong, CaseworkError::Request(_)), "{wrong}");
    session.add_key(&witness, KeyRole::Witness, "Court", &vkey).unwrap();
    let again = session.add_key(&witness, KeyRole::Witness, "Court", &vkey);
    assert!(matches!(again, Err(CaseworkError::Request(_))), "{again:?}");
    let keys = session.lab_keys().unwrap();
    assert_eq!(keys.find(&public).unwrap().role, KeyRole::Examiner);
    // A case names witnesses with its next entry, and examiners when they sign in it.
    note(&mut session, &name, "x").unwrap();
    let known = session.record(&name).unwrap().verified.keys().clone();
    assert!(known.find(&witness).is_some() && known.find(&public).is_none());
}

#[test]
fn a_lab_whose_program_was_stopped_before_its_key_was_named_takes_that_key() {
    let house = House::new();
    let session = house.session();
    let key = std::fs::read(session.lab().log_key_path()).unwrap();
    drop(session);
    let ledger = rusqlite::Connection::open(house.lab().join("ledger.db")).unwrap();
    ledger
        .execute_batch("DROP TRIGGER custody_entry_delete; DELETE FROM custody_entry WHERE seq > 1; DELETE FROM custody_checkpoint")
        .unwrap();
    drop(ledger);
    let mut session = house.session();
    session.sign_all().unwrap();
    assert_eq!(std::fs::read(session.lab().log_key_path()).unwrap(), key);
    assert_eq!(verdict(&mut session, &RecordName::Lab).covered, 2);
}
