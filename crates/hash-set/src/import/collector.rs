//! Takes the records of a file, whatever its format, and keeps the account of them.

use std::path::Path;

use byte_source::length;
use case_model::{Algorithm, Digests, HitDisposition};
use sha2::Digest as _;

use super::reading::{Meter, SourceFile};
use super::{
    Format, ImportError, ImportNote, ImportOptions, Position, Progress, RejectReason, Rejection,
    Stage,
};
use crate::FileIdentity;
use crate::compiled::{Entry, Record, Sorter};

/// Rejected records that are kept with position and reason; all are counted.
const REJECTIONS_KEPT: usize = 100;
/// Records between two calls of the progress function.
const RECORDS_A_STEP: u64 = 1 << 12;

/// One record as an importer reads it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Candidate {
    pub(crate) digests: Digests,
    pub(crate) size: Option<u64>,
    /// `None`: the set's default.
    pub(crate) disposition: Option<HitDisposition>,
    pub(crate) category: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) comment: Option<String>,
}

impl Candidate {
    /// Adds to the comment.
    pub(crate) fn add_comment(&mut self, text: &str) {
        match &mut self.comment {
            Some(comment) => *comment = format!("{comment}; {text}"),
            none => *none = Some(text.to_owned()),
        }
    }
}

/// What is known about the set as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) publisher: String,
    pub(crate) released: String,
    pub(crate) licence: String,
    pub(crate) handling: String,
    pub(crate) disposition: HitDisposition,
    pub(crate) category_scheme: String,
}

/// All that an import read.
pub(crate) struct Collected {
    pub(crate) sorter: Sorter,
    pub(crate) facts: Facts,
    pub(crate) notes: Vec<ImportNote>,
    pub(crate) rejections: Vec<Rejection>,
    pub(crate) records: u64,
    pub(crate) rejected: u64,
    pub(crate) empty_files: u64,
    /// Records dropped before sorting because the one before was of the same file.
    pub(crate) earlier_duplicates: u64,
    pub(crate) format: Format,
    pub(crate) source: FileIdentity,
    pub(crate) companions: Vec<FileIdentity>,
}

/// Takes records.
pub(crate) struct Collector<'a> {
    options: &'a ImportOptions,
    facts: Facts,
    format: Format,
    folder: &'a Path,
    sorter: Sorter,
    encoded: Vec<u8>,
    notes: Vec<ImportNote>,
    rejections: Vec<Rejection>,
    records: u64,
    rejected: u64,
    empty_files: u64,
    earlier_duplicates: u64,
    companions: Vec<FileIdentity>,
    sizes_not_used: u64,
    unknown_codes: Option<(String, u64)>,
    meter: Meter,
    progress: &'a mut dyn FnMut(Progress),
}

/// Keeps what is said, or takes what is new when it says something.
fn keep(said: &str, new: String, now: &str) -> String {
    if said.is_empty() && !new.trim().is_empty() { new } else { now.to_owned() }
}

