//! What the segment files of an image say together.

use byte_source::{BadReason, Problem, ProblemKind, Scratch};
use words::term;

use super::layout::{self, Item, Layout};
use super::section::{Chain, ChainEnd, Section};
use super::table::Checked;
use super::volume::{self, Volume};
use super::{error2, hash, header, ltree, segment, table};
use crate::logical::Tree;
use crate::problems::{inconsistent, limit_reached};
use crate::{Claim, ImageError, StoredDigest};

/// A segment file of version 1.
type SegmentFile = segment::SegmentFile<Chain>;

/// An image: its segment files and what they say.
pub(super) struct Set {
    pub(super) files: Vec<SegmentFile>,
    pub(super) volume: Volume,
    pub(super) layout: Layout,
    /// The tree of a logical evidence file, where it could be read.
    pub(super) tree: Option<Tree>,
    pub(super) stored_digests: Vec<StoredDigest>,
    pub(super) claims: Vec<Claim>,
    pub(super) problems: Vec<Problem>,
}

impl Set {
    /// Bytes of the medium as stated; 0 when they are not known.
    pub(super) fn stated_bytes(&self) -> u64 {
        match &self.tree {
            Some(tree) => tree.total_bytes.unwrap_or(0),
            None => self.volume.medium_bytes(),
        }
    }
}

/// Reads the sections of all segment files, of a `logical` evidence file with its tree.
///
/// # Errors
/// [`ImageError::Problem`] when no volume section says how the medium is cut into chunks.
pub(super) fn read(
    files: Vec<SegmentFile>,
    logical: bool,
    scratch: &mut Scratch,
    mut problems: Vec<Problem>,
) -> Result<Set, ImageError> {
    for file in &files {
        problems.extend(file.problems.iter().cloned().map(|problem| moved(problem, file.start)));
    }
    let volumes = Volumes::read(&files, scratch, &mut problems);
    let volume = volumes.choose(&mut problems)?;
    let mut reading = Reading::default();
    let mut expected = 1;
    for (index, file) in files.iter().enumerate() {
        if file.number != expected {
            reading.items.push(Item::Gap(BadReason::MissingSegment { number: expected }));
        }
        expected = file.number.saturating_add(1);
        if volumes.is_foreign(index, &volume) {
            problems.push(inconsistent(
                "EWF volume section",
                file.start,
                term!("image.set-identifier-another-image-segment"),
            ));
            reading.items.push(Item::Gap(BadReason::MissingSegment { number: file.number }));
            continue;
        }
        reading.file(index, file, scratch);
    }
    if let Some(last) = files.last().filter(|last| last.chain.end == ChainEnd::Next) {
        let reason = BadReason::MissingSegment { number: last.number.saturating_add(1) };
        reading.items.push(Item::Gap(reason));
        let end = last.start.saturating_add(last.source.len());
        problems.push(Problem::damage("EWF segment file", end, ProblemKind::Unreadable(reason)));
    }
    problems.append(&mut reading.problems);
    let tree = logical.then(|| reading.tree(&mut problems));
    let total = match &tree {
        // The volume section of logical evidence counts something else.
        Some(tree) => tree.total_bytes.unwrap_or(0).div_ceil(volume.chunk_bytes().max(1)),
        None => total_chunks(&volume, &mut problems),
    };
    let layout = layout::place(reading.items, total, &mut problems);
    let mut claims = volume.claims();
    claims.splice(0..0, reading.claims);
    Ok(Set {
        files,
        volume,
        layout,
        tree,
        stored_digests: reading.stored_digests,
        claims,
        problems,
    })
}

fn moved(mut problem: Problem, start: u64) -> Problem {
    problem.at = problem.at.saturating_add(start);
    problem
}

/// Chunks of the medium by the volume section; 0 when it does not know.
fn total_chunks(volume: &Volume, problems: &mut Vec<Problem>) -> u64 {
    let by_sectors = volume.number_of_sectors.div_ceil(volume.sectors_per_chunk.into());
    let stated = u64::from(volume.number_of_chunks);
    // A medium that does not end on a sector may begin a chunk behind its last whole sector.
    let agree = stated == by_sectors || stated == by_sectors.saturating_add(1);
    if stated == 0 || by_sectors == 0 || agree {
        return stated.max(by_sectors);
    }
    problems.push(inconsistent(
        "EWF volume section",
        0,
        term!("image.number-chunks-number-sectors-contradict"),
    ));
    by_sectors
}

