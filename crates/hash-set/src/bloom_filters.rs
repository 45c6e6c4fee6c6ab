//! The lab's Bloom filters: kept apart from the sets, so that no lookup ever meets one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use byte_source::length;
use case_model::to_hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::set_info::hex_digest;
use crate::{BloomError, BloomRanking, FileIdentity, RankingKey};

/// Version of a description.
const VERSION: u32 = 1;
/// Digits of the digest in file names.
const NAME_DIGITS: usize = 32;
/// Bytes read at once; a multiple of eight.
const BUFFER_BYTES: usize = 1 << 20;

/// What is known about a filter as a whole. Stored beside it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankingInfo {
    /// Identity: SHA-256 of the file.
    #[serde(with = "hex_digest")]
    pub digest: [u8; 32],
    /// Name for people.
    pub name: String,
    /// Version, publisher, licence, how it may be passed on: as the caller said, empty when not said.
    pub version: String,
    /// See `version`.
    pub publisher: String,
    /// See `version`.
    pub licence: String,
    /// See `version`.
    pub handling: String,
    /// When it was imported, nanoseconds since 1970-01-01 UTC, and by whom: as the caller said.
    pub imported_at_ns: i64,
    /// See `imported_at_ns`.
    pub imported_by: String,
    /// What was entered.
    pub key: RankingKey,
    /// The imported file.
    pub source: FileIdentity,
    /// Keys that were entered, as the file says.
    pub entered: u64,
    /// Share of false answers that it was made for, as the file says.
    pub false_positives_planned: f64,
    /// Share of false answers that its bits give: the share of bits that are set, to the power of the number of probes.
    pub false_positives: f64,
}

/// A description as stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    ranking: RankingInfo,
}

/// What the caller says about a filter.
#[derive(Clone, Debug, Default)]
pub struct RankingOptions {
    /// Name; `None`: the file's, without its extension.
    pub name: Option<String>,
    /// As [`RankingInfo::version`].
    pub version: String,
    /// As [`RankingInfo::version`].
    pub publisher: String,
    /// As [`RankingInfo::version`].
    pub licence: String,
    /// As [`RankingInfo::version`].
    pub handling: String,
    /// What was entered.
    pub key: RankingKey,
    /// A digest that is known to be entered: one that the filter does not list is refused, because the key, or the way of probing, is another.
    pub member: Option<Vec<u8>>,
    /// As [`RankingInfo::imported_at_ns`].
    pub imported_at_ns: i64,
    /// As [`RankingInfo::imported_at_ns`].
    pub imported_by: String,
}

/// Why a filter cannot be used.
#[derive(Debug, Error)]
pub enum RankingError {
    /// It is none, or damaged.
    #[error(transparent)]
    Filter(#[from] BloomError),
    /// The operating system cannot read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A description cannot be understood.
    #[error("{}: {source}; move it away and import the filter again", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A key that should be entered is not.
    #[error(
        "the filter does not list {member}, which it should: its keys are not {key}, or it is made in another way; nothing was imported"
    )]
    Member {
        /// The digest.
        member: String,
        /// How it was asked for.
        key: RankingKey,
    },
    /// The file is not what was imported.
    #[error("{}: SHA-256 is {found}, imported was {expected}; import it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// When it was imported.
        expected: String,
        /// Now.
        found: String,
    },
    /// None, or several, are called so.
    #[error("{count} rankings have the name, or a digest that begins with, {wanted:?}")]
    NotOne {
        /// What was looked for.
        wanted: String,
        /// How many it fits.
        count: usize,
    },
}

/// A folder of filters. A filter is there when its description is: that is written last.
pub struct BloomFilters {
    folder: PathBuf,
}

/// Reads the description of a filter.
fn read_description(path: &Path) -> Result<RankingInfo, RankingError> {
    let text = fs::read(path).map_err(io_error(path))?;
    let stored: Stored = serde_json::from_slice(&text)
        .map_err(|source| RankingError::Description { path: path.to_path_buf(), source })?;
    Ok(stored.ranking)
}

/// Returns what is known of a filter that is imported.
fn info_of(
    filter: &BloomRanking,
    path: &Path,
    source: FileIdentity,
    options: &RankingOptions,
) -> RankingInfo {
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    RankingInfo {
        digest: source.sha256,
        name: options.name.clone().unwrap_or_else(stem),
        version: options.version.clone(),
        publisher: options.publisher.clone(),
        licence: options.licence.clone(),
        handling: options.handling.clone(),
        imported_at_ns: options.imported_at_ns,
        imported_by: options.imported_by.clone(),
        key: options.key,
        source,
        entered: filter.entered(),
        false_positives_planned: filter.false_positives(),
        false_positives: filter.false_positives_by_its_bits(),
    }
}