impl<'a> Collector<'a> {
    pub(crate) fn new(
        source: &SourceFile,
        format: Format,
        options: &'a ImportOptions,
        folder: &'a Path,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        let facts = Facts {
            name: options.name.clone().unwrap_or_else(|| source.stem()),
            version: options.version.clone(),
            publisher: options.publisher.clone(),
            released: options.released.clone(),
            licence: options.licence.clone(),
            handling: options.handling.clone(),
            disposition: options.disposition.unwrap_or(format.default_disposition()),
            category_scheme: String::new(),
        };
        Self {
            options,
            facts,
            format,
            folder,
            sorter: Sorter::new(folder, options.memory_bytes / 2),
            encoded: Vec::new(),
            notes: Vec::new(),
            rejections: Vec::new(),
            records: 0,
            rejected: 0,
            empty_files: 0,
            earlier_duplicates: 0,
            companions: Vec::new(),
            sizes_not_used: 0,
            unknown_codes: None,
            meter: source.meter(),
            progress,
        }
    }

    /// Takes a record; what cannot be used is rejected and counted.
    pub(crate) fn accept(
        &mut self,
        position: &Position,
        candidate: Candidate,
    ) -> Result<(), ImportError> {
        self.step()?;
        match emptiness(&candidate.digests) {
            Emptiness::NoDigest => self.reject(position, RejectReason::NoDigest),
            Emptiness::Contradiction => self.reject(position, RejectReason::EmptyAndNotEmpty),
            Emptiness::Empty => self.empty_files = self.empty_files.saturating_add(1),
            Emptiness::NotEmpty => self.keep(candidate).map_err(ImportError::Write)?,
        }
        Ok(())
    }

    fn keep(&mut self, candidate: Candidate) -> std::io::Result<()> {
        let Candidate { digests, size, disposition, category, name, comment } = candidate;
        // Not the empty file, so a size of 0 means "not known" to whoever wrote it; SQLite keeps 63 bits.
        let usable = size.filter(|&size| size != 0 && i64::try_from(size).is_ok());
        if usable != size {
            self.size_not_used();
        }
        let disposition = disposition.unwrap_or(self.facts.disposition);
        let entry = Entry { digests, size: usable, disposition, category };
        self.encoded.clear();
        Record { entry, sequence: self.records, name, comment }.encode(&mut self.encoded);
        self.records = self.records.saturating_add(1);
        self.sorter.push(&self.encoded)
    }

    /// Counts a record that cannot be used.
    pub(crate) fn reject(&mut self, position: &Position, reason: RejectReason) {
        self.rejected = self.rejected.saturating_add(1);
        if self.rejections.len() < REJECTIONS_KEPT {
            self.rejections.push(Rejection { position: position.clone(), reason });
        }
    }

    /// Counts records that repeat the one before.
    pub(crate) fn duplicates(&mut self, count: u64) {
        self.earlier_duplicates = self.earlier_duplicates.saturating_add(count);
    }

    /// Notes that another file was read, and what it holds.
    pub(crate) fn companion(&mut self, path: &Path, bytes: &[u8]) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let sha256 = sha2::Sha256::digest(bytes).into();
        self.companions.push(FileIdentity { name, bytes: length(bytes.len()), sha256 });
    }

    /// What a category code of the set's scheme means: what the lab says, else it needs review. `None` without a scheme.
    pub(crate) fn disposition_of_category(&mut self, code: &str) -> Option<HitDisposition> {
        let scheme = &self.facts.category_scheme;
        if scheme.is_empty() {
            return None;
        }
        Some(self.options.categories.disposition(scheme, code).unwrap_or_else(|| {
            self.unknown_code(code);
            HitDisposition::NeedsReview
        }))
    }

    /// Counts a size that cannot be used.
    pub(crate) fn size_not_used(&mut self) {
        self.sizes_not_used = self.sizes_not_used.saturating_add(1);
    }

    /// Counts a code that no mapping knows.
    pub(crate) fn unknown_code(&mut self, code: &str) {
        let (_, count) =
            self.unknown_codes.get_or_insert_with(|| (super::digest_text::excerpt(code), 0));
        *count = count.saturating_add(1);
    }

    /// Counts a part of the file that does not belong into a set.
    pub(crate) fn leave_out(&mut self, what: &'static str) {
        for note in &mut self.notes {
            if let ImportNote::LeftOut { what: same, count } = note
                && *same == what
            {
                *count = count.saturating_add(1);
                return;
            }
        }
        self.notes.push(ImportNote::LeftOut { what, count: 1 });
    }

    pub(crate) fn note(&mut self, note: ImportNote) {
        self.notes.push(note);
    }

    /// What the file says about the set; what the caller said stands.
    pub(crate) fn file_says(&mut self, says: impl FnOnce(&mut Facts)) {
        let mut facts = self.facts.clone();
        says(&mut facts);
        let options = self.options;
        let now = &self.facts;
        self.facts = Facts {
            name: keep(options.name.as_deref().unwrap_or_default(), facts.name, &now.name),
            version: keep(&options.version, facts.version, &now.version),
            publisher: keep(&options.publisher, facts.publisher, &now.publisher),
            released: keep(&options.released, facts.released, &now.released),
            licence: keep(&options.licence, facts.licence, &now.licence),
            handling: keep(&options.handling, facts.handling, &now.handling),
            disposition: options.disposition.unwrap_or(facts.disposition),
            category_scheme: facts.category_scheme,
        };
    }

    /// Where temporary files belong.
    pub(crate) fn folder(&self) -> &Path {
        self.folder
    }

    /// Notes that another file was read to its end.
    pub(crate) fn companion_file(&mut self, file: SourceFile) -> Result<(), ImportError> {
        let name = file.file_name();
        let (bytes, sha256) = file.finish(&mut |_| {})?;
        self.companions.push(FileIdentity { name, bytes, sha256 });
        Ok(())
    }

    /// Tells that so many bytes of a database have been copied.
    pub(crate) fn copied(&mut self, done: u64, total: u64) {
        (self.progress)(Progress { stage: Stage::Copying, done, total });
    }

    /// Tells that so many rows of a database have been read.
    pub(crate) fn row_read(&mut self, rows: u64) {
        if rows.is_multiple_of(RECORDS_A_STEP) {
            (self.progress)(Progress { stage: Stage::ReadingRows, done: rows, total: 0 });
        }
    }

    /// Tells how far the file is read, now and then, and looks for a stop.
    fn step(&mut self) -> Result<(), ImportError> {
        let all = self.records.saturating_add(self.rejected).saturating_add(self.empty_files);
        if !all.is_multiple_of(RECORDS_A_STEP) {
            return Ok(());
        }
        if !self.format.is_database() {
            let done = self.meter.bytes();
            let total = self.meter.total();
            (self.progress)(Progress { stage: Stage::Reading, done, total });
        }
        if self.options.stop.is_requested() { Err(ImportError::Stopped) } else { Ok(()) }
    }

    /// Returns the notes on what the records said and nobody uses.
    fn unused_notes(&mut self) -> impl Iterator<Item = ImportNote> + use<> {
        let count = self.sizes_not_used;
        let sizes = (count > 0).then_some(ImportNote::SizesNotUsed { count });
        let codes = self
            .unknown_codes
            .take()
            .map(|(first, count)| ImportNote::UnknownCodes { first, count });
        sizes.into_iter().chain(codes)
    }

    /// Ends the account.
    pub(crate) fn finish(mut self, source: SourceFile) -> Result<Collected, ImportError> {
        if self.records == 0 {
            let first = self.rejections.into_iter().next().map(Box::new);
            let rejected = self.rejected;
            let empty_files = self.empty_files;
            return Err(ImportError::NoEntries { rejected, empty_files, first });
        }
        let unused = self.unused_notes();
        self.notes.extend(unused);
        let name = source.file_name();
        let total = source.meter().total();
        let progress = self.progress;
        let (bytes, sha256) =
            source.finish(&mut |done| progress(Progress { stage: Stage::Hashing, done, total }))?;
        Ok(Collected {
            sorter: self.sorter,
            facts: self.facts,
            notes: self.notes,
            rejections: self.rejections,
            records: self.records,
            rejected: self.rejected,
            empty_files: self.empty_files,
            earlier_duplicates: self.earlier_duplicates,
            format: self.format,
            source: FileIdentity { name, bytes, sha256 },
            companions: self.companions,
        })
    }
}