/// The volume sections of all segment files: (file, section is sound, value).
struct Volumes(Vec<(usize, bool, Volume)>);

impl Volumes {
    fn read(files: &[SegmentFile], scratch: &mut Scratch, problems: &mut Vec<Problem>) -> Self {
        let mut found = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let wanted = |section: &&Section| matches!(section.kind, "volume" | "disk" | "data");
            for section in file.chain.sections.iter().filter(wanted) {
                match volume::read(&*file.source, file.start, section, scratch) {
                    Ok((volume, None)) => found.push((index, true, volume)),
                    Ok((volume, Some(problem))) => {
                        problems.push(problem);
                        found.push((index, false, volume));
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
        Self(found)
    }

    /// The first sound one that knows the size of the medium, or else the first sound one, or else the first.
    fn choose(&self, problems: &mut Vec<Problem>) -> Result<Volume, ImageError> {
        let sound = || self.0.iter().filter(|(_, sound, _)| *sound).map(|(_, _, volume)| volume);
        let mut knowing = sound().filter(|volume| volume.number_of_sectors > 0);
        let chosen = knowing
            .next()
            .or_else(|| sound().next())
            .or(self.0.first().map(|(_, _, volume)| volume));
        let Some(chosen) = chosen else {
            return Err(no_volume(problems).into());
        };
        if knowing.any(|other| geometry(other) != geometry(chosen)) {
            let how = term!("ewf.volume-data-sections-contradict-each");
            problems.push(inconsistent("EWF volume section", 0, how));
        }
        Ok(chosen.clone())
    }

    /// True when file `index` says that it belongs to another set than the image.
    fn is_foreign(&self, index: usize, image: &Volume) -> bool {
        const NONE: [u8; 16] = [0; 16];
        let mut own = self.0.iter().filter(|(file, sound, _)| *file == index && *sound);
        image.set_identifier != NONE
            && own.any(|(_, _, own)| {
                own.set_identifier != NONE && own.set_identifier != image.set_identifier
            })
    }
}

/// Returns the bytes of a chunk and of a sector, and the sectors.
fn geometry(volume: &Volume) -> (u64, u32, u64) {
    (volume.chunk_bytes(), volume.bytes_per_sector, volume.number_of_sectors)
}

/// Returns why no volume section can be used: what is wrong with one says more, when there is one.
fn no_volume(problems: &[Problem]) -> Problem {
    let missing = term!("ewf.no-readable-volume-section-says");
    let problem = inconsistent("EWF volume section", 0, missing);
    problems.iter().find(|found| found.structure == problem.structure).cloned().unwrap_or(problem)
}

/// Sections of an image that are decoded for claims and digests; tools write three to ten. A hostile file could hold millions.
const MOST_DETAILS: u32 = 256;

/// What was read so far.
#[derive(Default)]
struct Reading {
    details: u32,
    items: Vec<Item>,
    stored_digests: Vec<StoredDigest>,
    claims: Vec<Claim>,
    problems: Vec<Problem>,
    /// The table that waits for its copy.
    waiting: Option<Checked>,
    tree: Option<Tree>,
}

impl Reading {
    /// The tree; one without entries when there is none.
    fn tree(&mut self, problems: &mut Vec<Problem>) -> Tree {
        let Some(mut tree) = self.tree.take() else {
            problems.push(inconsistent(
                "EWF ltree section",
                0,
                term!("ewf.no-readable-ltree-section-lists"),
            ));
            return Tree::default();
        };
        problems.append(&mut tree.problems);
        tree
    }

    fn file(&mut self, index: usize, file: &SegmentFile, scratch: &mut Scratch) {
        let mut sectors_end = None;
        for section in &file.chain.sections {
            if section.kind != "table2" {
                self.keep_waiting(index);
            }
            if section.after_gap {
                self.items.push(Item::Gap(BadReason::LayoutEnds));
            }
            match section.kind {
                "sectors" => sectors_end = Some(section.end),
                "table" | "table2" => self.table(index, file, section, sectors_end, scratch),
                _ => self.other(file, section, scratch),
            }
        }
        self.keep_waiting(index);
        if file.chain.end == ChainEnd::Broken {
            self.items.push(Item::Gap(BadReason::LayoutEnds));
        }
    }

    fn table(
        &mut self,
        index: usize,
        file: &SegmentFile,
        section: &Section,
        sectors_end: Option<u64>,
        scratch: &mut Scratch,
    ) {
        let read = table::read(&*file.source, file.start, section, sectors_end, scratch);
        let copy = match read {
            Ok(copy) => copy,
            Err(problem) => return self.problems.push(problem),
        };
        let Some(mut table) = self.waiting.take() else {
            self.waiting = Some(copy);
            return;
        };
        if table.is_sound() && copy.is_sound() && table.says_the_same(&copy) {
            self.waiting = Some(table);
        } else if table.is_sound() && copy.is_sound() {
            if section.after_gap {
                // The copy of a table that was lost in the gap.
                self.waiting = Some(table);
                self.keep_waiting(index);
                self.waiting = Some(copy);
                return;
            }
            table.problems.push(inconsistent(
                "EWF table section",
                file.start.saturating_add(section.at),
                term!("ewf.table-table2-contradict-each-other"),
            ));
            self.waiting = Some(table);
        } else if copy.is_sound() {
            self.problems.extend(table.problems.into_iter().map(Problem::as_note));
            self.waiting = Some(copy);
        } else {
            let notes = copy.problems.into_iter();
            let sound = table.is_sound();
            self.problems
                .extend(notes.map(|problem| if sound { problem.as_note() } else { problem }));
            self.waiting = Some(table);
        }
    }

    fn keep_waiting(&mut self, file: usize) {
        if let Some(Checked { table, problems, sound_header, .. }) = self.waiting.take() {
            self.problems.extend(problems);
            self.items.push(Item::Table { file, table, sound_header });
        }
    }

    fn other(&mut self, file: &SegmentFile, section: &Section, scratch: &mut Scratch) {
        let source = &*file.source;
        let start = file.start;
        if matches!(section.kind, "volume" | "disk" | "data" | "next" | "done" | "unknown") {
            return;
        }
        self.details = self.details.saturating_add(1);
        if self.details > MOST_DETAILS {
            if self.details == MOST_DETAILS.saturating_add(1) {
                self.problems.push(limit_reached(
                    "EWF section",
                    start.saturating_add(section.at),
                    term!("image.sections-claims-digests"),
                    MOST_DETAILS.into(),
                ));
            }
            return;
        }
        match section.kind {
            "header" | "header2" | "xheader" => match header::read(source, start, section, scratch)
            {
                Ok((claims, notes)) => {
                    self.claim(claims);
                    self.problems.extend(notes);
                }
                Err(problem) => self.problems.push(problem.as_note()),
            },
            "hash" | "digest" | "xhash" => {
                let digests = &mut self.stored_digests;
                let notes = &mut self.problems;
                let read = hash::read(source, start, section, scratch, digests, notes);
                self.problems.extend(read.err());
            }
            "error2" => match error2::read(source, start, section, scratch, &mut self.claims) {
                Ok(problem) => self.problems.extend(problem),
                Err(problem) => self.problems.push(problem),
            },
            "ltree" if self.tree.is_some() => {
                let how = term!("image.second-tree-files-first-one");
                let at = start.saturating_add(section.at);
                self.problems.push(inconsistent("EWF ltree section", at, how));
            }
            "ltree" => match ltree::read(source, start, section, scratch) {
                Ok(tree) => self.tree = Some(tree),
                Err(problem) => self.problems.push(problem),
            },
            "incomplete" => {
                let how = term!("ewf.acquiring-program-marked-image-incomplete");
                let at = start.saturating_add(section.at);
                self.problems.push(inconsistent("EWF incomplete section", at, how));
            }
            _ => {}
        }
    }

    /// Adds what was not said before: headers are stored two or three times. A later value of the same field is kept when it differs.
    fn claim(&mut self, claims: Vec<Claim>) {
        for claim in claims {
            if !self.claims.contains(&claim) {
                self.claims.push(claim);
            }
        }
    }
}
