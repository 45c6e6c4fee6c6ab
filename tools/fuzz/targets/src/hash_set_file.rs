//! Importers of hash sets.

use std::path::Path;

use hash_set::{Format, ImportOptions, Library};

/// Formats that are text in lines.
const TEXT: &[Format] = &[
    Format::CsvTable,
    Format::DigestList,
    Format::Sums,
    Format::SumsZero,
    Format::Hashdeep,
    Format::Md5Deep,
    Format::NsrlRdsV2,
    Format::NsrlRdsV1_5,
    Format::HashKeeper,
    Format::EnCase,
    Format::ILook,
    Format::XWays,
    Format::InterpolIcse,
];

/// A line-by-line (or EnCase) format; the first byte says which.
pub(crate) fn text(input: &[u8]) {
    chosen(TEXT, input);
}

/// A JSON format; the first byte says which.
pub(crate) fn json(input: &[u8]) {
    chosen(&[Format::ProjectVic, Format::Misp, Format::Stix], input);
}

/// A database; the first byte says which.
pub(crate) fn database(input: &[u8]) {
    chosen(&[Format::NsrlRdsV3, Format::AutopsyKdb], input);
}

/// Whatever it is recognised as.
pub(crate) fn recognised(input: &[u8]) {
    import(None, input);
}

fn chosen(formats: &[Format], input: &[u8]) {
    if let Some((choice, content)) = input.split_first() {
        import(formats.get(usize::from(*choice) % formats.len()).copied(), content);
    }
}

/// Where files are made: in memory where the system offers it.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.expect("a temporary folder")
}

fn import(format: Option<Format>, content: &[u8]) {
    let folder = folder();
    let file = folder.path().join("set");
    std::fs::write(&file, content).expect("a file in the temporary folder");
    let sets = folder.path().join("sets");
    let mut library = Library::open(&sets).expect("an empty library");
    let options = ImportOptions { format, memory_bytes: 1 << 20, ..ImportOptions::default() };
    match library.import(&file, &options, &mut |_| {}) {
        Ok(report) => {
            assert_eq!(library.sets().len(), 1);
            assert!(format.is_none_or(|format| report.set.format == format));
            assert!(library.verify(&mut |_| {}).is_empty(), "what was imported does not verify");
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(library.sets().is_empty());
        }
    }
}