/// Do the digests belong to the empty file?
enum Emptiness {
    NoDigest,
    NotEmpty,
    Empty,
    Contradiction,
}

fn emptiness(digests: &Digests) -> Emptiness {
    let present = || Algorithm::ALL.into_iter().filter_map(|one| Some((one, digests.get(one)?)));
    let all = present().count();
    let empty = present().filter(|(one, digest)| is_of_empty_file(*one, digest)).count();
    match (all, empty) {
        (0, _) => Emptiness::NoDigest,
        (_, 0) => Emptiness::NotEmpty,
        (all, empty) if all == empty => Emptiness::Empty,
        _ => Emptiness::Contradiction,
    }
}

/// Is this the digest of no bytes? MD5 `d41d8cd9…`, SHA-1 `da39a3ee…`, SHA-256 `e3b0c442…`, BLAKE3 `af1349b9…`.
fn is_of_empty_file(algorithm: Algorithm, digest: &[u8]) -> bool {
    const MD5: u128 = 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e;
    const SHA1: [u8; 20] =
        *b"\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95\x60\x18\x90\xaf\xd8\x07\x09";
    const BLAKE3: [u128; 2] =
        [0xaf13_49b9_f5f9_a1a6_a040_4dea_36dc_c949, 0x9bcb_25c9_adc1_12b7_cc9a_93ca_e41f_3262];
    const SHA256: [u128; 2] =
        [0xe3b0_c442_98fc_1c14_9afb_f4c8_996f_b924, 0x27ae_41e4_649b_934c_a495_991b_7852_b855];
    let is_words = |digest: &[u8], [high, low]: [u128; 2]| {
        digest.first_chunk() == Some(&high.to_be_bytes())
            && digest.last_chunk() == Some(&low.to_be_bytes())
    };
    match algorithm {
        Algorithm::Md5 => digest == MD5.to_be_bytes(),
        Algorithm::Sha1 => digest == SHA1,
        Algorithm::Sha256 => is_words(digest, SHA256),
        Algorithm::Blake3 => is_words(digest, BLAKE3),
    }
}
