//! What people do to a record, and what finds it out. Every case is judged by this crate and by the Python verifier.

use std::path::Path;

use crate::lab::{CONTENT_PATH, Known, Lab, ORIGIN, assert_found, key_add, key_revoke, verify};
use crate::record::body;
use custody::{Act, KeyRole, SignedCheckpoint, SigningKey, Standing};

fn exported(lab: &Lab) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    lab.export(folder.path());
    folder
}

fn change(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from));
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_byte_changed_in_the_folder_is_found_in_file_and_row() {
    let folder = exported(&Lab::new());
    change(&folder.path().join("data/log.jsonl"), "dernier constat", "premier constat");
    assert_found(
        folder.path(),
        &Known::default(),
        "data/log.jsonl: its SHA-256 is",
        "data/log.jsonl: its SHA-256 is",
    );
    assert_found(
        folder.path(),
        &Known::default(),
        "entry 9 (row 9): the stored hash is",
        "entry 9: the stored hash is",
    );
}

#[test]
fn an_edited_row_is_found_though_all_manifests_fit() {
    let mut lab = Lab::new();
    lab.edit(9, "dernier constat", "premier constat", false);
    let folder = exported(&lab);
    assert_found(
        folder.path(),
        &Known::default(),
        "entry 9 (row 9): the stored hash is",
        "entry 9: the stored hash is",
    );
}

#[test]
fn rows_cut_off_are_found_by_the_checkpoint_that_covers_them() {
    let mut lab = Lab::new();
    lab.entries.truncate(8);
    let folder = exported(&lab);
    let rust = "the checkpoint covers 10 entries, the record has 8 good ones";
    let python = "covers 10 entries, the record has 8";
    assert_found(folder.path(), &Known::default(), rust, python);

    // The attacker removes that checkpoint too: what is left is consistent in itself ...
    let kept = lab.checkpoints.pop().unwrap();
    let folder = exported(&lab);
    assert!(verify(folder.path(), &Known::default()).0.is_sound());
    // ... and only a copy that somebody else kept shows it.
    let known = Known { against: vec![("kept.note".into(), kept)], ..Known::default() };
    assert_found(folder.path(), &known, &format!("kept.note: {rust}"), python);
}

#[test]
fn rows_in_another_order_are_found() {
    let mut lab = Lab::new();
    lab.entries.swap(5, 6);
    let rust = "entry 7 (row 6): sequence number 6 expected";
    let python = "entry 6: sequence number 6 expected, 7 found";
    assert_found(exported(&lab).path(), &Known::default(), rust, python);
    let mut lab = Lab::new();
    lab.entries.remove(6);
    assert_found(
        exported(&lab).path(),
        &Known::default(),
        "sequence number 7 expected, 8 found",
        "sequence number 7 expected, 8 found",
    );
}

#[test]
fn a_record_rewritten_with_new_hashes_is_found_by_its_checkpoints() {
    let mut lab = Lab::new();
    lab.edit(6, "« dossier »", "« autre »", true);
    let folder = exported(&lab);
    assert_found(
        folder.path(),
        &Known::default(),
        "the first 10 entries have the root",
        "the first 10 entries have the root",
    );
    // Entry 7 names another predecessor now, so the examiner's signature of it no longer fits either.
    let rust = "the signature is not about entry 7";
    let python = "000000000007.note: about another entry";
    assert_found(folder.path(), &Known::default(), rust, python);
}

#[test]
fn a_record_rewritten_with_a_key_of_the_forger_is_found_by_the_key_on_paper() {
    let honest = Lab::new();
    let mut forged = honest.clone();
    forged.log = SigningKey::from_random_bytes(ORIGIN, &[99; 32]).unwrap();
    let old = honest.log_verifier().to_string();
    let new = forged.log_verifier().to_string();
    forged.edit(2, &old, &new, true);
    forged.edit(9, "dernier", "premier", true);
    forged.checkpoints.clear();
    forged.checkpoint();
    forged.signatures.clear();
    let folder = exported(&forged);
    // In itself it is a perfect record. That is why fingerprints are kept on paper.
    assert!(verify(folder.path(), &Known::default()).0.is_sound());
    let known = Known { keys: vec![honest.log_verifier()], ..Known::default() };
    let python = "data/checkpoints: none is signed by a key that was given";
    assert_found(folder.path(), &known, "no checkpoint is signed by a key that was given", python);
}

