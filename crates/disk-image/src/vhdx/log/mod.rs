//! The log (MS-VHDX 2.3): changes of the metadata that were not written to their place, replayed in memory.

mod descriptor;
mod entry;
mod overlay;
mod sequence;

use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, read_vec};
use words::term;

use self::descriptor::Change;
use self::overlay::Overlay;
use super::header::Header;

const NAME: &str = "VHDX log";
/// Entries and the ranges that they change are whole multiples of this many bytes.
const SECTOR_BYTES: u64 = 4096;
/// Bytes of a log that are read into memory: Hyper-V and QEMU write 1 MiB.
const MOST_LOG_BYTES: u64 = 64 << 20;

/// What the log changes.
pub(super) struct Replayed {
    /// The file as it is after the changes.
    pub(super) file: Arc<dyn Source>,
    /// Entries that were replayed.
    entries: usize,
    /// Sectors with data.
    sectors: u64,
    /// Ranges of zeros.
    zeros: u64,
}

impl Replayed {
    /// What was replayed, in words.
    pub(super) fn summary(&self) -> String {
        let Self { entries, sectors, zeros, .. } = self;
        format!(
            "{entries} entries: {sectors} sectors of 4096 bytes, {zeros} ranges of zeros; the image file itself is unchanged"
        )
    }
}

/// Replays the log that `header` names over `file`, which stays as it is.
///
/// # Errors
/// The [`Problem`] for which the log cannot be replayed.
pub(super) fn replay(
    file: &Arc<dyn Source>,
    header: &Header,
    scratch: &mut Scratch,
) -> Result<Replayed, Problem> {
    let at = header.log_offset;
    let bytes = u64::from(header.log_length);
    let damage = |kind| Problem::damage(NAME, at, kind);
    if bytes > MOST_LOG_BYTES {
        return Err(damage(ProblemKind::LimitReached {
            what: term!("vhdx.bytes-vhdx-log"),
            limit: MOST_LOG_BYTES,
        }));
    }
    if header.log_version != 0 {
        let value = header.log_version.into();
        return Err(damage(ProblemKind::Unsupported {
            feature: term!("vhdx.vhdx-log-version"),
            value,
        }));
    }
    let log = read_vec(&**file, at, bytes, scratch)
        .map_err(|reason| damage(ProblemKind::Unreadable(reason)))?;
    let entries = sequence::active(&log, &header.log_guid).map_err(damage)?;
    let last = entries.last().ok_or_else(|| damage(ProblemKind::Inconsistent(sequence::NONE)))?;
    if file.len() < last.flushed_file_offset {
        return Err(damage(ProblemKind::Inconsistent(term!("vhdx.image-file-shorter-when-log"))));
    }
    let mut overlay = Overlay::new(Arc::clone(file), last.last_file_offset);
    let mut sectors = 0_u64;
    let mut zeros = 0_u64;
    for entry in &entries {
        for change in descriptor::changes(entry).map_err(damage)? {
            match change {
                Change::Zero(range) => {
                    zeros = zeros.saturating_add(1);
                    overlay.zero(range);
                }
                Change::Data(at, sector) => {
                    sectors = sectors.saturating_add(1);
                    overlay.data(at, sector);
                }
            }
        }
    }
    Ok(Replayed { file: Arc::new(overlay), entries: entries.len(), sectors, zeros })
}
