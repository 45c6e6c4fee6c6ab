//! The files of an image as DFXML.

use std::io::{self, Write};
use words::{Language, stored_text};

use case_model::{Digests, Disposition, Exactness, unpack_times};
use case_store::{
    CaseFile, Filter, FoundRow, ImageId, StoreError, decode_extents, extents_exactness,
};
use custody::{DfxmlFile, DfxmlHeader, DfxmlRun, DfxmlVolume, DfxmlWriter, NameType, Tool};

/// Writes the list of one image.
pub(super) fn write(
    out: &mut dyn Write,
    case: &CaseFile,
    image: ImageId,
    tool: &Tool,
) -> io::Result<()> {
    let store = |error: StoreError| io::Error::other(error);
    let header = DfxmlHeader {
        program: tool.name.clone(),
        version: tool.version.clone(),
        command_line: None,
        start: None,
        images: vec![case.image_report(image).map_err(store)?.name],
    };
    let mut list = List { writer: DfxmlWriter::begin(out, &header)?, volume: None };
    let mut failed = None;
    let filter = Filter { images: Some(vec![image]), ..Filter::default() };
    case.find(&filter, &mut |row| {
        failed = list.row(&row).err();
        failed.is_none()
    })
    .map_err(store)?;
    failed.map_or(Ok(()), Err)?;
    list.writer.finish().map(drop)
}

struct List<W: Write> {
    writer: DfxmlWriter<W>,
    volume: Option<(u64, String)>,
}

impl<W: Write> List<W> {
    fn row(&mut self, row: &FoundRow) -> io::Result<()> {
        let volume = (row.volume_offset, row.file_system.clone());
        if self.volume.as_ref() != Some(&volume) {
            let (offset_bytes, file_system) = volume.clone();
            self.writer.volume(&DfxmlVolume {
                offset_bytes,
                block_size_bytes: None,
                file_system,
            })?;
            self.volume = Some(volume);
        }
        let runs = runs(row.extents.as_deref());
        let digests = digests(row);
        let lost = !matches!(
            row.disposition,
            Disposition::Hashed | Disposition::Empty | Disposition::Skipped
        );
        let rule =
            row.rule.as_deref().filter(|_| lost).map(|rule| stored_text(rule, Language::English));
        self.writer.file(&DfxmlFile {
            path: row.path.trim_start_matches('/').as_bytes(),
            error: rule.as_deref(),
            id: u64::try_from(row.id.number()).ok(),
            name_type: name_type(&row.kind),
            size_bytes: row.size,
            inode_allocated: Some(row.state == "allocated"),
            name_allocated: Some(row.state == "allocated"),
            orphan: row.orphan,
            compressed: row.extents.as_deref().and_then(extents_exactness)
                == Some(Exactness::Coded),
            inode: Some(row.number),
            parent_inode: None,
            times: unpack_times(row.times_raw.as_deref().unwrap_or_default()),
            runs: &runs,
            digests: &digests,
            disposition: Some(row.disposition.key()),
        })
    }
}

fn name_type(kind: &str) -> NameType {
    match kind {
        "file" => NameType::Regular,
        "directory" => NameType::Directory,
        "link" => NameType::SymbolicLink,
        _ => NameType::Unknown,
    }
}

/// The digests of the whole content. That of a part would be taken for the file's: there is no element that says otherwise.
fn digests(row: &FoundRow) -> Digests {
    if row.disposition == Disposition::Partial {
        return Digests::default();
    }
    fn digest<const N: usize>(bytes: &Option<Vec<u8>>) -> Option<[u8; N]> {
        bytes.as_deref()?.try_into().ok()
    }
    Digests {
        md5: digest(&row.md5),
        sha1: digest(&row.sha1),
        sha256: digest(&row.sha256),
        blake3: None,
    }
}

fn runs(extents: Option<&[u8]>) -> Vec<DfxmlRun> {
    let mut file_offset = 0_u64;
    let runs = extents.and_then(decode_extents).unwrap_or_default().into_iter().map(|run| {
        let at = file_offset;
        file_offset = file_offset.saturating_add(run.length);
        DfxmlRun { file_offset: at, image_offset: run.at, length: run.length }
    });
    runs.collect()
}