#[test]
fn a_split_view_is_found_when_the_two_checkpoints_meet() {
    let shown_to_court = Lab::new();
    let mut shown_to_defence = Lab::new();
    // The holder of the log key shows somebody another record of the same length.
    shown_to_defence.edit(9, "dernier", "premier", true);
    shown_to_defence.checkpoints.pop();
    shown_to_defence.checkpoint();
    let folder = exported(&shown_to_defence);
    let known = Known { keys: vec![shown_to_defence.log_verifier()], ..Known::default() };
    assert!(verify(folder.path(), &known).0.is_sound());
    let court = shown_to_court.checkpoints[1].clone();
    let known = Known { against: vec![("court.note".into(), court.clone())], ..known };
    assert_found(
        folder.path(),
        &known,
        "court.note: the first 10 entries have the root",
        "somebody was shown another one",
    );
    let defence = shown_to_defence.checkpoints[1].checkpoint();
    let refused = court.checkpoint().continued_by(defence, &[]).unwrap_err().to_string();
    assert!(refused.starts_with("split view: two checkpoints of 10 entries"), "{refused}");
}

#[test]
fn what_a_revoked_key_signs_does_not_count() {
    let mut lab = Lab::new();
    let stolen = lab.log.clone();
    lab.append(&key_revoke(&stolen, KeyRole::Log));
    lab.log = SigningKey::from_random_bytes(ORIGIN, &[77; 32]).unwrap();
    lab.append(&key_add(&lab.log, KeyRole::Log));
    lab.append(&key_revoke(&lab.examiner, KeyRole::Examiner));
    lab.append(&body(Act::Note, 60).field("text", "بعد الإلغاء"));
    lab.checkpoint();
    let honest = exported(&lab);
    assert!(verify(honest.path(), &Known::default()).0.is_sound(), "older checkpoints stay valid");

    let mut forged = lab.clone();
    forged.append(&body(Act::Note, 61).field("text", "forgé"));
    forged.checkpoints.push(forged.checkpoint_by(&stolen));
    let rust = "whose signatures count from entry 2 and are void from entry 11";
    let python = "signed only by a key that does not count at entry 15: revoked";
    assert_found(exported(&forged).path(), &Known::default(), rust, python);
    // Nor does it count when the verifying person has only the old key on paper.
    let known = Known { keys: vec![stolen.verifier(custody::KeyKind::Note)], ..Known::default() };
    assert_found(exported(&forged).path(), &known, rust, python);

    let mut forged = lab.clone();
    forged.sign(14);
    let rust = "entry 14 is signed by lab.example/ليلى";
    let python = "signed only by a key that does not count at entry 14: revoked";
    assert_found(exported(&forged).path(), &Known::default(), rust, python);

    let mut forged = lab;
    forged.log = stolen;
    let rust = "tagmanifest-sha256.txt.note: no signature by a key that is trusted";
    let python = "tagmanifest-sha256.txt.note: signed only by";
    assert_found(exported(&forged).path(), &Known::default(), rust, python);
}

#[test]
fn a_key_that_may_have_been_stolen_earlier_is_void_from_then_on() {
    let mut lab = Lab::new();
    lab.append(&key_revoke(&lab.log, KeyRole::Log).field("since_seq", 7_u64));
    // Size 10, signed by the log key alone, which is void from entry 7.
    let mut ten = Lab::new();
    let alone = ten.checkpoint_by(&ten.log);
    ten.checkpoints = vec![alone];
    ten.entries = lab.entries.clone();
    let rust = "void from entry 7";
    let python = "does not count at entry 10";
    assert_found(exported(&ten).path(), &Known::default(), rust, python);
    // The witness saw the same checkpoint: it still holds.
    lab.log = SigningKey::from_random_bytes(ORIGIN, &[77; 32]).unwrap();
    lab.append(&key_add(&lab.log, KeyRole::Log));
    let folder = exported(&lab);
    let (report, _) = verify(folder.path(), &Known::default());
    assert!(report.is_sound(), "{:#?}", report.findings);
}

#[test]
fn an_examiners_key_signs_no_checkpoint_and_the_logs_key_no_entry() {
    let mut lab = Lab::new();
    lab.checkpoints = vec![lab.checkpoint_by(&lab.examiner)];
    assert_found(
        exported(&lab).path(),
        &Known::default(),
        "no signature by a key that is trusted here",
        "no signature by a known key",
    );
    let mut lab = Lab::new();
    lab.signatures.clear();
    std::mem::swap(&mut lab.examiner, &mut lab.log);
    lab.sign(3);
    std::mem::swap(&mut lab.examiner, &mut lab.log);
    assert_found(
        exported(&lab).path(),
        &Known::default(),
        "000000000003.note: no signature by a key",
        "000000000003.note: no signature",
    );
}

