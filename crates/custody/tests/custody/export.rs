//! An honest export, checked by this crate, by Python with OpenSSL, by sha256sum, by ssh-keygen, and by a BagIt program.

use crate::lab::{Known, Lab, ORIGIN, verify};
use crate::signatures::run;
use custody::{EntryProof, KeyKind, Remark, Standing};

#[test]
fn an_honest_export_holds_for_everybody() {
    let lab = Lab::new();
    let folder = tempfile::tempdir().unwrap();
    lab.export(folder.path());
    let witness = lab.witness.verifier(KeyKind::Cosigner);
    let known = Known {
        keys: vec![lab.log_verifier(), witness],
        against: vec![("kept.note".into(), lab.checkpoints[0].clone())],
    };
    let (report, printed) = verify(folder.path(), &known);
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert!(report.remarks.is_empty(), "{:?}", report.remarks);
    assert_eq!(
        (report.chain.entries, report.checkpoints, report.against, report.proofs),
        (10, 2, 1, 10)
    );
    assert_eq!(report.entry_signatures, [(7, lab.examiner.verifier(KeyKind::Note))]);
    assert_eq!(
        (report.covered, report.guarantees.signed_by_given_keys(), report.sealed),
        (10, 10, true)
    );
    assert_eq!((report.content_files, report.content_named_by), (1, Some(10)));
    assert_eq!(report.standing(), Standing::Proved);
    assert_eq!(report.guarantees.all().len(), 3, "the log's key, the witness, the kept checkpoint");
    assert_eq!(report.keys.len(), 3);
    let Some(printed) = printed else { return };
    let expected = "2 checkpoints, 2 SSH signatures, 1 kept elsewhere, 10 proofs, 0 time stamps, 1 personal signature, 3 keys, signed as a whole: yes";
    assert!(printed.contains(expected), "{printed}");
    assert!(printed.contains(&format!("{} files listed", report.files)), "{printed}");
    assert!(printed.contains(&case_model::to_hex(&report.chain.root)));
    assert!(printed.contains(&lab.log_verifier().fingerprint()));
    assert!(!printed.contains("NOTE"), "{printed}");
}

#[test]
fn without_a_key_from_outside_that_is_said() {
    let mut lab = Lab::new();
    let folder = tempfile::tempdir().unwrap();
    lab.append(&crate::record::body(custody::Act::Note, 60).field("text", "après le cachet"));
    lab.export(folder.path());
    let (report, printed) = verify(folder.path(), &Known::default());
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!(report.standing(), Standing::Consistent);
    assert_eq!(report.remarks, [Remark::NoTrustedKey, Remark::Uncovered { from: 11, to: 11 }]);
    if let Some(printed) = printed {
        assert!(
            printed.contains("NOTE   no key from outside")
                && printed.contains("NOTE   entries 11 to 11")
        );
    }
}

#[test]
fn the_export_is_a_bag_for_sha256sum_and_for_the_library_of_congress() {
    let lab = Lab::new();
    let folder = tempfile::tempdir().unwrap();
    lab.export(folder.path());
    let arguments = ["--strict", "--quiet", "-c", "manifest-sha256.txt", "tagmanifest-sha256.txt"];
    if let Some(output) = run(folder.path(), "sha256sum", &arguments, b"") {
        assert!(output.status.success(), "{output:?}");
    }
    let script = "import bagit, sys; bag = bagit.Bag('.'); bag.validate(); print(bag.info['External-Identifier'])";
    let Some(output) = run(folder.path(), "python3", &["-X", "utf8", "-c", script], b"") else {
        return;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("No module named 'bagit'") {
        eprintln!("skipped: Python's bagit is not installed");
        return;
    }
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), ORIGIN);
}

#[test]
fn ssh_keygen_verifies_the_checkpoint_file_as_the_readme_says() {
    let lab = Lab::new();
    let folder = tempfile::tempdir().unwrap();
    lab.export(folder.path());
    let checkpoints = folder.path().join("data/checkpoints");
    let mut names: Vec<_> =
        std::fs::read_dir(checkpoints).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    let note = names
        .iter()
        .map(|name| name.to_str().unwrap())
        .find(|name| name.ends_with(".note"))
        .unwrap();
    let script = format!(
        "ssh-keygen -Y verify -f data/keys/allowed_signers -I log -n custody-checkpoint \
         -s data/checkpoints/{note}.1.sshsig < data/checkpoints/{note}"
    );
    let output = run(folder.path(), "sh", &["-c", &script], b"").unwrap();
    match output.status.code() {
        Some(127) => eprintln!("skipped: ssh-keygen is not installed"),
        code => assert_eq!(code, Some(0), "{output:?}"),
    }
}

#[test]
fn one_proof_alone_is_an_exhibit() {
    let lab = Lab::new();
    let folder = tempfile::tempdir().unwrap();
    lab.export(folder.path());
    let bytes = std::fs::read(folder.path().join("data/proofs/000000000007.tlog-proof")).unwrap();
    let proof = EntryProof::from_bytes(&bytes).unwrap();
    let body = proof.body.clone().unwrap();
    assert_eq!(body, lab.entries[6].body);
    let keys = [lab.log_verifier(), lab.witness.verifier(KeyKind::Cosigner)];
    let signers = proof.verify(&body, &keys).unwrap();
    assert_eq!(
        signers.iter().map(|signer| signer.unix_seconds).collect::<Vec<_>>(),
        [None, Some(1_795_251_700)]
    );
}

#[test]
fn an_export_overwrites_nothing_and_writes_nowhere_else() {
    use custody::{ExportOutput as _, Folder};
    let folder = tempfile::tempdir().unwrap();
    let mut output = Folder::new(folder.path().join("export"));
    assert!(output.create("data/log.jsonl").is_ok());
    assert!(output.create("data/log.jsonl").is_err());
    assert!(output.create("../outside").is_err());
    assert!(output.create("/tmp/outside").is_err());
}
