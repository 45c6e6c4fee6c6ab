//! What people did, written down.

use case_model::RecordName;
use casework::{CaseworkError, WrittenAct};
use custody::Act;

use crate::harness::{House, last_of, verdict};

fn act(act: Act, fields: &[(&'static str, &[&str])]) -> WrittenAct {
    let fields = fields.iter().map(|(name, values)| {
        (*name, values.iter().map(|value| (*value).to_owned()).collect::<Vec<String>>())
    });
    WrittenAct {
        act,
        reason: None,
        place: None,
        fields: fields.collect(),
        documents: Vec::new(),
        sign_with: None,
    }
}

#[test]
fn an_exhibit_is_received_with_what_was_said_and_the_digests_of_its_documents() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let form = house.write("form.pdf", b"signed form");
    let received = WrittenAct {
        place: Some("Rabat".into()),
        documents: vec![form],
        ..act(
            Act::Receive,
            &[("exhibit", &["E-1"]), ("from", &["Police"]), ("seal_state", &["intact"])],
        )
    };
    session.write_down(&name, &received).unwrap();
    let body = last_of(&mut session, &name, Act::Receive);
    for part in
        [r#""exhibit":"E-1""#, r#""place":"Rabat""#, r#""name":"form.pdf""#, r#""bytes":11"#]
    {
        assert!(body.contains(part), "{part}: {body}");
    }
    // What the act requires and nobody said keeps it from being written.
    let before = session.record(&name).unwrap().ledger.head().unwrap();
    let missing = session.write_down(&name, &act(Act::Receive, &[("exhibit", &["E-1"])]));
    assert!(missing.unwrap_err().to_string().contains("missing"));
    assert_eq!(session.record(&name).unwrap().ledger.head().unwrap(), before);
}

#[test]
fn digests_and_numbers_are_read_as_such_or_refused() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let digest = format!("sha256:{}", "ab".repeat(32));
    let good =
        act(Act::Verify, &[("subject", &["E-1"]), ("result", &["same"]), ("digests", &[&digest])]);
    session.write_down(&name, &good).unwrap();
    assert!(last_of(&mut session, &name, Act::Verify).contains(r#""algorithm":"sha256""#));
    for wrong in ["sha256:ab", "crc32:00000000", "abab"] {
        let wrong =
            act(Act::Verify, &[("subject", &["E"]), ("result", &["r"]), ("digests", &[wrong])]);
        assert!(matches!(session.write_down(&name, &wrong), Err(CaseworkError::Request(_))));
    }
}

#[test]
fn a_correction_names_an_entry_that_is_there() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let correct = |seq: &str| WrittenAct {
        reason: Some("typed wrong".into()),
        ..act(Act::Correct, &[("corrects_seq", &[seq]), ("text", &["E-2, not E-1"])])
    };
    session.write_down(&name, &correct("2")).unwrap();
    assert!(last_of(&mut session, &name, Act::Correct).contains(r#""corrects_seq":2"#));
    for wrong in ["99", "two", ""] {
        let refused = session.write_down(&name, &correct(wrong));
        assert!(matches!(refused, Err(CaseworkError::Request(_))), "{wrong}: {refused:?}");
    }
}

#[test]
fn long_words_come_from_a_file_and_an_image_brings_what_its_container_claims() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let file = house.write("words.txt", "كلمات".as_bytes());
    let text = format!("@{}", file.display());
    session.write_down(&name, &act(Act::Note, &[("text", &[&text])])).unwrap();
    assert!(last_of(&mut session, &name, Act::Note).contains("كلمات"));
    let image = house.write("disk.raw", &[0; 4096]);
    let path = image.to_str().unwrap();
    let acquired = act(
        Act::Acquire,
        &[
            ("exhibit", &["E-1"]),
            ("source", &["a stick"]),
            ("write_blocker", &["none"]),
            ("image", &[path]),
            ("digests", &[&format!("md5:{}", "00".repeat(16))]),
            ("read_errors", &["none"]),
        ],
    );
    session.write_down(&name, &acquired).unwrap();
    let body = last_of(&mut session, &name, Act::Acquire);
    assert!(body.contains(r#""format":"raw""#) && body.contains(r#""size_bytes":4096"#), "{body}");
}

#[test]
fn a_personal_signature_holds_and_its_key_is_named_first() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    session.create_examiner_key("Amal", None, false).unwrap();
    let signed =
        WrittenAct { sign_with: Some("Amal".into()), ..act(Act::Note, &[("text", &["mine"])]) };
    let written = session.write_down(&name, &signed).unwrap();
    assert_eq!(written.signed_by.as_deref(), Some("lab.test/1/Amal"));
    let verdict = verdict(&mut session, &name);
    assert_eq!((verdict.findings, verdict.signatures), (Vec::new(), 1));
    let unknown = WrittenAct { sign_with: Some("Nobody".into()), ..signed };
    assert!(matches!(session.write_down(&name, &unknown), Err(CaseworkError::Request(_))));
    let in_lab =
        session.write_down(&RecordName::Lab, &act(Act::Note, &[("text", &["lab"])])).unwrap();
    assert_eq!(in_lab.signed_by, None);
    // A signature that is taken away is missed: the entry itself says that there is one.
    session.sign_all().unwrap();
    drop(session);
    let taken =
        "DROP TRIGGER custody_entry_update; UPDATE custody_entry SET actor_signature = NULL";
    house.database().execute_batch(taken).unwrap();
    let findings = crate::harness::verdict(&mut house.session(), &name).findings;
    assert!(
        findings.iter().any(|finding| finding.contains("the signature is gone")),
        "{findings:?}"
    );
}
