//! A small laboratory: its keys, its record, its export.

use std::path::{Path, PathBuf};
use std::process::Command;

use custody::{
    Act, BagInfo, CHECKPOINT_NAMESPACE, Checkpoint, EntryBody, ExportReport, ExportWriter, Folder,
    Head, KeyKind, KeyRole, SignedCheckpoint, SignedNote, SigningKey, Standing, StoredEntry, Trust,
    UtcTime, VerifierKey, merkle_root, sign_entry, ssh_sign, verify_export,
};

use crate::record::body;

pub(crate) const ORIGIN: &str = "lab.example/القضية-2026-0142";

/// The path of the file beside the record.
pub(crate) const CONTENT_PATH: &str = "data/محاضر/procès-verbal 1.txt";

/// Keys and everything that an export is made of.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) log: SigningKey,
    pub(crate) witness: SigningKey,
    pub(crate) examiner: SigningKey,
    pub(crate) entries: Vec<StoredEntry>,
    pub(crate) checkpoints: Vec<SignedCheckpoint>,
    pub(crate) signatures: Vec<(u64, SignedNote)>,
    /// The file beside the record, if there is one.
    pub(crate) content: Option<Vec<u8>>,
}

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_random_bytes(name, &[seed; 32]).unwrap()
}

pub(crate) fn key_add(key: &SigningKey, role: KeyRole) -> EntryBody {
    let text = key.verifier(role.kind()).to_string();
    body(Act::KeyAdd, 1).field("key", text).field("role", role.key()).field("holder", "المختبر")
}

pub(crate) fn key_revoke(key: &SigningKey, role: KeyRole) -> EntryBody {
    let text = key.verifier(role.kind()).to_string();
    body(Act::KeyRevoke, 50).reason("clé perdue").field("key", text)
}

impl Lab {
    /// Ten entries, a checkpoint after five and after ten, both cosigned, entry 7 signed by the examiner.
    pub(crate) fn new() -> Self {
        let log = key(ORIGIN, 1);
        let witness = key("court.example/witness", 2);
        let examiner = key("lab.example/ليلى", 3);
        let mut lab = Self {
            log,
            witness,
            examiner,
            entries: vec![],
            checkpoints: vec![],
            signatures: vec![],
            content: None,
        };
        lab.content = Some("ختم".as_bytes().to_vec());
        lab.append(&body(Act::LabCreate, 0).field("lab", "Laboratoire régional"));
        lab.append(&key_add(&lab.log, KeyRole::Log));
        lab.append(&key_add(&lab.witness, KeyRole::Witness));
        lab.append(&key_add(&lab.examiner, KeyRole::Examiner));
        lab.append(&body(Act::CaseCreate, 4).case("2026-0142").reason("réquisition PG/2026/77"));
        lab.checkpoint();
        let note = |text: &str| body(Act::Note, 5).case("2026-0142").field("text", text);
        lab.append(&note("ملف باسم \u{202e}gpj.exe\u{202c} \u{2028} « dossier »"));
        lab.append(&note("القرص سليم\u{0}\u{1f}\u{7f}"));
        lab.append(&note(&"مذكرة 60 KB. ".repeat(3_400)));
        lab.append(&note("dernier constat"));
        lab.append(&lab.export_entry());
        lab.checkpoint();
        lab.sign(7);
        lab
    }

    /// The entry about an export of the record as it is, which names the digest of the file beside it.
    pub(crate) fn export_entry(&self) -> EntryBody {
        let mut export =
            ExportWriter::new(Folder::new(tempfile::tempdir().unwrap().path()), ORIGIN);
        if let Some(content) = &self.content {
            export.payload(CONTENT_PATH, |out| out.write_all(content)).unwrap();
        }
        let (files, content) = export.content();
        body(Act::ExportLog, 9)
            .case("2026-0142")
            .field("to", "export")
            .field("size", self.entries.len() as u64)
            .field("root", case_model::to_hex(&merkle_root(&[])))
            .field("content_files", files)
            .field("content", case_model::to_hex(&content))
    }

    pub(crate) fn append(&mut self, body: &EntryBody) {
        let head = self.entries.last().map_or(Head::EMPTY, Head::from);
        self.entries.push(head.seal_next(body).unwrap());
    }

    /// Signs and cosigns the record as it is now.
    pub(crate) fn checkpoint(&mut self) {
        let mut signed = self.checkpoint_by(&self.log);
        signed.cosign(&self.witness, 1_795_251_700);
        self.checkpoints.push(signed);
    }

    pub(crate) fn checkpoint_by(&self, key: &SigningKey) -> SignedCheckpoint {
        let leaves: Vec<_> = self.entries.iter().map(StoredEntry::leaf).collect();
        Checkpoint::new(ORIGIN, leaves.len() as u64, merkle_root(&leaves)).unwrap().sign(key)
    }

    pub(crate) fn sign(&mut self, seq: u64) {
        let note = sign_entry(ORIGIN, &self.entries[seq as usize - 1], &self.examiner).unwrap();
        self.signatures.push((seq, note));
    }

