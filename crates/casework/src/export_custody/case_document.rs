//! The case as CASE/UCO JSON-LD.

use std::io::{self, Write};

use case_model::Digests;
use case_store::CaseFile;
use custody::{CaseHeader, CaseImage, StoredEntry, write_case_jsonld};

use crate::CaseworkError;

/// What the document says beside the entries.
pub(super) struct CaseDocument {
    header: CaseHeader,
    images: Vec<CaseImage>,
}

/// Collects the images of a case. `authority` is `kind:number`.
pub(super) fn collect(
    case: &CaseFile,
    origin: &str,
    authority: Option<&str>,
) -> Result<CaseDocument, CaseworkError> {
    let authorization = authority.map(|text| {
        let (kind, number) = text.split_once(':').unwrap_or(("authorisation", text));
        (kind.trim().to_owned(), number.trim().to_owned())
    });
    let header = CaseHeader {
        origin: origin.to_owned(),
        name: case.id().as_str().to_owned(),
        authorization,
    };
    let mut images = Vec::new();
    for image in case.images()? {
        let report = case.image_report(image)?;
        let Some(size_bytes) = report.bytes else { continue };
        images.push(CaseImage {
            exhibit: report.name.clone(),
            description: format!("{} image", report.container),
            file_name: report.name,
            size_bytes,
            digests: Digests {
                md5: report.md5.and_then(|digest| digest.try_into().ok()),
                sha1: report.sha1.and_then(|digest| digest.try_into().ok()),
                sha256: report.sha256.and_then(|digest| digest.try_into().ok()),
                blake3: None,
            },
        });
    }
    Ok(CaseDocument { header, images })
}

impl CaseDocument {
    pub(super) fn write(&self, out: &mut dyn Write, entries: &[StoredEntry]) -> io::Result<()> {
        write_case_jsonld(out, &self.header, &self.images, entries.iter().cloned().map(Ok))
    }
}
