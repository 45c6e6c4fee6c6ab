//! Keys that count, and keys that no longer do.

use super::entry_content;
use crate::keys::VerifierKey;
use crate::trust::KeyRole;

entry_content! {
    /// A key counts from this entry on.
    KeyAddContent writes KeyAdd {
        /// The public key, as a C2SP verifier key.
        key: String,
        /// What it may sign.
        role: &'static str,
        /// The fingerprint, as it is put on paper.
        fingerprint: String,
        /// Who holds it, if that is known.
        holder: Option<String>,
    }
}

impl KeyAddContent {
    /// Returns what an entry says of this key; a blank `holder` is left out.
    #[must_use]
    pub fn new(key: &VerifierKey, role: KeyRole, holder: &str) -> Self {
        let holder = Some(holder).filter(|holder| !holder.trim().is_empty()).map(str::to_owned);
        Self { key: key.to_string(), role: role.key(), fingerprint: key.fingerprint(), holder }
    }
}

entry_content! {
    /// A key no longer counts. The frame gives the reason.
    KeyRevokeContent writes KeyRevoke {
        /// The public key.
        key: String,
        /// The first entry from which its signatures are void, if that is an earlier one than this.
        since_seq: Option<u64>,
    }
}
