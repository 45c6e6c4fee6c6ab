//! What there is to say of a volume that gives no files.

use byte_source::{Problem, ProblemKind, Scratch, Severity, read_available};
use words::{Term, term};

use crate::{NodeKind, OpenVolume};

/// Bytes at the start of a volume that tell an empty one from one that is not understood.
const BLANK_BYTES: usize = 1 << 20;

const ENCRYPTED: Term = term!("evidence.volume-encrypted-files-not-indexed");
const WITHOUT_FILES: Term = term!("evidence.holds-no-files-type-bytes");
const BLANK: Term = term!("evidence.no-file-system-first-megabyte");
const UNKNOWN: Term = term!("evidence.no-known-file-system-files");

impl OpenVolume {
    /// Says why the volume gives no files, at its first byte. `None` when a file system was recognised, or when the problems of the division
    /// say it.
    #[must_use]
    pub fn without_files(&self, scratch: &mut Scratch) -> Option<Problem> {
        let problem = |severity, structure, how| {
            Some(Problem { severity, structure, at: 0, kind: ProblemKind::Inconsistent(how) })
        };
        if matches!(self.node.what, NodeKind::Encrypted { .. }) {
            return problem(Severity::Damage, "encrypted volume", ENCRYPTED);
        }
        if !self.file_systems.is_empty()
            || self.volume.member.is_some_and(|member| member.is_explained)
        {
            return None;
        }
        if let Some(what) = self.volume.type_without_files() {
            return problem(Severity::Note, what, WITHOUT_FILES);
        }
        match self.is_blank(scratch) {
            true => problem(Severity::Note, "volume", BLANK),
            false => problem(Severity::Damage, "volume", UNKNOWN),
        }
    }

    fn is_blank(&self, scratch: &mut Scratch) -> bool {
        let count = usize::try_from(self.source.len()).unwrap_or(usize::MAX).min(BLANK_BYTES);
        let mut head = vec![0; count];
        let (_, fault) = read_available(self.source.as_ref(), 0, &mut head, scratch);
        fault.is_none() && head.iter().all(|byte| *byte == 0)
    }
}
