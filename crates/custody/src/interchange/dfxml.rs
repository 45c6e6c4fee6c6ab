//! Digital Forensics XML 2.0.0-beta.0: the list of files with digests and places, row by row.

use std::io::{self, Write};

use case_model::{Algorithm, Digests, Times, Timestamp};

use super::xml::{bytes_if_not_text, escaped};
use crate::entry::UtcTime;

/// Namespace of what DFXML has no element for.
const OWN_NAMESPACE: &str = "urn:athar:dfxml";

/// What stands above the files.
#[derive(Clone, Debug)]
pub struct DfxmlHeader {
    /// The program that found the files.
    pub program: String,
    /// Its version.
    pub version: String,
    /// How it was called.
    pub command_line: Option<String>,
    /// When it began.
    pub start: Option<UtcTime>,
    /// The image's files.
    pub images: Vec<String>,
}

/// A volume of the image.
#[derive(Clone, Debug)]
pub struct DfxmlVolume {
    /// Where it begins in the image, in bytes.
    pub offset_bytes: u64,
    /// Size of a cluster or block in bytes.
    pub block_size_bytes: Option<u64>,
    /// The file system's name.
    pub file_system: String,
}

/// The kind of a file (`name_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameType {
    /// `r`
    Regular,
    /// `d`
    Directory,
    /// `l`
    SymbolicLink,
    /// `-`: anything else, or not known.
    Unknown,
}

/// Where a piece of a file lies.
#[derive(Clone, Debug)]
pub struct DfxmlRun {
    /// In the file, in bytes.
    pub file_offset: u64,
    /// In the image, in bytes; `None` for a hole, which reads as zeros.
    pub image_offset: Option<u64>,
    /// Length in bytes.
    pub length: u64,
}

/// A file. `None` where nothing is known; such elements are left out.
#[derive(Clone, Debug)]
pub struct DfxmlFile<'a> {
    /// The path from the root of the volume, as the bytes of its names joined by `/`. Bytes that XML cannot carry are kept as
    /// hexadecimal digits in an attribute.
    pub path: &'a [u8],
    /// What went wrong.
    pub error: Option<&'a str>,
    /// An id that is unique in the document.
    pub id: Option<u64>,
    /// Its kind.
    pub name_type: NameType,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Is the metadata structure in use?
    pub inode_allocated: Option<bool>,
    /// Is the directory entry in use?
    pub name_allocated: Option<bool>,
    /// Is there no name that leads to it?
    pub orphan: bool,
    /// Is it stored in a coded form?
    pub compressed: bool,
    /// Its number in the file system's table.
    pub inode: Option<u64>,
    /// That of its directory.
    pub parent_inode: Option<u64>,
    /// Its times.
    pub times: Times,
    /// Where it lies.
    pub runs: &'a [DfxmlRun],
    /// Its digests.
    pub digests: &'a Digests,
    /// What became of it in the scan.
    pub disposition: Option<&'a str>,
}

/// Writes a document: volumes with their files first, files of no volume last.
#[derive(Debug)]
pub struct DfxmlWriter<W> {
    out: W,
    in_volume: bool,
    /// Files outside of volumes have begun: the schema allows no volume any more.
    loose: bool,
}

impl<W: Write> DfxmlWriter<W> {
    /// Begins a document.
    ///
    /// # Errors
    /// When writing fails.
    pub fn begin(mut out: W, header: &DfxmlHeader) -> io::Result<Self> {
        const NAMESPACE: &str = "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML";
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            out,
            "<dfxml xmlns=\"{NAMESPACE}\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
        )?;
        writeln!(out, "  xmlns:athar=\"{OWN_NAMESPACE}\" version=\"2.0.0-beta.0\">")?;
        writeln!(out, "<metadata><dc:type>Disk Image</dc:type></metadata>")?;
        writeln!(out, "<creator>")?;
        element(&mut out, "program", &header.program)?;
        element(&mut out, "version", &header.version)?;
        execution_environment(&mut out, header)?;
        writeln!(out, "</creator>\n<source>")?;
        header.images.iter().try_for_each(|image| element(&mut out, "image_filename", image))?;
        writeln!(out, "</source>")?;
        Ok(Self { out, in_volume: false, loose: false })
    }

    /// Begins a volume and ends the one before.
    ///
    /// # Errors
    /// When files of no volume were written before, or writing fails.
    pub fn volume(&mut self, volume: &DfxmlVolume) -> io::Result<()> {
        self.end_volume()?;
        if self.loose {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a volume after files of no volume",
            ));
        }
        writeln!(self.out, "<volume offset=\"{}\">", volume.offset_bytes)?;
        element(&mut self.out, "partition_offset", &volume.offset_bytes.to_string())?;
        optional(
            &mut self.out,
            "block_size",
            volume.block_size_bytes.map(|size| size.to_string()).as_deref(),
        )?;
        element(&mut self.out, "ftype_str", &volume.file_system)?;
        self.in_volume = true;
        Ok(())
    }

    /// Ends the volume; files that follow belong to none.
    ///
    /// # Errors
    /// When writing fails.
    pub fn end_volume(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.in_volume) {
            true => writeln!(self.out, "</volume>"),
            false => Ok(()),
        }
    }

    /// Writes a file, in the order of elements that the schema asks for.
    ///
    /// # Errors
    /// When writing fails.
    pub fn file(&mut self, file: &DfxmlFile<'_>) -> io::Result<()> {
        self.loose |= !self.in_volume;
        let out = &mut self.out;
        writeln!(out, "<fileobject>")?;
        if let Some(inode) = file.parent_inode {
            writeln!(out, "<parent_object><inode>{inode}</inode></parent_object>")?;
        }
        let bytes = bytes_if_not_text(file.path)
            .map(|hex| format!(" athar:bytes=\"{hex}\""))
            .unwrap_or_default();
        writeln!(
            out,
            "<filename{bytes}>{}</filename>",
            escaped(&String::from_utf8_lossy(file.path))
        )?;
        optional(out, "error", file.error)?;
        number(out, "id", file.id)?;
        element(out, "name_type", file.name_type.letter())?;
        number(out, "filesize", Some(file.size_bytes))?;
        number(out, "alloc_inode", file.inode_allocated.map(u64::from))?;
        number(out, "alloc_name", file.name_allocated.map(u64::from))?;
        number(out, "orphan", file.orphan.then_some(1))?;
        number(out, "compressed", file.compressed.then_some(1))?;
        number(out, "inode", file.inode)?;
        let unreadable = times(out, &file.times)?;
        byte_runs(out, file.runs)?;
        digests(out, file.digests)?;
        optional(out, "athar:disposition", file.disposition)?;
        for (field, time) in unreadable {
            let clock = time.clock.key();
            let raw = time.raw;
            writeln!(out, "<athar:time field=\"{field}\" clock=\"{clock}\" raw=\"{raw}\"/>")?;
        }
        writeln!(out, "</fileobject>")
    }

    /// Ends the document and gives back the output, flushed.
    ///
    /// # Errors
    /// When writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_volume()?;
        writeln!(self.out, "</dfxml>")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl NameType {
    const fn letter(self) -> &'static str {
        match self {
            Self::Regular => "r",
            Self::Directory => "d",
            Self::SymbolicLink => "l",
            Self::Unknown => "-",
        }
    }
}