#[test]
fn files_added_taken_away_or_exchanged_are_found() {
    let lab = Lab::new();
    let known = Known::default();
    let folder = exported(&lab);
    std::fs::write(folder.path().join("data/extra.txt"), "x").unwrap();
    assert_found(
        folder.path(),
        &known,
        "data/extra.txt: is in no manifest",
        "data/extra.txt: is in no manifest",
    );
    let folder = exported(&lab);
    std::fs::remove_file(folder.path().join("data/signatures/000000000007.note")).unwrap();
    assert_found(
        folder.path(),
        &known,
        "000000000007.note: is missing",
        "000000000007.note: is missing",
    );
    let folder = exported(&lab);
    change(&folder.path().join("verify.py"), "wrong = []", "wrong = ()");
    assert_found(folder.path(), &known, "verify.py: its SHA-256 is", "verify.py: its SHA-256 is");
    let folder = exported(&lab);
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("data/link")).unwrap();
    assert_found(
        folder.path(),
        &known,
        "data/link is no ordinary file",
        "data/link: is no ordinary file",
    );
    assert_found(
        tempfile::tempdir().unwrap().path(),
        &known,
        "data/log.jsonl: is missing",
        "data/log.jsonl",
    );
}

#[test]
fn a_signature_taken_away_with_new_manifests_is_found_by_the_signature_of_the_whole() {
    let lab = Lab::new();
    let mut poorer = lab.clone();
    poorer.signatures.clear();
    let folder = exported(&lab);
    let other = exported(&poorer);
    let seal = "tagmanifest-sha256.txt.note";
    std::fs::copy(folder.path().join(seal), other.path().join(seal)).unwrap();
    assert_found(
        other.path(),
        &Known::default(),
        "the signature is about another export",
        "about another export",
    );
}

#[test]
fn a_detached_signature_of_another_file_or_key_is_found() {
    let lab = Lab::new();
    let folder = exported(&lab);
    let name = |size: usize| {
        let wanted = format!("{size:012}-");
        let files = std::fs::read_dir(folder.path().join("data/checkpoints")).unwrap();
        let mut names = files.map(|file| file.unwrap().path());
        names.find(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(&wanted) && name.ends_with("sshsig")
        })
    };
    std::fs::copy(name(5).unwrap(), name(10).unwrap()).unwrap();
    let rust = "sshsig: the signature does not verify";
    assert_found(folder.path(), &Known::default(), rust, "sshsig: the signature does not verify");
    let stranger = SigningKey::from_random_bytes("x", &[9; 32]).unwrap();
    let note = name(10).unwrap().to_str().unwrap().replace(".1.sshsig", "");
    let signature =
        custody::ssh_sign(&stranger, "custody-checkpoint", &std::fs::read(note).unwrap());
    std::fs::write(name(10).unwrap(), signature.to_string()).unwrap();
    assert_found(
        folder.path(),
        &Known::default(),
        "sshsig: signed by a key",
        "sshsig: signed by a key",
    );
    let signature = custody::ssh_sign(&lab.log, "git", b"");
    std::fs::write(name(10).unwrap(), signature.to_string()).unwrap();
    assert_found(
        folder.path(),
        &Known::default(),
        "was made for \"git\"",
        "made for another purpose",
    );
}

#[test]
fn a_key_file_exchanged_is_found_even_with_new_manifests() {
    // As an attacker who rewrites the manifests: the key file's own check must find it.
    let folder = exported(&Lab::new());
    let keys = std::fs::read_dir(folder.path().join("data/keys")).unwrap();
    let pem = keys
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "pem"))
        .unwrap();
    change(&pem, "MCowBQYDK2VwAyEA", "MCowBQYDK2VwAyEB");
    assert_found(
        folder.path(),
        &Known::default(),
        "another key than the one",
        "the .pem file holds another key",
    );
}

/// Rewrites the manifests so that they fit, as an attacker does, and takes the signature of the whole away or makes it anew.
fn refit(folder: &Path, key: Option<&SigningKey>) {
    use sha2::{Digest as _, Sha256};
    let _ = std::fs::remove_file(folder.join("tagmanifest-sha256.txt.note"));
    for manifest in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
        let text = std::fs::read_to_string(folder.join(manifest)).unwrap();
        let lines = text.lines().map(|line| {
            let path = &line[66..];
            let digest = Sha256::digest(std::fs::read(folder.join(path)).unwrap());
            format!("{}  {path}\n", case_model::to_hex(&digest))
        });
        let text: String = lines.collect();
        std::fs::write(folder.join(manifest), text).unwrap();
    }
    if let Some(key) = key {
        let digest = Sha256::digest(std::fs::read(folder.join("tagmanifest-sha256.txt")).unwrap());
        let text = format!("athar-custody-export/v1\n{ORIGIN}\n{}\n", case_model::to_hex(&digest));
        let mut seal = custody::SignedNote::new(&text).unwrap();
        seal.sign(key);
        std::fs::write(folder.join("tagmanifest-sha256.txt.note"), seal.to_string()).unwrap();
    }
}

