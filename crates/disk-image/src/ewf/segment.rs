//! The segment files of an image: their names, their numbers, which are missing.

use std::sync::Arc;

use byte_source::{BadReason, Problem, ProblemKind, Scratch, Source};
use words::term;

use crate::ImageError;
use crate::beside::Beside;
use crate::problems::inconsistent;

/// Reads the number (from 1) and the sections of a segment file that begins at the given byte of the image. Problems count in the file.
type ReadSegment<C> =
    fn(&dyn Source, u64, &mut Scratch, &mut Vec<Problem>) -> Result<(u32, C), Problem>;

/// How the segment files of a version of the format are read and named.
pub(crate) struct Version<C> {
    /// Reads one.
    pub(crate) read: ReadSegment<C>,
    /// True when no segment file follows.
    pub(crate) ends_image: fn(&C) -> bool,
    /// The name of the segment file with a number beside the one that is called so; `None` when the name has no such ending.
    pub(crate) name: fn(&str, u32) -> Option<String>,
    /// Segment files of an image.
    pub(crate) most: u32,
}

/// A segment file.
pub(crate) struct SegmentFile<C> {
    /// File name, without folders.
    pub(crate) name: String,
    /// Its number by its file header, from 1.
    pub(crate) number: u32,
    /// Byte offset of its first byte in the image: segment files one after the other.
    pub(crate) start: u64,
    /// Its bytes.
    pub(crate) source: Arc<dyn Source>,
    /// Its sections.
    pub(crate) chain: C,
    /// What is wrong with its chain of sections; positions count in this file.
    pub(crate) problems: Vec<Problem>,
}

impl<C> Version<C> {
    fn file(
        &self,
        name: &str,
        source: Arc<dyn Source>,
        start: u64,
        scratch: &mut Scratch,
    ) -> Result<SegmentFile<C>, Problem> {
        let mut problems = Vec::new();
        let (number, chain) = (self.read)(&*source, start, scratch, &mut problems)?;
        Ok(SegmentFile { name: name.to_owned(), number, start, source, chain, problems })
    }

    /// Opens the segment files that belong to the one called `name`, in the order of their numbers. A number that is missing is a problem.
    ///
    /// # Errors
    /// [`ImageError`] when the file that was named is no segment file, is not the first while the first is there, or one cannot be opened.
    pub(crate) fn gather(
        &self,
        name: &str,
        first: Arc<dyn Source>,
        beside: &Beside<'_>,
        scratch: &mut Scratch,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<SegmentFile<C>>, ImageError> {
        let named = self.file(name, first, 0, scratch)?;
        if named.number != 1
            && let Some(before) = (self.name)(name, 1)
            && !before.eq_ignore_ascii_case(name)
            && beside.open(&before)?.is_some()
        {
            return Err(inconsistent(
                "EWF file header",
                0,
                term!("ewf.not-first-segment-file-image"),
            )
            .into());
        }
        let mut next = named.number.saturating_add(1);
        let mut start = named.source.len();
        let mut done = (self.ends_image)(&named.chain);
        // A file whose name is not that of its number: nobody knows how the others are called.
        done |= (self.name)(name, named.number).is_none_or(|own| !own.eq_ignore_ascii_case(name));
        let mut files = vec![named];
        while !done && next <= self.most {
            let Some(other) = (self.name)(name, next) else { break };
            next = next.saturating_add(1);
            let Some(found) = beside.open(&other)? else { continue };
            match self.file(&found.name, found.source, start, scratch) {
                Ok(file) => {
                    done = (self.ends_image)(&file.chain);
                    start = start.saturating_add(file.source.len());
                    files.push(file);
                }
                Err(problem) => problems.push(problem),
            }
        }
        put_in_order(&mut files, problems);
        Ok(files)
    }
}

/// Sorts by segment number, drops what has the number of another, and says where numbers are missing.
fn put_in_order<C>(files: &mut Vec<SegmentFile<C>>, problems: &mut Vec<Problem>) {
    const NAME: &str = "EWF file header";
    if !files.is_sorted_by_key(|file| file.number) {
        problems.push(Problem::note(
            NAME,
            0,
            ProblemKind::Inconsistent(term!("ewf.segment-files-named-another-order")),
        ));
        files.sort_by_key(|file| file.number);
    }
    let mut seen = None;
    files.retain(|file| {
        if seen == Some(file.number) {
            problems.push(inconsistent(
                NAME,
                file.start,
                term!("ewf.another-segment-file-same-number"),
            ));
            return false;
        }
        seen = Some(file.number);
        true
    });
    let mut start = 0_u64;
    for file in files.iter_mut() {
        file.start = start;
        start = start.saturating_add(file.source.len());
    }
    name_missing(files, problems);
}

/// Adds a problem for each number that no segment file has.
fn name_missing<C>(files: &[SegmentFile<C>], problems: &mut Vec<Problem>) {
    let mut expected = 1_u32;
    for file in files.iter() {
        for number in expected..file.number {
            problems.push(Problem::damage(
                "EWF segment file",
                file.start,
                ProblemKind::Unreadable(BadReason::MissingSegment { number }),
            ));
        }
        expected = file.number.saturating_add(1);
    }
}
