//! Cases of a few rows in which every table and every column is used.

use std::path::Path;
use words::term;

use case_model::{
    Algorithm, CaseId, Digests, Disposition, Exactness, Hit, HitClass, HitDisposition,
    NameEncoding, Times, Timestamp, UnreadableRange,
};
use case_store::{
    CaseFile, DirectoryId, EntryId, EntryRow, FileSystemRow, ImageId, ImageOutcome, ImageRow,
    ImageWriter, LinkRow, MediumRun, ProblemRow, RunState, VolumeRow, encode_judged_extents,
};

/// A case with one image that is scanned whole.
pub(crate) struct Sample {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) case: CaseFile,
    pub(crate) image: ImageId,
    /// The rows of the entries, in the order in which they were written.
    pub(crate) entries: Vec<EntryId>,
}

pub(crate) fn new_case(folder: &Path) -> CaseFile {
    CaseFile::create(&folder.join("c.db"), &CaseId::new("c").unwrap()).unwrap()
}

pub(crate) fn open_case(folder: &Path) -> CaseFile {
    CaseFile::open(&folder.join("c.db"), &CaseId::new("c").unwrap()).unwrap()
}

impl Sample {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut case = new_case(folder.path());
        let (run, image) = case
            .transaction(|transaction| {
                let run =
                    transaction.insert_run(1_700_000_000_000_000_000, "{\"code_page\":850}")?;
                transaction.insert_run_items(run, &["/evidence/disk.raw".into()])?;
                Ok((run, transaction.insert_image(run, &image_row("/evidence/disk.raw"))?))
            })
            .unwrap();
        let entries = write_rows(&case, image);
        case.transaction(|transaction| {
            transaction.finish_image(image, &outcome())?;
            transaction.finish_run(run, 1_700_000_001_000_000_000, RunState::Incomplete)
        })
        .unwrap();
        case.build_indexes().unwrap();
        Self { folder, case, image, entries }
    }
}

fn write_rows(case: &CaseFile, image: ImageId) -> Vec<EntryId> {
    let mut writer = ImageWriter::new(case, image).unwrap();
    let volume = writer.volume(&volume_row()).unwrap();
    let file_system = writer.file_system(volume, &file_system_row()).unwrap();
    writer.unallocated(file_system, 4096).unwrap();
    writer.tally(file_system, term!("ntfs.mft-records-use-mft-bitmap"), 3, 3).unwrap();
    let root = writer.directory(file_system, "/").unwrap();
    let folder = writer.directory(file_system, "/صور").unwrap();
    let entries = [directory_row(root), file_row(folder), partial_row(folder)]
        .map(|row| writer.entry(file_system, &row).unwrap());
    writer.link(file_system, &link_row(root)).unwrap();
    writer.problem(None, &problem(false, "of the image")).unwrap();
    writer.checkpoint(|_| Ok(())).unwrap();
    entries.to_vec()
}

pub(crate) fn image_row(path: &str) -> ImageRow {
    ImageRow {
        name: "disk.raw".to_owned(),
        path: path.into(),
        container: "raw",
        reason: "no container signature".to_owned(),
        bytes: Some(1 << 20),
        sector_bytes: Some(512),
        segments: vec![("disk.raw".to_owned(), 1 << 20)],
        claims: vec![("examiner".to_owned(), "Amal".to_owned())],
        stored_digests: vec![("md5", vec![5; 16], "trailer"), ("sha1", vec![9; 20], "trailer")],
    }
}

pub(crate) fn outcome() -> ImageOutcome {
    ImageOutcome {
        state: RunState::Incomplete,
        medium_complete: Some(false),
        digests: Digests {
            md5: Some([5; 16]),
            sha1: Some([6; 20]),
            sha256: Some([7; 32]),
            blake3: Some([8; 32]),
        },
        unreadable: vec![unreadable(4096, "input/output error")],
        scan_ns: 1_000,
        error: None,
        problems: vec![problem(true, "found at the end")],
    }
}

pub(crate) fn volume_row() -> VolumeRow {
    VolumeRow {
        ordinal: 0,
        scheme: "mbr",
        number: 1,
        role: "volume",
        start: 32768,
        length: 1 << 19,
        extents: Some("[[32768,524288]]".to_owned()),
        type_code: "0x07".to_owned(),
        name: "data".to_owned(),
        encryption: None,
    }
}

pub(crate) fn file_system_row() -> FileSystemRow {
    FileSystemRow {
        kind: "NTFS",
        reason: "signature".to_owned(),
        state: "read",
        label: "work".to_owned(),
        serial: "1234-ABCD".to_owned(),
        block_bytes: 4096,
        blocks: 128,
    }
}

pub(crate) fn problem(damage: bool, text: &str) -> ProblemRow {
    ProblemRow {
        number: Some(35),
        damage,
        structure: "record",
        at: Some(65536),
        what: term!("stream.detail").with(text),
    }
}

