//! What the segment files of an image say together.

use std::sync::Arc;

use byte_source::{BadReason, Problem, ProblemKind, Scratch};
use case_model::Algorithm;
use words::{Term, term};

use super::file_header::FileHeader;
use super::media::{self, Media};
use super::object::{self, Attributes};
use super::placement::{self, Found, Placement};
use super::section::{Chain, Section, kind};
use super::section_data::Place;
use super::{digest, error_table, sector_table, single_files};
use crate::ewf::medium_end::Counted;
use crate::ewf::{chunks, segment};
use crate::logical::Tree;
use crate::problems::{inconsistent, limit_reached, unsupported};
use crate::{Claim, ImageError, StoredDigest};

/// What is read of a segment file.
pub(super) struct Contents {
    pub(super) header: FileHeader,
    pub(super) chain: Chain,
}

/// A segment file of version 2.
pub(super) type SegmentFile = segment::SegmentFile<Contents>;

/// Sections of an image that are decoded for claims and digests; tools write two to ten a segment file. A hostile file could hold millions.
const MOST_DETAILS: u32 = 8192;

/// What the sections say.
#[derive(Default)]
pub(super) struct Set {
    device: Option<Attributes>,
    case: Option<Attributes>,
    found: Vec<Found>,
    tree: Option<Tree>,
    details: u32,
    pub(super) stored_digests: Vec<StoredDigest>,
    claims: Vec<Claim>,
    pub(super) problems: Vec<Problem>,
}

/// Reads the sections of all segment files.
///
/// # Errors
/// [`ImageError::Problem`] when the image is encrypted.
pub(super) fn read(
    files: &[SegmentFile],
    scratch: &mut Scratch,
    problems: Vec<Problem>,
) -> Result<Set, ImageError> {
    let mut set = Set { problems, ..Set::default() };
    let Some(identifier) = files.first().map(|file| file.chain.header.set_identifier) else {
        return Ok(set);
    };
    for (index, file) in files.iter().enumerate() {
        let moved =
            |problem: Problem| Problem { at: problem.at.saturating_add(file.start), ..problem };
        set.problems.extend(file.problems.iter().cloned().map(moved));
        if file.chain.header.set_identifier != identifier {
            set.problem(
                "EWF2 file header",
                file.start,
                term!("image.set-identifier-another-image-segment"),
            );
            continue;
        }
        for section in &file.chain.chain.sections {
            if section.is_encrypted() {
                return Err(encrypted(file, section).into());
            }
            set.section(index, file, section, scratch);
        }
        set.end_of(file);
    }
    Ok(set)
}

fn encrypted(file: &SegmentFile, section: &Section) -> Problem {
    let feature = term!("ewf2.encrypted-ewf-version-2-ex01");
    unsupported("EWF2 section", moved_at(file, section), feature, section.kind.into())
}

fn moved_at(file: &SegmentFile, section: &Section) -> u64 {
    file.start.saturating_add(section.at)
}

impl Set {
    fn problem(&mut self, structure: &'static str, at: u64, how: Term) {
        self.problems.push(inconsistent(structure, at, how));
    }

    /// Says when a segment file ends as none should.
    fn end_of(&mut self, file: &SegmentFile) {
        let chain = &file.chain.chain;
        if !chain.is_done() && !chain.has_next() {
            self.problem(
                "EWF2 segment file",
                file.start.saturating_add(file.source.len()),
                term!("ewf2.segment-file-does-not-end"),
            );
        }
    }

    fn section(
        &mut self,
        index: usize,
        file: &SegmentFile,
        section: &Section,
        scratch: &mut Scratch,
    ) {
        if section.kind == kind::SECTOR_TABLE {
            return self.sector_table(index, file, section, scratch);
        }
        if matches!(section.kind, kind::SECTOR_DATA | kind::NEXT | kind::DONE) {
            return;
        }
        self.details = self.details.saturating_add(1);
        if self.details <= MOST_DETAILS {
            self.detail(file, section, scratch);
        } else if self.details == MOST_DETAILS.saturating_add(1) {
            let what = term!("image.sections-claims-digests");
            let at = moved_at(file, section);
            self.problems.push(limit_reached("EWF2 section", at, what, MOST_DETAILS.into()));
        }
    }