/// Returns the attribute for whole seconds of a clock's resolution.
fn precision(time: &Timestamp) -> String {
    let seconds =
        time.clock.resolution_ns().checked_div(1_000_000_000).filter(|seconds| *seconds > 0);
    seconds.map(|seconds| format!(" prec=\"{seconds}\"")).unwrap_or_default()
}

fn execution_environment(out: &mut impl Write, header: &DfxmlHeader) -> io::Result<()> {
    if header.command_line.is_none() && header.start.is_none() {
        return Ok(());
    }
    writeln!(out, "<execution_environment>")?;
    optional(out, "command_line", header.command_line.as_deref())?;
    optional(out, "start_time", header.start.as_ref().map(UtcTime::as_str))?;
    writeln!(out, "</execution_environment>")
}

/// Writes the times that are dates and gives back those that are not.
fn times(out: &mut impl Write, times: &Times) -> io::Result<Vec<(&'static str, Timestamp)>> {
    let fields = [
        ("mtime", times.modified),
        ("ctime", times.changed),
        ("atime", times.accessed),
        ("crtime", times.created),
        ("dtime", times.deleted),
    ];
    let mut unreadable = Vec::new();
    for (field, time) in fields.into_iter().filter_map(|(field, time)| Some((field, time?))) {
        let Some(ns) = time.unix_ns else {
            unreadable.push((field, time));
            continue;
        };
        let utc = UtcTime::from_unix_ns(ns);
        // Local time of an unknown zone bears none; the schema's type allows that.
        let text =
            if time.is_unzoned() { utc.as_str().trim_end_matches('Z') } else { utc.as_str() };
        let precision = precision(&time);
        writeln!(out, "<{field}{precision}>{text}</{field}>")?;
    }
    Ok(unreadable)
}

fn byte_runs(out: &mut impl Write, runs: &[DfxmlRun]) -> io::Result<()> {
    if runs.is_empty() {
        return Ok(());
    }
    writeln!(out, "<byte_runs>")?;
    for run in runs {
        let place = match run.image_offset {
            Some(offset) => format!("img_offset=\"{offset}\""),
            None => "fill=\"0\"".to_owned(),
        };
        writeln!(
            out,
            "<byte_run file_offset=\"{}\" {place} len=\"{}\"/>",
            run.file_offset, run.length
        )?;
    }
    writeln!(out, "</byte_runs>")
}

fn digests(out: &mut impl Write, digests: &Digests) -> io::Result<()> {
    for algorithm in Algorithm::ALL {
        let Some(digest) = digests.get(algorithm) else { continue };
        let kind = match algorithm {
            Algorithm::Md5 => "md5",
            Algorithm::Sha1 => "sha1",
            Algorithm::Sha256 => "sha256",
            Algorithm::Blake3 => "other\" athar:algorithm=\"blake3",
        };
        writeln!(out, "<hashdigest type=\"{kind}\">{}</hashdigest>", case_model::to_hex(digest))?;
    }
    Ok(())
}

fn element(out: &mut impl Write, name: &str, text: &str) -> io::Result<()> {
    writeln!(out, "<{name}>{}</{name}>", escaped(text))
}

fn optional(out: &mut impl Write, name: &str, text: Option<&str>) -> io::Result<()> {
    text.map_or(Ok(()), |text| element(out, name, text))
}

fn number(out: &mut impl Write, name: &str, value: Option<u64>) -> io::Result<()> {
    value.map_or(Ok(()), |value| writeln!(out, "<{name}>{value}</{name}>"))
}