    /// Makes an entry say something else, without or with new hashes from there on.
    pub(crate) fn edit(&mut self, seq: usize, from: &str, to: &str, rehash: bool) {
        let text = String::from_utf8(self.entries[seq - 1].body.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        self.entries[seq - 1].body = text.replace(from, to).into_bytes();
        if rehash {
            self.rehash(seq);
        }
    }

    /// Recomputes all hashes from an entry on, in rows and bodies.
    pub(crate) fn rehash(&mut self, from: usize) {
        for at in from - 1..self.entries.len() {
            let prev = if at == 0 { [0; 32] } else { self.entries[at - 1].hash };
            let entry = &mut self.entries[at];
            let text = String::from_utf8(entry.body.clone()).unwrap();
            let text = text.replace(&case_model::to_hex(&entry.prev), &case_model::to_hex(&prev));
            entry.body = text.into_bytes();
            entry.prev = prev;
            entry.hash = custody::chain_hash(entry.seq, &entry.prev, &entry.body);
        }
    }

    /// Writes an export as the program does: all manifests fit, and the log key signs the whole.
    pub(crate) fn export(&self, folder: &Path) {
        let mut export = ExportWriter::new(Folder::new(folder), ORIGIN);
        if let Some(content) = &self.content {
            export.payload(CONTENT_PATH, |out| out.write_all(content)).unwrap();
        }
        let sizes = self.checkpoints.iter().map(|signed| signed.checkpoint().size());
        let record = export.log(self.entries.iter().cloned().map(Ok), sizes).unwrap();
        for signed in &self.checkpoints {
            // The key that signed the checkpoint signs its file too.
            let own = signed.verify(&[self.log_verifier()]).is_ok();
            let ssh = ssh_sign(&self.log, CHECKPOINT_NAMESPACE, signed.to_string().as_bytes());
            export
                .checkpoint(
                    signed,
                    own.then_some(&ssh).map(std::slice::from_ref).unwrap_or_default(),
                )
                .unwrap();
        }
        let last = self.checkpoints.last();
        if let Some(signed) = last.filter(|_| record.chain.is_intact()) {
            for entry in self.entries.iter().take(signed.checkpoint().size() as usize) {
                // Rows beyond those that are left cannot be proved.
                let _ = export.proof(entry, signed);
            }
        }
        for (seq, note) in &self.signatures {
            export.entry_signature(*seq, note).unwrap();
        }
        let info = BagInfo {
            organization: "Laboratoire régional".into(),
            time: UtcTime::from_unix_ns(1_795_251_600_000_000_000),
            software: "athar 0.1.0".into(),
        };
        export.finish(&info, Some(&self.log)).unwrap();
    }

    pub(crate) fn log_verifier(&self) -> VerifierKey {
        self.log.verifier(KeyKind::Note)
    }
}

/// What the person who verifies knows from elsewhere.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) keys: Vec<VerifierKey>,
    pub(crate) against: Vec<(String, SignedCheckpoint)>,
}

/// Verifies by this crate and by the Python program; both must agree whether the export is sound. Gives the report and, if Python
/// is installed, what it printed.
pub(crate) fn verify(folder: &Path, known: &Known) -> (ExportReport, Option<String>) {
    let trust = Trust { keys: &known.keys, against: &known.against, origin: Some(ORIGIN) };
    let report = verify_export(&Folder::new(folder), trust);
    let beside = tempfile::tempdir().unwrap();
    let mut command = Command::new("python3");
    // The verifier that a careful person has, not the one in the folder.
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/export/texts/verify.py"));
    command.args(["--origin", ORIGIN]);
    let file = |name: String, text: String| -> PathBuf {
        let path = beside.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    for (number, key) in known.keys.iter().enumerate() {
        command.arg("--key").arg(file(format!("{number}.vkey"), format!("{key}\n")));
    }
    for (name, signed) in &known.against {
        command.arg("--against").arg(file(name.clone(), signed.to_string()));
    }
    let Ok(output) = command.arg(folder).output() else {
        eprintln!("skipped: python3 is not installed");
        return (report, None);
    };
    let printed = String::from_utf8(output.stdout).unwrap();
    if output.status.code() == Some(2) {
        eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
        return (report, None);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let standing = match output.status.code() {
        Some(0) => Standing::Proved,
        Some(3) => Standing::Consistent,
        _ => Standing::NotValid,
    };
    assert_eq!(
        report.standing(),
        standing,
        "Python and Rust disagree:\n{printed}\n{errors}\n{:#?}",
        report.findings
    );
    (report, Some(printed))
}

/// Asserts that both verifiers find the same thing: a part of Rust's sentence, a part of Python's line.
pub(crate) fn assert_found(folder: &Path, known: &Known, rust: &str, python: &str) {
    let (report, printed) = verify(folder, known);
    let sentences: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert!(sentences.iter().any(|sentence| sentence.contains(rust)), "{rust}: {sentences:#?}");
    if let Some(printed) = printed {
        assert!(printed.contains(python), "{python}:\n{printed}");
    }
}