#[test]
fn both_verifiers_agree_about_any_changed_byte_when_the_manifests_fit() {
    const CHANGES: u64 = 12;
    let changes =
        std::env::var("ATHAR_CHANGES").ok().and_then(|text| text.parse().ok()).unwrap_or(CHANGES);
    let lab = Lab::new();
    let known = Known { keys: vec![lab.log_verifier()], against: vec![] };
    let mut found = 0;
    // Minimal standard generator: the same changes in every run.
    let mut state = 20_261_121_u64;
    let mut next = |below: usize| {
        state = state * 48_271 % 2_147_483_647;
        state as usize % below
    };
    for _ in 0..changes {
        let folder = exported(&lab);
        let manifest = std::fs::read_to_string(folder.path().join("manifest-sha256.txt")).unwrap();
        let paths: Vec<_> = manifest.lines().map(|line| folder.path().join(&line[66..])).collect();
        let path = &paths[next(paths.len())];
        let mut bytes = std::fs::read(path).unwrap();
        let at = next(bytes.len());
        bytes[at] ^= 1 << next(8);
        std::fs::write(path, bytes).unwrap();
        // Without the seal's help: as by somebody who has the log's key.
        refit(folder.path(), Some(&lab.log));
        // Panics when the two disagree.
        found += u64::from(!verify(folder.path(), &known).0.is_sound());
    }
    // Only white space in armour may change unseen.
    assert!(found * 10 >= changes * 8, "{found} of {changes}");
}

#[test]
fn content_that_is_changed_or_taken_away_with_new_manifests_is_found() {
    let lab = Lab::new();
    let known = Known {
        keys: vec![lab.log_verifier()],
        against: vec![("kept.note".into(), lab.checkpoints[1].clone())],
    };
    let words = "entry 10 names the content with the digest";
    // Without the log's key the signature of the whole is lost; with it, the entry under the checkpoint still tells.
    for key in [None, Some(&lab.log)] {
        for take_away in [false, true] {
            let folder = exported(&lab);
            let content = folder.path().join(CONTENT_PATH);
            std::fs::write(&content, "autre").unwrap();
            if take_away {
                std::fs::remove_file(&content).unwrap();
                let manifest = folder.path().join("manifest-sha256.txt");
                let text = std::fs::read_to_string(&manifest).unwrap();
                let left = text.lines().filter(|line| !line.ends_with(CONTENT_PATH));
                std::fs::write(manifest, left.map(|line| format!("{line}\n")).collect::<String>())
                    .unwrap();
            }
            refit(folder.path(), key);
            assert_found(folder.path(), &known, words, words);
            if key.is_none() {
                let words = "tagmanifest-sha256.txt.note: is missing: every export is signed";
                assert_found(folder.path(), &known, words, words);
            }
        }
    }
}

#[test]
fn an_export_without_any_checkpoint_is_not_valid() {
    let mut lab = Lab::new();
    lab.checkpoints.clear();
    let words = "data/checkpoints: no checkpoint that holds";
    assert_found(exported(&lab).path(), &Known::default(), words, words);
}

#[test]
fn what_only_the_record_itself_names_proves_nothing() {
    let lab = Lab::new();
    let folder = exported(&lab);
    let standing = |keys: &[custody::VerifierKey], against: &[SignedCheckpoint]| {
        let against =
            against.iter().map(|signed| ("kept.note".to_owned(), signed.clone())).collect();
        verify(folder.path(), &Known { keys: keys.to_vec(), against }).0.standing()
    };
    let witness = lab.witness.verifier(custody::KeyKind::Cosigner);
    assert_eq!(standing(&[], &[]), Standing::Consistent);
    assert_eq!(standing(&[lab.log_verifier()], &[]), Standing::Proved);
    assert_eq!(standing(&[witness], &[]), Standing::Proved);
    assert_eq!(standing(&[], &lab.checkpoints[1..]), Standing::Proved);
    // A checkpoint of the first five entries says nothing of the others.
    assert_eq!(standing(&[], &lab.checkpoints[..1]), Standing::Consistent);
}

#[test]
fn an_export_of_an_earlier_version_is_proved_by_its_signature_alone() {
    let mut lab = Lab::new();
    lab.entries.pop();
    lab.append(
        &body(Act::ExportLog, 9)
            .case("2026-0142")
            .field("to", "x")
            .field("size", 9_u64)
            .field("root", "00"),
    );
    lab.checkpoints.pop();
    lab.checkpoint();
    let folder = exported(&lab);
    let known = Known { keys: vec![lab.log_verifier()], ..Known::default() };
    assert_eq!(verify(folder.path(), &known).0.standing(), Standing::Proved);
    let known = Known {
        against: vec![("kept.note".into(), lab.checkpoints[1].clone())],
        ..Known::default()
    };
    assert_eq!(
        verify(folder.path(), &known).0.standing(),
        Standing::Consistent,
        "the kept checkpoint covers no file"
    );
}
