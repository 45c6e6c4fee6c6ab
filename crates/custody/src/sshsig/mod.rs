//! Detached signatures that `ssh-keygen -Y verify` checks (OpenSSH, PROTOCOL.sshsig).

mod public_key;
mod signature;
mod wire;

pub use public_key::{SshPublicKey, allowed_signers_line};
pub use signature::{SshSignature, SshSignatureError, ssh_sign};

/// The namespace of signatures of checkpoint files: one made for another purpose does not verify here.
pub const CHECKPOINT_NAMESPACE: &str = "custody-checkpoint";
