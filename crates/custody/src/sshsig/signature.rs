//! The signature file.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256, Sha512};
use thiserror::Error;

use super::public_key::{ED25519, SshPublicKey};
use super::wire::{put_string, take_string};
use crate::keys::{KeyKind, SigningKey};

const MAGIC: &[u8; 6] = b"SSHSIG";
const VERSION: [u8; 4] = 1_u32.to_be_bytes();
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// OpenSSH breaks the base64 lines here.
const LINE_CHARACTERS: usize = 70;

/// The longest file that is read; Ed25519 signatures have about 300 bytes.
const MAX_FILE_BYTES: usize = 16_384;

/// A detached signature, verified by nobody yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshSignature {
    key: SshPublicKey,
    namespace: Vec<u8>,
    hash_algorithm: HashAlgorithm,
    signature: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HashAlgorithm {
    Sha256,
    Sha512,
}

/// Why a signature file does not count.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SshSignatureError {
    /// No signature file, or one of another algorithm than Ed25519.
    #[error("not an SSH signature that is understood here: {0}")]
    Form(&'static str),
    /// Made for another purpose.
    #[error("the signature was made for {found:?}, not for {expected:?}")]
    Namespace {
        /// The purpose that was asked for.
        expected: String,
        /// The purpose in the file.
        found: String,
    },
    /// Of other bytes, or forged.
    #[error("the signature does not verify: the bytes were changed, or the key is another one")]
    Signature,
}

/// Signs bytes for a purpose.
#[must_use]
pub fn ssh_sign(key: &SigningKey, namespace: &str, message: &[u8]) -> SshSignature {
    let namespace = namespace.as_bytes().to_vec();
    let hash_algorithm = HashAlgorithm::Sha512;
    let mut signature = Vec::new();
    put_string(&mut signature, ED25519.as_bytes());
    put_string(&mut signature, &key.sign(&signed_bytes(&namespace, hash_algorithm, message)));
    let key = SshPublicKey::from(&key.verifier(KeyKind::Note));
    SshSignature { key, namespace, hash_algorithm, signature }
}

impl SshSignature {
    /// The key that is said to have signed. Whether it is trusted is for the caller to decide.
    #[must_use]
    pub const fn key(&self) -> &SshPublicKey {
        &self.key
    }

    /// Verifies that these bytes were signed for this purpose by [`Self::key`].
    ///
    /// # Errors
    /// Another purpose, other bytes, or a forgery.
    pub fn verify(&self, namespace: &str, message: &[u8]) -> Result<(), SshSignatureError> {
        if self.namespace != namespace.as_bytes() {
            let found = String::from_utf8_lossy(&self.namespace).chars().take(80).collect();
            return Err(SshSignatureError::Namespace { expected: namespace.to_owned(), found });
        }
        let signed = signed_bytes(&self.namespace, self.hash_algorithm, message);
        match self.key.verifies(&signed, &self.signature) {
            true => Ok(()),
            false => Err(SshSignatureError::Signature),
        }
    }

    /// Reads a signature file.
    ///
    /// # Errors
    /// [`SshSignatureError::Form`].
    pub fn from_bytes(file: &[u8]) -> Result<Self, SshSignatureError> {
        let form = SshSignatureError::Form;
        if file.len() > MAX_FILE_BYTES {
            return Err(form("too long"));
        }
        let text = std::str::from_utf8(file).map_err(|_| form("not UTF-8"))?;
        let inner = text.trim().strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END));
        let base64: String = inner.ok_or(form("no armour"))?.split_ascii_whitespace().collect();
        let blob = BASE64.decode(base64).map_err(|_| form("not base64"))?;
        parse_blob(&blob).ok_or(form("a field of another form"))
    }
}

impl fmt::Display for SshSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = [MAGIC.as_slice(), &VERSION].concat();
        put_string(&mut blob, &self.key.to_blob());
        put_string(&mut blob, &self.namespace);
        put_string(&mut blob, b"");
        put_string(&mut blob, self.hash_algorithm.name());
        put_string(&mut blob, &self.signature);
        let base64 = BASE64.encode(blob);
        writeln!(f, "{BEGIN}")?;
        for line in base64.as_bytes().chunks(LINE_CHARACTERS) {
            writeln!(f, "{}", String::from_utf8_lossy(line))?;
        }
        writeln!(f, "{END}")
    }
}

impl HashAlgorithm {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Sha256 => b"sha256",
            Self::Sha512 => b"sha512",
        }
    }

    fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