impl BloomFilters {
    /// The filters in `folder`, which need not exist.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// What is known about each filter, by digest.
    ///
    /// # Errors
    /// A folder or a description that cannot be read.
    pub fn all(&self) -> Result<Vec<RankingInfo>, RankingError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io_error(&self.folder))?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(io_error(&self.folder))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                all.push(read_description(&path)?);
            }
        }
        all.sort_by_key(|info| info.digest);
        Ok(all)
    }

    /// The filter of this name, or whose digest begins with these digits (four at least).
    ///
    /// # Errors
    /// As [`BloomFilters::all`]; none or several.
    pub fn find(&self, wanted: &str) -> Result<RankingInfo, RankingError> {
        let digits = wanted.to_ascii_lowercase();
        let mut fitting = self.all()?;
        fitting.retain(|info| {
            info.name == wanted || digits.len() >= 4 && to_hex(&info.digest).starts_with(&digits)
        });
        match (fitting.len(), fitting.pop()) {
            (1, Some(info)) => Ok(info),
            (count, _) => Err(RankingError::NotOne { wanted: wanted.to_owned(), count }),
        }
    }

    /// Copies a filter in. False when it was there already: nothing is changed then.
    ///
    /// # Errors
    /// What is wrong with the file; what cannot be written.
    pub fn import(
        &self,
        source: &Path,
        options: &RankingOptions,
    ) -> Result<(RankingInfo, bool), RankingError> {
        let filter = BloomRanking::open(source)?;
        if let Some(member) =
            options.member.as_ref().filter(|member| !filter.may_list(options.key, member))
        {
            return Err(RankingError::Member { member: to_hex(member), key: options.key });
        }
        fs::create_dir_all(&self.folder).map_err(io_error(&self.folder))?;
        let mut copy = self.unfinished_file()?;
        let (bytes, digest) = copied(source, copy.as_file_mut()).map_err(io_error(source))?;
        if let Some(there) = self.all()?.into_iter().find(|info| info.digest == digest) {
            return Ok((there, false));
        }
        let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let identity = FileIdentity { name, bytes, sha256: digest };
        let info = info_of(&filter, source, identity, options);
        // Crash before the description is in its place: a file that nobody looks at, and that the next import replaces.
        let place = self.place(&digest, "bloom");
        copy.persist(&place).map_err(|error| io_error(&place)(error.error))?;
        self.describe(&info)?;
        Ok((info, true))
    }

    /// Creates a file that is renamed when it is whole.
    fn unfinished_file(&self) -> Result<tempfile::NamedTempFile, RankingError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".unfinished-").tempfile_in(&self.folder).map_err(io_error(&self.folder))
    }

    fn describe(&self, info: &RankingInfo) -> Result<(), RankingError> {
        let place = self.place(&info.digest, "json");
        let text = serde_json::to_vec_pretty(&Stored { version: VERSION, ranking: info.clone() });
        let text =
            text.map_err(|source| RankingError::Description { path: place.clone(), source })?;
        let mut file = self.unfinished_file()?;
        let written = file.write_all(&text).and_then(|()| file.as_file().sync_all());
        written.map_err(io_error(&place))?;
        file.persist(&place).map_err(|error| io_error(&place)(error.error))?;
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(io_error(&self.folder))
    }

    /// Opens a filter.
    ///
    /// # Errors
    /// When its file cannot be read or is damaged.
    pub fn open(&self, info: &RankingInfo) -> Result<BloomRanking, RankingError> {
        Ok(BloomRanking::open(&self.place(&info.digest, "bloom"))?)
    }

    /// Reads a filter again and compares it with what was imported.
    ///
    /// # Errors
    /// [`RankingError::Damaged`], or what cannot be read.
    pub fn verify(&self, info: &RankingInfo) -> Result<(), RankingError> {
        let path = self.place(&info.digest, "bloom");
        let (_, found) = copied(&path, &mut io::sink()).map_err(io_error(&path))?;
        match found == info.digest {
            true => Ok(()),
            false => Err(RankingError::Damaged {
                path,
                expected: to_hex(&info.digest),
                found: to_hex(&found),
            }),
        }
    }

    /// Takes a filter away: its description first.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn remove(&self, info: &RankingInfo) -> Result<(), RankingError> {
        for extension in ["json", "bloom"] {
            let path = self.place(&info.digest, extension);
            fs::remove_file(&path).map_err(io_error(&path))?;
        }
        Ok(())
    }

    fn place(&self, digest: &[u8; 32], extension: &str) -> PathBuf {
        let digits: String = to_hex(digest).chars().take(NAME_DIGITS).collect();
        self.folder.join(format!("{digits}.{extension}"))
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> RankingError + use<> {
    let path = path.to_path_buf();
    move |source| RankingError::Io { path, source }
}

/// Copies a file; its length in bytes and SHA-256.
fn copied(from: &Path, to: &mut impl Write) -> io::Result<(u64, [u8; 32])> {
    let mut file = File::open(from)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut bytes = 0_u64;
    loop {
        let count = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else {
            to.flush()?;
            return Ok((bytes, hasher.finalize().into()));
        };
        hasher.update(part);
        to.write_all(part)?;
        bytes = bytes.saturating_add(length(count));
    }
}
