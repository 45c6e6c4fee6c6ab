//! Header extensions of versions 2 and 3.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, length, read_vec};
use words::term;

use super::header::Header;
use crate::problems::inconsistent;

/// Extensions of a header; QEMU writes three or four.
const MOST_EXTENSIONS: u32 = 64;
/// Bytes of an extension that are read: names and feature tables are shorter.
const MOST_BYTES: u64 = 64 << 10;
const BACKING_FORMAT: u32 = 0xe279_2aca;
const DATA_FILE: u32 = 0x4441_5441;
/// Extensions that say nothing about the bytes of the medium: names of features, bitmaps of changed blocks.
const WITHOUT_MEANING: [u32; 2] = [0x6803_f857, 0x2385_2875];

/// The extensions that matter for reading.
#[derive(Default)]
pub(super) struct Extensions {
    /// Format of the backing file, as in `raw`.
    pub(super) backing_format: Option<String>,
    /// Path of the external data file.
    pub(super) data_file: Option<String>,
}

/// Reads the extensions: type (4), length (4), data padded to 8 bytes, big-endian; type 0 ends them.
pub(super) fn read(
    source: &dyn Source,
    header: &Header,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Extensions {
    const NAME: &str = "qcow2 header extension";
    let mut found = Extensions::default();
    let mut at = header.extensions_at();
    for _ in 0..MOST_EXTENSIONS {
        if at.saturating_add(8) > header.extensions_end().min(source.len()) {
            return found;
        }
        let Ok(bytes) = read_vec(source, at, 8, scratch) else { break };
        let structure = Structure::new(NAME, at, &bytes);
        let (Ok(kind), Ok(size)) = (structure.u32_be(0), structure.u32_be(4)) else { break };
        if kind == 0 {
            return found;
        }
        let data_at = at.saturating_add(length(bytes.len()));
        if matches!(kind, BACKING_FORMAT | DATA_FILE) {
            let Ok(data) = read_vec(source, data_at, u64::from(size).min(MOST_BYTES), scratch)
            else {
                break;
            };
            let text = Some(String::from_utf8_lossy(&data).into_owned());
            *(if kind == DATA_FILE { &mut found.data_file } else { &mut found.backing_format }) =
                text;
        } else if !WITHOUT_MEANING.contains(&kind) {
            let kind =
                ProblemKind::unknown(term!("qcow.header-extension"), &format!("{kind:#010x}"));
            problems.push(Problem::note(NAME, at, kind));
        }
        at = data_at.saturating_add(u64::from(size).next_multiple_of(8));
    }
    problems.push(inconsistent(NAME, at, term!("qcow.header-extensions-do-not-end")));
    found
}