fn unreadable(offset: u64, why: &str) -> UnreadableRange {
    UnreadableRange { offset, length: 512, why: why.to_owned() }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// An object without content: most columns are empty.
pub(crate) fn directory_row(directory: DirectoryId) -> EntryRow {
    EntryRow {
        number: 5,
        generation: 5,
        stream: 0,
        stream_kind: "none",
        stream_name: (Vec::new(), NameEncoding::Utf16Le),
        directory,
        name: Vec::new(),
        encoding: NameEncoding::Utf16Le,
        readable: String::new(),
        kind: "directory",
        state: "allocated",
        orphan: false,
        metadata: true,
        at: 65536,
        size: 0,
        valid: 0,
        times: Times {
            modified: None,
            accessed: None,
            changed: None,
            created: None,
            deleted: None,
        },
        name_times: None,
        mode: None,
        owner: None,
        links: None,
        attributes: 0,
        target: None,
        details: None,
        confidence: None,
        extents: None,
        disposition: Disposition::Skipped,
        rule: Some(term!("skip.directory").into()),
        content_type: None,
        findings: Vec::new(),
        digests: Digests::default(),
        unreadable: Vec::new(),
        problems: Vec::new(),
        hits: Vec::new(),
    }
}

/// A stream in which every column has a value, with hits of two sets.
pub(crate) fn file_row(directory: DirectoryId) -> EntryRow {
    let time = |seconds: u64| Timestamp::filetime(132_000_000_000_000_000 + seconds * 10_000_000);
    let runs = [MediumRun { length: 4096, at: Some(81920) }, MediumRun { length: 904, at: None }];
    EntryRow {
        number: 35,
        generation: u64::MAX,
        stream: 1,
        stream_kind: "alternate",
        stream_name: (utf16("Zone.Identifier"), NameEncoding::Utf16Le),
        directory,
        // The second unit is half a pair: the readable name does not give it back.
        name: vec![b'a', 0, 0, 0xd8],
        encoding: NameEncoding::Utf16Le,
        readable: "a\u{fffd}".to_owned(),
        kind: "file",
        state: "deleted",
        orphan: true,
        metadata: false,
        at: 100_352,
        size: 5000,
        valid: 4096,
        times: Times {
            modified: time(1),
            accessed: time(2),
            changed: time(3),
            created: time(4),
            deleted: time(5),
        },
        name_times: Some(Times { modified: time(6), ..Times::default() }),
        mode: Some(0o100_644),
        owner: Some((1000, 100)),
        links: Some(2),
        attributes: 0x20,
        target: Some((b"\xff/target".to_vec(), "\u{fffd}/target".to_owned())),
        details: Some("{\"reparse\":\"0x1\"}".to_owned()),
        confidence: Some(term!("fs.contiguity").into()),
        extents: Some(encode_judged_extents(Exactness::Exact, &runs)),
        disposition: Disposition::Hashed,
        rule: None,
        content_type: Some("image/jpeg".into()),
        findings: Vec::new(),
        digests: Digests {
            md5: Some([1; 16]),
            sha1: Some([2; 20]),
            sha256: Some([3; 32]),
            blake3: Some([4; 32]),
        },
        unreadable: Vec::new(),
        problems: vec![problem(true, "of the record")],
        hits: vec![
            hit(HitDisposition::Known, "known files"),
            hit(HitDisposition::Alert, "bad files"),
        ],
    }
}

/// A stream that could be read in part only.
pub(crate) fn partial_row(directory: DirectoryId) -> EntryRow {
    EntryRow {
        number: 36,
        generation: 1,
        stream: 0,
        stream_kind: "data",
        name: utf16("b.txt"),
        readable: "b.txt".to_owned(),
        kind: "file",
        metadata: false,
        size: 8192,
        valid: 8192,
        disposition: Disposition::Partial,
        rule: Some(term!("stream.detail").with("the medium cannot be read there")),
        digests: Digests { sha256: Some([9; 32]), ..Digests::default() },
        unreadable: vec![unreadable(0, "input/output error"), unreadable(4096, "lost")],
        hits: vec![hit(HitDisposition::Notable, "of interest")],
        ..directory_row(directory)
    }
}

pub(crate) fn link_row(directory: DirectoryId) -> LinkRow {
    LinkRow {
        number: 36,
        generation: Some(1),
        directory,
        name: utf16("also b.txt"),
        encoding: NameEncoding::Utf16Le,
        readable: "also b.txt".to_owned(),
        space: "primary",
        state: "allocated",
        at: 102_400,
        times: Times { created: Some(Timestamp::unix_seconds(1)), ..Times::default() },
    }
}

pub(crate) fn hit(disposition: HitDisposition, set: &str) -> Hit {
    let mut set_digest = [0; 32];
    for (byte, value) in set_digest.iter_mut().zip(set.bytes()) {
        *byte = value;
    }
    Hit {
        set_digest,
        set_name: set.to_owned(),
        set_version: "1".to_owned(),
        algorithm: Algorithm::Sha256,
        digest: vec![3; 32],
        disposition,
        class: HitClass::Full,
        label: "a.jpg".to_owned(),
    }
}