    fn sector_table(
        &mut self,
        index: usize,
        file: &SegmentFile,
        section: &Section,
        scratch: &mut Scratch,
    ) {
        let place = Place { source: &*file.source, start: file.start };
        let compression = file.chain.header.compression;
        match sector_table::read(place, section, compression, scratch, &mut self.problems) {
            Ok(table) => self.found.push(Found { file: index, segment: file.number, table }),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Reads the device information or the case data. Returns what is wrong with them.
    fn object(
        &mut self,
        file: &SegmentFile,
        section: &Section,
        scratch: &mut Scratch,
    ) -> Result<Option<Problem>, Problem> {
        let place = Place { source: &*file.source, start: file.start };
        let (name, kept) = match section.kind {
            kind::DEVICE_INFORMATION => ("EWF2 device information", &mut self.device),
            _ => ("EWF2 case data", &mut self.case),
        };
        let compression = file.chain.header.compression;
        let (object, fault) = object::read(name, place, section, compression, scratch)?;
        kept.get_or_insert(object);
        Ok(fault)
    }

    fn detail(&mut self, file: &SegmentFile, section: &Section, scratch: &mut Scratch) {
        let place = Place { source: &*file.source, start: file.start };
        let result = match section.kind {
            kind::DEVICE_INFORMATION | kind::CASE_DATA => self.object(file, section, scratch),
            kind::ERROR_TABLE => error_table::read(place, section, scratch, &mut self.claims),
            kind::SINGLE_FILES_DATA if self.tree.is_some() => {
                let how = term!("image.second-tree-files-first-one");
                Err(inconsistent(single_files::NAME, moved_at(file, section), how))
            }
            kind::SINGLE_FILES_DATA => {
                single_files::read(place, section, scratch).map(|(tree, fault)| {
                    self.tree = Some(tree);
                    fault
                })
            }
            kind::MD5_HASH => self.digest(Algorithm::Md5, place, section, scratch),
            kind::SHA1_HASH => self.digest(Algorithm::Sha1, place, section, scratch),
            other => Ok(not_read(other).map(|name| {
                Problem::note("EWF2 section", moved_at(file, section), ProblemKind::NotRead(name))
            })),
        };
        match result {
            Ok(fault) => self.problems.extend(fault),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn digest(
        &mut self,
        algorithm: Algorithm,
        place: Place<'_>,
        section: &Section,
        scratch: &mut Scratch,
    ) -> Result<Option<Problem>, Problem> {
        let (digest, fault) = digest::read(algorithm, place, section, scratch)?;
        self.stored_digests.extend(digest);
        Ok(fault)
    }

    /// How the medium is cut into chunks.
    ///
    /// # Errors
    /// [`ImageError::Problem`] when no readable section says so.
    pub(super) fn media(&self) -> Result<Media, ImageError> {
        let missing = |structure| {
            let how = term!("ewf2.no-readable-section-says-how");
            // What is wrong with the section itself says more, when there is one.
            let named = self.problems.iter().find(|found| found.structure == structure).cloned();
            named.unwrap_or_else(|| inconsistent(structure, 0, how))
        };
        let device = self.device.as_ref().ok_or_else(|| missing("EWF2 device information"))?;
        let case = self.case.as_ref().ok_or_else(|| missing("EWF2 case data"))?;
        Ok(media::media(device, case)?)
    }

    /// The tree of a logical evidence file; one without entries when there is none.
    pub(super) fn tree(&mut self) -> Tree {
        let Some(mut tree) = self.tree.take() else {
            self.problem(single_files::NAME, 0, term!("ewf2.no-readable-section-lists-files"));
            return Tree::default();
        };
        self.problems.append(&mut tree.problems);
        tree
    }

    /// All claims.
    pub(super) fn claims(&mut self) -> Vec<Claim> {
        let nothing = Attributes::default();
        let device = self.device.as_ref();
        let case = self.case.as_ref();
        let mut claims = media::claims(device.unwrap_or(&nothing), case.unwrap_or(&nothing));
        claims.append(&mut self.claims);
        claims
    }

    /// The medium of `stated` bytes: which segment file holds which chunk.
    pub(super) fn plan(
        &mut self,
        files: &[SegmentFile],
        media: &Media,
        stated: u64,
        counted: Counted,
    ) -> chunks::Plan<sector_table::SectorTable> {
        let missing = self.missing(files);
        let by_length = stated.div_ceil(media.chunk_bytes.max(1));
        let total = match counted {
            Counted::Bytes => by_length,
            Counted::Sectors(_) => self.total_chunks(media.number_of_chunks, by_length),
        };
        let found = std::mem::take(&mut self.found);
        let Placement { tables, holes, chunks } =
            placement::place(found, total, &missing, &mut self.problems);
        chunks::Plan {
            files: files.iter().map(|file| Arc::clone(&file.source)).collect(),
            tables,
            holes,
            chunks,
            chunk_bytes: media.chunk_bytes,
            stated,
            counted,
        }
    }

    /// The numbers of the segment files that are not there; that of the last one is a problem here, the others were said before.
    fn missing(&mut self, files: &[SegmentFile]) -> Vec<u32> {
        let mut missing = Vec::new();
        let mut expected = 1;
        let identifier = files.first().map(|file| file.chain.header.set_identifier);
        for file in files {
            missing.extend(expected..file.number);
            if Some(file.chain.header.set_identifier) != identifier {
                missing.push(file.number);
            }
            expected = file.number.saturating_add(1);
        }
        if let Some(last) = files.last().filter(|last| last.chain.chain.has_next()) {
            let kind = ProblemKind::Unreadable(BadReason::MissingSegment { number: expected });
            let end = last.start.saturating_add(last.source.len());
            self.problems.push(Problem::damage("EWF segment file", end, kind));
            missing.push(expected);
        }
        missing
    }

    /// Chunks of the medium; 0 when it is not known.
    fn total_chunks(&mut self, stated: u64, by_sectors: u64) -> u64 {
        // A medium that does not end on a sector may begin a chunk behind its last whole sector.
        let agree = stated == by_sectors || stated == by_sectors.saturating_add(1);
        if stated == 0 || by_sectors == 0 || agree {
            return stated.max(by_sectors);
        }
        self.problem("EWF2 case data", 0, term!("image.number-chunks-number-sectors-contradict"));
        by_sectors
    }
}

/// The name of a section that is recognised but not read; `None` for one that says nothing of the medium.
fn not_read(section: u32) -> Option<&'static str> {
    match section {
        kind::OPTICAL_DISC_TABLE => Some("the table of the recordings on an optical disc"),
        kind::INCREMENT_DATA => Some("a section with increment data"),
        kind::MEMORY_EXTENTS_TABLE => {
            Some("a memory extents table: where on the system the memory lay")
        }
        kind::RESTART_DATA => Some("restart data: the acquisition was interrupted and went on"),
        0x0e | 0x10 | kind::SINGLE_FILES_DATA..=0x23 => None,
        _ => Some("a section of an unknown type"),
    }
}
