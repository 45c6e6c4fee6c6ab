//! Signatures between this crate, OpenSSL and OpenSSH.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use custody::{
    CHECKPOINT_NAMESPACE, Checkpoint, KeyKind, SigningKey, SshPublicKey, SshSignature,
    allowed_signers_line, ssh_sign,
};

fn key() -> SigningKey {
    SigningKey::from_random_bytes("lab.example/ledger", &[42; 32]).unwrap()
}

/// Runs a program in a folder; `None`, with a note, when it is not installed.
pub(crate) fn run(
    folder: &Path,
    program: &str,
    arguments: &[&str],
    input: &[u8],
) -> Option<Output> {
    use std::io::Write as _;
    let child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    Some(child.wait_with_output().unwrap())
}

#[test]
fn openssl_verifies_the_signature_of_a_checkpoint_with_the_pem_key() {
    let folder = tempfile::tempdir().unwrap();
    let signed = Checkpoint::new("lab.example/ledger", 3, [9; 32]).unwrap().sign(&key());
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("key.pem", key().verifier(KeyKind::Note).to_pem().as_bytes());
    write("text", signed.note().text().as_bytes());
    write("sig", &signed.note().signatures()[0].bytes);
    let arguments = [
        "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-in", "text", "-sigfile",
        "sig",
    ];
    let Some(output) = run(folder.path(), "openssl", &arguments, b"") else { return };
    assert!(output.status.success(), "{output:?}");
    write("text", signed.note().text().replace('3', "4").as_bytes());
    assert!(!run(folder.path(), "openssl", &arguments, b"").unwrap().status.success());
}

#[test]
fn ssh_keygen_verifies_our_signature_for_its_purpose_only() {
    let folder = tempfile::tempdir().unwrap();
    let signed =
        Checkpoint::new("lab.example/ledger", 3, [9; 32]).unwrap().sign(&key()).to_string();
    let signature = ssh_sign(&key(), CHECKPOINT_NAMESPACE, signed.as_bytes());
    let signer = allowed_signers_line("lab", CHECKPOINT_NAMESPACE, signature.key());
    std::fs::write(folder.path().join("allowed"), signer).unwrap();
    std::fs::write(folder.path().join("sig"), signature.to_string()).unwrap();
    let verify = |namespace: &str, input: &str| {
        let arguments =
            ["-Y", "verify", "-f", "allowed", "-I", "lab", "-n", namespace, "-s", "sig"];
        run(folder.path(), "ssh-keygen", &arguments, input.as_bytes())
            .map(|output| output.status.success())
    };
    let Some(good) = verify(CHECKPOINT_NAMESPACE, &signed) else { return };
    assert!(good);
    assert_eq!(verify(CHECKPOINT_NAMESPACE, &signed.replace("\n3\n", "\n4\n")), Some(false));
    assert_eq!(verify("git", &signed), Some(false));
}

#[test]
fn a_signature_that_ssh_keygen_made_verifies_here() {
    let folder = tempfile::tempdir().unwrap();
    let generate = ["-q", "-t", "ed25519", "-N", "", "-C", "examiner", "-f", "id"];
    if run(folder.path(), "ssh-keygen", &generate, b"").is_none() {
        return;
    }
    std::fs::write(folder.path().join("message"), "قيد رقم 7\n").unwrap();
    let sign = ["-Y", "sign", "-f", "id", "-n", CHECKPOINT_NAMESPACE, "message"];
    assert!(run(folder.path(), "ssh-keygen", &sign, b"").unwrap().status.success());
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let signature = SshSignature::from_bytes(&read("message.sig")).unwrap();
    let line = String::from_utf8(read("id.pub")).unwrap();
    assert_eq!(SshPublicKey::from_line(&line).as_ref(), Some(signature.key()));
    assert_eq!(signature.verify(CHECKPOINT_NAMESPACE, &read("message")), Ok(()));
    assert!(signature.verify(CHECKPOINT_NAMESPACE, b"other").is_err());
    assert_eq!(
        signature.to_string().into_bytes(),
        read("message.sig"),
        "written as OpenSSH writes it"
    );
}
