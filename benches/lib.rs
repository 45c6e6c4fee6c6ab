#![doc = include_str!("README.md")]
#![forbid(unsafe_code)]

mod ext4_image;
mod hash_sets;

pub use ext4_image::make_ext4_image;
pub use hash_sets::{HashSetBench, digest_of, make_md5_list, make_rds, on_a_thread, sha256_stream};

use case_model::{CaseId, Digests, Disposition, NameEncoding, Times, Timestamp};
use case_store::{
    CaseFile, DirectoryId, EntryRow, FileSystemRow, ImageRow, ImageWriter, MediumRun, StoreError,
    VolumeRow, encode_extents,
};

/// Files of one directory.
const FILES_PER_DIRECTORY: u64 = 40;

/// Makes a case of `files` files in `folder`, as a scan of one volume leaves it.
///
/// # Errors
/// What SQLite says.
pub fn make_case(folder: &std::path::Path, files: u64) -> Result<CaseFile, StoreError> {
    let id = CaseId::new("bench").map_err(|_| StoreError::NotFound(folder.to_owned()))?;
    let mut case = CaseFile::create(&folder.join("bench.db"), &id)?;
    let image = case.transaction(|transaction| {
        let run = transaction.insert_run(0, "{}")?;
        transaction.insert_image(run, &image_row())
    })?;
    let mut writer = ImageWriter::new(&case, image)?;
    let volume = writer.volume(&volume_row())?;
    let file_system = writer.file_system(volume, &file_system_row())?;
    let mut directory = DirectoryId::NONE;
    for number in 0..files {
        if number.is_multiple_of(FILES_PER_DIRECTORY) {
            let above = number / FILES_PER_DIRECTORY;
            directory = writer.directory(
                file_system,
                &format!("/Users/u{}/Documents/folder {above}", above % 50),
            )?;
        }
        writer.entry(file_system, &entry_row(number, directory))?;
    }
    writer.checkpoint(|_| Ok(()))?;
    drop(writer);
    case.build_indexes()?;
    Ok(case)
}

/// The digest of file `number`: spread evenly, as digests are.
#[must_use]
pub fn sha256_of(number: u64) -> [u8; 32] {
    let mut digest = [0; 32];
    for (part, bytes) in digest.chunks_exact_mut(8).enumerate() {
        let mixed =
            (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17 * (part as u32 + 1));
        bytes.copy_from_slice(&mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes());
    }
    digest
}

fn image_row() -> ImageRow {
    ImageRow {
        name: "bench.raw".to_owned(),
        path: "/bench.raw".into(),
        container: "raw",
        reason: "bench".to_owned(),
        bytes: Some(1 << 40),
        sector_bytes: Some(512),
        segments: Vec::new(),
        claims: Vec::new(),
        stored_digests: Vec::new(),
    }
}

fn volume_row() -> VolumeRow {
    VolumeRow {
        ordinal: 0,
        scheme: "none",
        number: 0,
        role: "volume",
        start: 0,
        length: 1 << 40,
        extents: None,
        type_code: String::new(),
        name: String::new(),
        encryption: None,
    }
}

fn file_system_row() -> FileSystemRow {
    FileSystemRow {
        kind: "NTFS",
        reason: "bench".to_owned(),
        state: "read",
        label: String::new(),
        serial: String::new(),
        block_bytes: 4096,
        blocks: 1 << 28,
    }
}

fn entry_row(number: u64, directory: DirectoryId) -> EntryRow {
    let extension = ["jpg", "txt", "docx", "dll", "pdf", "log", "db", "png"][(number % 8) as usize];
    let name = format!("file {number:07}.{extension}");
    let sha256 = sha256_of(number);
    let time = Timestamp::filetime(132_000_000_000_000_000 + number * 10_000_000_000);
    EntryRow {
        number,
        generation: 1,
        stream: 0,
        stream_kind: "data",
        stream_name: (Vec::new(), NameEncoding::Utf16Le),
        directory,
        name: name.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        encoding: NameEncoding::Utf16Le,
        readable: name,
        kind: "file",
        state: if number.is_multiple_of(50) { "deleted" } else { "allocated" },
        orphan: false,
        metadata: false,
        at: number * 1024,
        size: (number % 1000) * 1000,
        valid: (number % 1000) * 1000,
        times: Times {
            modified: time,
            created: time,
            accessed: time,
            changed: time,
            deleted: None,
        },
        name_times: None,
        mode: None,
        owner: None,
        links: Some(1),
        attributes: 0x20,
        target: None,
        details: None,
        confidence: None,
        extents: Some(encode_extents(&[MediumRun { length: 4096, at: Some(number * 4096) }])),
        disposition: Disposition::Hashed,
        rule: None,
        content_type: (extension == "jpg").then_some("image/jpeg".into()),
        findings: Vec::new(),
        digests: Digests {
            md5: sha256.first_chunk().copied(),
            sha1: sha256.first_chunk().copied(),
            sha256: Some(sha256),
            blake3: None,
        },
        unreadable: Vec::new(),
        problems: Vec::new(),
        hits: Vec::new(),
    }
}