fn parse_blob(blob: &[u8]) -> Option<SshSignature> {
    let mut rest = blob.strip_prefix(MAGIC)?.strip_prefix(&VERSION)?;
    let key = SshPublicKey::from_blob(take_string(&mut rest)?)?;
    let namespace = take_string(&mut rest)?.to_vec();
    let _reserved = take_string(&mut rest).filter(|reserved| reserved.is_empty())?;
    let hash_algorithm = match take_string(&mut rest)? {
        b"sha256" => HashAlgorithm::Sha256,
        b"sha512" => HashAlgorithm::Sha512,
        _ => return None,
    };
    let signature = take_string(&mut rest)?.to_vec();
    rest.is_empty().then_some(SshSignature { key, namespace, hash_algorithm, signature })
}

fn signed_bytes(namespace: &[u8], hash_algorithm: HashAlgorithm, message: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    put_string(&mut bytes, namespace);
    put_string(&mut bytes, b"");
    put_string(&mut bytes, hash_algorithm.name());
    put_string(&mut bytes, &hash_algorithm.digest(message));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_for_its_bytes_and_its_purpose_only() {
        let key = SigningKey::from_random_bytes("lab/log", &[1; 32]).unwrap();
        let made = ssh_sign(&key, "custody-checkpoint", b"message");
        let read = SshSignature::from_bytes(made.to_string().as_bytes()).unwrap();
        assert_eq!(read, made);
        assert_eq!(read.verify("custody-checkpoint", b"message"), Ok(()));
        assert_eq!(
            read.verify("custody-checkpoint", b"massage"),
            Err(SshSignatureError::Signature)
        );
        assert_eq!(
            read.verify("git", b"message").unwrap_err().to_string(),
            "the signature was made for \"custody-checkpoint\", not for \"git\""
        );
        assert_eq!(SshPublicKey::from_line(&read.key().to_line()).as_ref(), Some(read.key()));
    }

    #[test]
    fn a_broken_file_is_refused_at_every_byte() {
        let key = SigningKey::from_random_bytes("lab/log", &[1; 32]).unwrap();
        let blob = BASE64.decode(
            ssh_sign(&key, "n", b"m")
                .to_string()
                .lines()
                .filter(|line| !line.starts_with('-'))
                .collect::<String>(),
        );
        let blob = blob.unwrap();
        assert!(parse_blob(&blob).is_some());
        for at in 0..blob.len() {
            assert!(parse_blob(&blob[..at]).is_none(), "{at}");
            let mut bad = blob.clone();
            bad[at] ^= 1;
            let refused =
                parse_blob(&bad).is_none_or(|signature| signature.verify("n", b"m").is_err());
            assert!(refused, "{at}");
        }
    }

    /// As a hardware token signs: with its application, flags and counter.
    fn token_signature(flags: u8) -> SshSignature {
        let key = SigningKey::from_random_bytes("examiner", &[5; 32]).unwrap();
        let mut blob = Vec::new();
        put_string(&mut blob, b"sk-ssh-ed25519@openssh.com");
        put_string(&mut blob, key.verifier(KeyKind::Note).public_bytes());
        put_string(&mut blob, b"ssh:");
        let message = signed_bytes(b"n", HashAlgorithm::Sha512, b"m");
        let counter = [flags, 0, 0, 0, 9];
        let signed =
            [Sha256::digest(b"ssh:").as_slice(), &counter, &Sha256::digest(message)].concat();
        let mut signature = Vec::new();
        put_string(&mut signature, b"sk-ssh-ed25519@openssh.com");
        put_string(&mut signature, &key.sign(&signed));
        signature.extend(counter);
        let namespace = b"n".to_vec();
        let hash_algorithm = HashAlgorithm::Sha512;
        SshSignature {
            key: SshPublicKey::from_blob(&blob).unwrap(),
            namespace,
            hash_algorithm,
            signature,
        }
    }

    #[test]
    fn a_hardware_tokens_signature_counts_here_and_for_ssh_keygen_when_it_was_touched() {
        let folder = tempfile::tempdir().unwrap();
        for (flags, counts) in [(1, true), (0, false)] {
            let signature = token_signature(flags);
            assert_eq!(signature.verify("n", b"m").is_ok(), counts);
            assert!(signature.verify("n", b"x").is_err());
            let line = super::super::allowed_signers_line("e", "n", signature.key());
            std::fs::write(folder.path().join("allowed"), line).unwrap();
            std::fs::write(folder.path().join("sig"), signature.to_string()).unwrap();
            std::fs::write(folder.path().join("m"), "m").unwrap();
            let verify = std::process::Command::new("ssh-keygen")
                .args(["-q", "-Y", "verify", "-f", "allowed", "-I", "e", "-n", "n", "-s", "sig"])
                .current_dir(folder.path())
                .stdin(std::fs::File::open(folder.path().join("m")).unwrap())
                .output();
            match verify {
                // ssh-keygen asks for no touch; we do, as sshd does.
                Ok(output) => assert!(output.status.success(), "{output:?}"),
                Err(_) => eprintln!("skipped: ssh-keygen is not installed"),
            }
        }
    }
}
