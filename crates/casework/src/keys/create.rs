//! New keys of examiners and witnesses, and keys that were made elsewhere.

use std::path::{Path, PathBuf};

use case_model::RecordName;
use custody::{KeyKind, KeyRole, VerifierKey};
use lab::Lab;

use crate::key_ring::{examiner_key_path, key_add, key_text, random_key};
use crate::{CaseworkError, KeyHolder, Session};

/// Creates a witness's key on the witness's machine, with its public half next to it (ending `.vkey`). No lab is touched.
///
/// # Errors
/// That a file is there, or what the operating system says.
pub fn create_witness_key(
    holder_name: &str,
    out: &Path,
    with_passphrase: bool,
    holder: &dyn KeyHolder,
) -> Result<(VerifierKey, PathBuf), CaseworkError> {
    let key = random_key(&key_name(holder_name))?;
    let public = key.verifier(KeyKind::Cosigner);
    Lab::write_key(out, &key_text(&key, with_passphrase, holder)?, false)?;
    let public_file = out.with_extension("vkey");
    std::fs::write(&public_file, format!("{public}\n"))
        .map_err(|error| CaseworkError::Check(format!("{}: {error}", public_file.display())))?;
    Ok((public, public_file))
}

/// Reads the file of a public key that may have this role.
///
/// # Errors
/// [`CaseworkError::Request`] when it is none, or when a key of its type cannot have the role.
pub fn read_public_key(file: &Path, role: KeyRole) -> Result<VerifierKey, CaseworkError> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| CaseworkError::Request(format!("{shown}: {error}")))?;
    let key: VerifierKey = text
        .trim_end()
        .parse()
        .map_err(|error| CaseworkError::Request(format!("{shown}: {error}")))?;
    if key.kind() != role.kind() {
        return Err(CaseworkError::Request(format!(
            "{shown}: a key of type {} cannot be a {role}'s: examiners have type 1, witnesses type 4",
            key.kind().byte()
        )));
    }
    Ok(key)
}

impl Session {
    /// Creates an examiner's key, in the lab's folder or in `out`, and names it in the lab's ledger.
    ///
    /// # Errors
    /// That a file is there, or what keeps the key or the entry from being written.
    pub fn create_examiner_key(
        &mut self,
        holder_name: &str,
        out: Option<&Path>,
        with_passphrase: bool,
    ) -> Result<(VerifierKey, PathBuf), CaseworkError> {
        let key =
            random_key(&format!("{}/{}", self.lab().settings().origin, key_name(holder_name)))?;
        let public = key.verifier(KeyKind::Note);
        let path = out.map_or_else(|| examiner_key_path(self.lab(), &public), Path::to_owned);
        let text = key_text(&key, with_passphrase, self.signer.holder.as_ref())?;
        Lab::write_key(&path, &text, false)?;
        let entry = key_add(&self.author(), &public, KeyRole::Examiner, holder_name);
        self.append(&RecordName::Lab, entry)?;
        Ok((public, path))
    }

    /// Names a public key in the lab's ledger. `file` is where it comes from, for people.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when it was added before.
    pub fn add_key(
        &mut self,
        key: &VerifierKey,
        role: KeyRole,
        holder_name: &str,
        file: &Path,
    ) -> Result<(), CaseworkError> {
        if let Some(known) = self.record(&RecordName::Lab)?.verified.keys().find(key) {
            return Err(CaseworkError::Request(format!(
                "{}: the key was added before, by entry {}",
                file.display(),
                known.added_by
            )));
        }
        let entry = key_add(&self.author(), key, role, holder_name);
        self.append(&RecordName::Lab, entry).map(drop)
    }
}

/// A name as keys may have it: no spaces, plus signs or control characters.
fn key_name(holder: &str) -> String {
    holder
        .chars()
        .map(|c| if c.is_whitespace() || c.is_control() || c == '+' { '-' } else { c })
        .collect()
}
