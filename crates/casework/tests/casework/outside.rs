//! Proof for the outside.

use case_model::RecordName;
use casework::{
    CaseworkError, CustodyExport, NoKeyHolder, WitnessFolder, create_witness_key, log_key_of,
    read_key,
};
use custody::{Folder, KeyRole, Trust, ZipInput, verify_export};

use crate::harness::{House, case, folder, note, scan, verdict};

#[test]
fn an_entry_is_proved_under_a_signed_checkpoint() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let entry = note(&mut session, &name, "exhibit").unwrap();
    note(&mut session, &name, "later").unwrap();
    let proof = session.prove(&name, entry.seq).unwrap();
    let key = log_key_of(&session.lab_keys().unwrap()).unwrap().key.clone();
    proof.verify(&entry.body, std::slice::from_ref(&key)).unwrap();
    proof.verify(b"another", &[key]).unwrap_err();
    assert!(matches!(session.prove(&name, 99), Err(CaseworkError::Request(_))));
}

#[test]
fn a_witness_signs_what_continues_and_its_signature_is_taken_in() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let key_file = house.path("court.key");
    let (witness, vkey) = create_witness_key("Court", &key_file, false, &NoKeyHolder).unwrap();
    session.add_key(&witness, KeyRole::Witness, "Court", &vkey).unwrap();
    note(&mut session, &name, "x").unwrap();
    let log_key = log_key_of(&session.lab_keys().unwrap()).unwrap().key.to_string();
    let log_key = house.write("lab.vkey", log_key.as_bytes());
    let seen = WitnessFolder::new(&house.path("seen"));
    let key = read_key(&key_file, &NoKeyHolder).unwrap().unwrap();
    for round in 0..2 {
        let request = house.path(&format!("request {round}"));
        let reply = house.path(&format!("reply {round}"));
        let asked = session.ask_witness(&name, &request, None, None).unwrap();
        // Only the first time the witness needs the lab's key.
        let signed =
            seen.sign(&request, &key, (round == 0).then_some(log_key.as_path()), &reply).unwrap();
        assert_eq!(signed.size(), asked.size);
        assert_eq!(session.take_cosignature(&name, &reply).unwrap().size, asked.size);
        assert_eq!(verdict(&mut session, &name).cosigned, asked.size);
        note(&mut session, &name, "more").unwrap();
    }
    // A cosignature that is taken away, in the file and in the lab's own copy, is missed.
    session.sign_all().unwrap();
    drop(session);
    let database = house.database();
    let taken = database.query_row(
        "SELECT max(seq) FROM custody_checkpoint WHERE note LIKE '%Court%'",
        [],
        |row| row.get::<_, i64>(0),
    );
    let (seq, note_text): (i64, Vec<u8>) = database
        .query_row(
            "SELECT seq, note FROM custody_checkpoint WHERE seq = ?1",
            [taken.unwrap()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let kept: String = String::from_utf8(note_text)
        .unwrap()
        .split_inclusive('\n')
        .filter(|line| !line.contains("Court"))
        .collect();
    database
        .execute("UPDATE custody_checkpoint SET note = ?2 WHERE seq = ?1", (seq, kept.into_bytes()))
        .unwrap();
    drop(database);
    let mut session = house.session();
    let findings = verdict(&mut session, &name).findings;
    assert!(
        findings
            .iter()
            .any(|finding| finding.contains("witness Court signed") && finding.contains("is gone")),
        "{findings:?}"
    );
    let stranger = WitnessFolder::new(&house.path("stranger"));
    let refused =
        stranger.sign(&house.path("request 0"), &key, None, &house.path("reply")).unwrap_err();
    assert!(refused.to_string().contains("new here"), "{refused}");
    assert!(session.take_cosignature(&name, &house.path("court.key")).is_err());
}

#[test]
fn an_export_verifies_alone_as_folder_and_zip() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[house.write("disk.raw", &[7; 8192]), folder(&house)]);
    let key = log_key_of(&session.lab_keys().unwrap()).unwrap().key.clone();
    for out in ["export", "export.zip"] {
        let request = CustodyExport {
            case: case(),
            out: house.path(out),
            authority: Some("order:7/2026".into()),
            files: true,
        };
        let entries = session.export_custody(&request).unwrap();
        let keys = [key.clone()];
        let trust = Trust { keys: &keys, against: &[], origin: None };
        let report = match out.ends_with("zip") {
            true => verify_export(&ZipInput::open(&request.out).unwrap(), trust),
            false => verify_export(&Folder::new(&request.out), trust),
        };
        assert!(report.is_sound(), "{out}: {:?}", report.findings);
        assert_eq!(
            (report.chain.entries, report.guarantees.signed_by_given_keys()),
            (entries, entries)
        );
        assert!(
            matches!(session.export_custody(&request), Err(CaseworkError::Request(_))),
            "never over a file"
        );
    }
}

#[test]
fn a_request_for_a_time_stamp_holds_a_digest_and_a_foreign_answer_is_refused() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    let request = house.path("request.tsq");
    let signed = session.request_timestamp(&RecordName::Lab, &request).unwrap();
    assert_eq!(signed.checkpoint().origin(), "lab.test/1");
    let bytes = std::fs::read(&request).unwrap();
    assert!(bytes.len() < 128 && bytes.starts_with(&[0x30]), "{bytes:02x?}");
    session.take_timestamp(&RecordName::Lab, &request).unwrap_err();
}
